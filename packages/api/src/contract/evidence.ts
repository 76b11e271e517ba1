import { z } from 'zod';
import { count } from './words.ts';

/** Something in the record that is not as it was logged; `first` and `last` are sequences, null where it has no place in the log. */
const EvidenceFinding = z.object({
  source: z.string(),
  first: z.int().nullable(),
  last: z.int().nullable(),
  what: z.string(),
});

/** How the evidence logs stand against the rows, and against what was kept outside. */
export const Verification = z.object({
  logs: z.array(
    z.object({
      source: z.string(),
      firstSequence: z.int(),
      lastSequence: z.int(),
      /** Leaves. */
      size: count,
      /** Base64, of the tree that the rows give. */
      root: z.string(),
      /** Sequences and events that were recomputed. */
      recomputed: count,
      events: count,
      /** Checkpoints that were compared: of the database, and of anchors. */
      checkpoints: count,
      anchors: count,
      /** The last sequence that an anchor has a checkpoint of. */
      anchoredUpTo: z.int().nullable(),
      findings: z.array(EvidenceFinding),
    }),
  ),
  /** What belongs to no log that is there. */
  findings: z.array(EvidenceFinding),
  /** What was not compared, because it was not given. */
  unchecked: z.array(z.string()),
});
export type Verification = z.infer<typeof Verification>;
