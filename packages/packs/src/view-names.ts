import type { Rollup } from './pack.ts';

/** The view of a type of event: `loan.made` → `loan_made`. */
export const eventViewName = (type: string): string => type.replaceAll(/[.-]/g, '_');

/** The view of a roll-up: `loan_made_daily`, or `loan_made_daily_by_desk`. */
export const rollupViewName = ({ event, by }: Pick<Rollup, 'event' | 'by'>): string =>
  `${eventViewName(event)}_daily${by === undefined ? '' : `_by_${by}`}`;
