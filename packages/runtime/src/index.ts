export {
  configOrExit,
  EXIT_CONFIG,
  Misconfigured,
  names,
  printConfig,
  readConfig,
  runtimeConfig,
  secret,
} from './config.ts';
export { CRASH_POINTS, type CrashAt, type CrashPoint, makeCrashAt } from './crash-points.ts';
export { Health, type State } from './health.ts';
export { type Logger, makeLogger } from './log.ts';
export { LongItems } from './long-items.ts';
export { lookEvery } from './look.ts';
export { type Metrics, makeMetrics } from './metrics.ts';
export { type Program, runProgram } from './program.ts';
export { type Retrying, retry } from './retry.ts';
export { type AppendLine, openRotatingFile } from './rotating-file.ts';
export { codeOf, messageOf, TROUBLE_CODES, Trouble, type TroubleCode } from './trouble.ts';
export { VERSION } from './version.ts';
