import { openActsFile } from './acts-file.ts';
import type { Transaction } from './transaction.ts';
import type { Truth } from './truth.ts';
import { openTruthFile } from './truth-file.ts';

/** Where the generator says what it did, beside the database; undefined: nowhere. */
export type NotePaths = { readonly truth: string | undefined; readonly acts: string | undefined };

export type Notes = {
  /** Takes every transaction in commit order. */
  readonly add: (transaction: Transaction, at_us: number) => void;
  /** Takes what has no transaction of its own. */
  readonly addTruths: (truths: readonly Truth[]) => void;
  readonly close: () => void;
};

export function openNotes(paths: NotePaths, mode: 'replace' | 'append'): Notes {
  const truth = openTruthFile(paths.truth, mode);
  const files = [truth, openActsFile(paths.acts, mode)];
  return {
    add: (transaction, at_us) => {
      for (const file of files) file.add(transaction, at_us);
    },
    addTruths: truth.addTruths,
    close: () => {
      for (const file of files) file.close();
    },
  };
}
