const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** A command line that cannot be understood. */
export class UsageError extends Error {}

/** What a parser of command lines throws is a {@link UsageError}. */
export function asUsage<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (thrown) {
    throw new UsageError(textOf(thrown));
  }
}

const begin = performance.now();

/** Says it on stderr, after the seconds that the program runs. */
export const tell = (text: string): void => {
  process.stderr.write(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
};

/**
 * Runs a command to the end of the program. `run` gives whether all is as it should be; Ctrl-C and its like abort `signal`. Exit code 0, 1 when not or when it
 * throws, 2 for a wrong command line, 128 and the number of a signal that ended it.
 */
export async function runCommand(
  name: string,
  usage: string,
  run: (words: readonly string[], signal: AbortSignal) => Promise<boolean>,
): Promise<never> {
  const stop = new AbortController();
  let exitCode = 0;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      exitCode = code;
      tell('stopping');
      stop.abort(new Error(`interrupted by ${signal}`));
    });
  }
  try {
    const isWell = await run(process.argv.slice(2), stop.signal);
    process.exit(exitCode || (isWell ? 0 : EXIT_FAILED));
  } catch (thrown) {
    if (thrown instanceof UsageError) {
      process.stderr.write(`${name}: ${thrown.message}\n\n${usage}`);
      process.exit(EXIT_USAGE);
    }
    tell(textOf(thrown));
    process.exit(exitCode || EXIT_FAILED);
  }
}

const textOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
