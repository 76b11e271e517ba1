import { destination, type Logger, pino } from 'pino';

/** The logger of a program: JSON lines on stdout, times in ISO 8601, written at once so that nothing is lost when it dies. */
export const makeLogger = (program: string, level: string): Logger =>
  pino(
    { name: program, level, timestamp: pino.stdTimeFunctions.isoTime, base: { name: program, pid: process.pid } },
    destination({ dest: 1, sync: true }),
  );

export type { Logger } from 'pino';
