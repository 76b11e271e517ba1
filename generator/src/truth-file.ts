import { closeSync, openSync, writeSync } from 'node:fs';
import { describe, Failure } from './failure.ts';
import type { Transaction } from './transaction.ts';
import { makeTruthCollector } from './truth.ts';

export type TruthFile = {
  readonly add: (transaction: Transaction, at_us: number) => void;
  readonly close: () => void;
};

/** JSON lines, each written when its trouble is complete; what was cut off is written at `close`. No path: no file. */
export function openTruthFile(path: string | undefined, mode: 'replace' | 'append'): TruthFile {
  if (path === undefined) return { add: () => undefined, close: () => undefined };
  const file = open(path, mode);
  const collector = makeTruthCollector();
  const write = (truth: unknown): void => void writeSync(file, `${JSON.stringify(truth)}\n`);
  return {
    add: ({ trouble }, at_us) => {
      const truth = trouble && collector.add(trouble, at_us);
      if (truth !== undefined) write(truth);
    },
    close: () => {
      for (const truth of collector.unfinished()) write(truth);
      closeSync(file);
    },
  };
}

function open(path: string, mode: 'replace' | 'append'): number {
  try {
    return openSync(path, mode === 'replace' ? 'w' : 'a');
  } catch (thrown) {
    throw new Failure(
      `cannot write the ground truth to ${path} (${describe(thrown).code}): correct --truth`,
      1,
      thrown,
    );
  }
}
