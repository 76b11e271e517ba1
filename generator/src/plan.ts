import type { Random } from './random.ts';
import type { Zone } from './time.ts';
import type { Deed } from './transaction.ts';

/** The span of a history: whole days of its zone from `firstDay`, then the part of the last day before `until_us`. */
export type Span = { readonly firstDay: number; readonly until_us: number; readonly zone: Zone };

/** Something to be done at an instant. What it comes to is settled then; nothing, if it cannot be done. */
export type Planned = {
  readonly at: number;
  readonly perform: (random: Random, now_us: number) => Deed | readonly Deed[] | undefined;
};
