import type { z } from 'zod';
import { configOrExit, EXIT_CONFIG, Misconfigured, printConfig, runtimeConfig } from './config.ts';
import { type CrashAt, makeCrashAt } from './crash-points.ts';
import { Health } from './health.ts';
import { serveHealth } from './http.ts';
import { type Logger, makeLogger } from './log.ts';
import { type Metrics, makeMetrics } from './metrics.ts';
import { messageOf } from './trouble.ts';

/** What a program's own part gets to work with. */
export interface Program<Config> {
  readonly name: string;
  readonly config: Config;
  /** The same as lines `NAME=value`, secrets hidden. */
  readonly settings: string;
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly crashAt: CrashAt;
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal;
  /** Registers what is to be closed at the end; closed in reverse order. */
  readonly onClose: (close: () => Promise<unknown>) => void;
}

/** After this long a stop that does not come to an end is cut. */
const STOP_MS_MAX = 15_000;

/**
 * The life of a service: configuration (78 when it is wrong), logger, health endpoints, then `work` until it ends or SIGTERM or SIGINT
 * comes, then closing in reverse order. Ends the process: 0 after a clean stop, 1 after an error.
 */
export async function runProgram<Shape extends z.ZodRawShape>(
  name: string,
  dependencies: readonly string[],
  shape: Shape,
  work: (program: Program<z.infer<z.ZodObject<Shape & typeof runtimeConfig>>>) => Promise<void>,
): Promise<never> {
  const whole = { ...runtimeConfig, ...shape };
  const config = configOrExit(name, whole);
  const runtime = config as unknown as z.infer<z.ZodObject<typeof runtimeConfig>>;
  const crashAt = crashAtOrExit(name, runtime.AUDIT_CRASH_AT, runtime.NODE_ENV === 'production');
  const logger = makeLogger(name, runtime.LOG_LEVEL);
  const health = new Health(logger, dependencies);
  const metrics = makeMetrics();
  const stop = new AbortController();
  const closers: (() => Promise<unknown>)[] = [];
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort(signal));
  // Started with a channel to its parent, a program ends with it.
  if (process.connected) {
    process.once('disconnect', () => stop.abort('the parent is gone'));
    process.channel?.unref();
  }
  stop.signal.addEventListener('abort', () => setTimeout(() => process.exit(1), STOP_MS_MAX).unref());

  let exitCode = 0;
  try {
    const { port, server } = await serveHealth(runtime.HTTP_HOST, runtime.HTTP_PORT, health, metrics);
    closers.push(async () => server.close());
    logger.info({ port }, 'program started');
    await work({
      name,
      config,
      settings: printConfig(whole, config),
      logger,
      health,
      metrics,
      crashAt,
      signal: stop.signal,
      onClose: (close) => closers.push(close),
    });
  } catch (thrown) {
    if (thrown instanceof Misconfigured) {
      exitCode = EXIT_CONFIG;
      process.stderr.write(`${name}: the configuration is wrong:\n${thrown.message}\n`);
    } else if (!stop.signal.aborted) {
      exitCode = 1;
      logger.fatal({ err: thrown }, 'program failed');
    }
  }
  stop.abort('end');
  for (const close of closers.reverse())
    await close().catch((thrown) => logger.warn({ detail: messageOf(thrown) }, 'closing failed'));
  logger.info({ exitCode }, 'program stopped');
  process.exit(exitCode);
}

function crashAtOrExit(name: string, wanted: string | undefined, isProduction: boolean): CrashAt {
  try {
    return makeCrashAt(wanted, isProduction);
  } catch (thrown) {
    process.stderr.write(`${name}: the configuration is wrong:\n  ${messageOf(thrown)}\n`);
    process.exit(EXIT_CONFIG);
  }
}
