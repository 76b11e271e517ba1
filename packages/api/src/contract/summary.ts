import { Fact } from '@overlay/model';
import { z } from 'zod';
import { count } from './words.ts';

/** A day in words and numbers. */
export const Summary = z.object({
  source: z.string(),
  day: z.iso.date(),
  timeZone: z.string(),
  /** `template`, or the model that wrote the prose. */
  author: z.string(),
  /** The facts rest on the records of the day up to here; 0 when there are none. */
  asOfSequence: count,
  /** Transactions of the day that have landed but that some stage has yet to go through. */
  pendingTransactions: count,
  /** True when it was written by the summarizer before, false when it was made for this answer. */
  isStored: z.boolean(),
  title: z.string(),
  text: z.string(),
  facts: z.array(Fact),
});
export type Summary = z.infer<typeof Summary>;
