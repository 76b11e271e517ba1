import { z } from 'zod';

/** The name of the evidence log of the self-audit: no source can have it. */
export const SELF_AUDIT = 'self-audit';

/** What can be done with the record, or asked of it; `docs/reference/self-audit.md` lists the same set. */
export const ACTIONS = {
  read: 'asked a question of the record',
  export: 'took a part of the record away, with its proofs',
  verify: 'recomputed the evidence logs, or compared the log with its live source',
  open: 'opened what is sealed or encrypted',
  erase: 'destroyed the key of a subject',
  hold: 'forbade to erase a subject',
  release: 'ended a hold',
  rotate: 'wrapped the keys by another master key',
  decide: 'decided on a gap',
  repair: 'asked for what is set aside to be read again',
  republish: 'asked for sequences to be published again',
  activate: 'asked for a version of a pack to come into force',
  replay: 'applied a pack to the log, which changed nothing',
  rebuild: 'made the events of a pack the ones that hold',
  find: 'found that the log lacks something for ever',
  migrate: 'brought tables and views of the database to another version',
  start: 'started, with these settings',
} as const;
export type Action = keyof typeof ACTIONS;

/** Who acts, as the program says it; the login that it has at the database stands beside it, as the database says it. */
export const Caller = z.object({
  kind: z.enum(['person', 'program', 'model']),
  name: z.string(),
  program: z.string(),
  version: z.string(),
});
export type Caller = z.infer<typeof Caller>;

/** Something that was done with the record or asked of it: the body of a row of the self-audit. */
export const Act = z.object({
  action: z.enum(Object.keys(ACTIONS) as [Action, ...Action[]]),
  /** What it was about: a kind of answer, or of thing. */
  object: z.string(),
  by: Caller,
  /** The filter, or what was asked for. Never a value that is sealed. */
  arguments: z.record(z.string(), z.json()),
  reason: z.string().optional(),
  /**
   * asked: this is about to be done, and its outcome stands in a later row. ok: done, or answered; the answer was given after this was written.
   * refused: not done, for a reason that was told. failed: it broke off.
   */
  outcome: z.enum(['asked', 'ok', 'refused', 'failed']),
  /** Rows, or things, that were given. */
  rows: z.int().min(0).optional(),
  /** Why it was refused or failed. */
  code: z.string().optional(),
  /** The sequence of the row that says that this was asked. */
  asked: z.int().min(1).optional(),
});
export type Act = z.infer<typeof Act>;
