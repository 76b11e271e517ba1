import { openActsFile } from './acts-file.ts';
import type { Transaction } from './transaction.ts';
import { openTruthFile } from './truth-file.ts';

/** Where the generator says what it did, beside the database; undefined: nowhere. */
export type NotePaths = { readonly truth: string | undefined; readonly acts: string | undefined };

export type Notes = {
  /** Takes every transaction in commit order. */
  readonly add: (transaction: Transaction, at_us: number) => void;
  readonly close: () => void;
};

export function openNotes(paths: NotePaths, mode: 'replace' | 'append'): Notes {
  const files = [openTruthFile(paths.truth, mode), openActsFile(paths.acts, mode)];
  return {
    add: (transaction, at_us) => {
      for (const file of files) file.add(transaction, at_us);
    },
    close: () => {
      for (const file of files) file.close();
    },
  };
}
