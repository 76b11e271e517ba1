import type { ProgressEvent } from './types.ts';

/** Progress for a person who waits: each step with what it is and how long it took, on stderr. */
export interface Steps {
  readonly run: <Result>(what: string, work: () => Promise<Result>) => Promise<Result>;
  /** Something within the step that is running: shown in place on a terminal, and not at all elsewhere unless it is a note. */
  readonly detail: (event: Pick<ProgressEvent, 'kind' | 'text'> & { readonly server?: string }) => void;
}

export function makeSteps(
  write: (text: string) => void = (text) => void process.stderr.write(text),
  isTerminal = process.stderr.isTTY,
): Steps {
  const begin = performance.now();
  const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
  const clear = isTerminal ? '\r\u001b[K' : '';
  return {
    async run(what, work) {
      const from = performance.now();
      if (isTerminal) write(`  … ${what}`);
      try {
        const result = await work();
        write(`${clear}  ✓ ${what} (${seconds(from)}, ${seconds(begin)} in all)\n`);
        return result;
      } catch (thrown) {
        write(`${clear}  ✗ ${what} (after ${seconds(from)})\n`);
        throw thrown;
      }
    },
    detail({ kind, text, server }) {
      const line = `${server ? `${server}: ` : ''}${text}`;
      if (kind === 'note') write(`${clear}    ${line}\n`);
      else if (isTerminal) write(`${clear}  … ${line}`);
    },
  };
}
