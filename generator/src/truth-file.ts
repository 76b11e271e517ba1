import { openLines } from './lines-file.ts';
import type { Transaction } from './transaction.ts';
import { makeTruthCollector, type Truth } from './truth.ts';

export type TruthFile = {
  readonly add: (transaction: Transaction, at_us: number) => void;
  readonly addTruths: (truths: readonly Truth[]) => void;
  readonly close: () => void;
};

/** JSON lines, each written when its trouble is complete; what was cut off is written at `close`. No path: no file. */
export function openTruthFile(path: string | undefined, mode: 'replace' | 'append'): TruthFile {
  const file = openLines(path, mode, '--truth');
  const collector = makeTruthCollector();
  return {
    add: ({ trouble }, at_us) => {
      const truth = trouble && collector.add(trouble, at_us);
      if (truth === undefined) return;
      file.write(truth);
      file.flush();
    },
    addTruths: (truths) => truths.forEach(file.write),
    close: () => {
      for (const truth of collector.unfinished()) file.write(truth);
      file.close();
    },
  };
}
