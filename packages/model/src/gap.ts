/** A part of the source's history that the log does not have. It is recorded for ever, and stops its source until a person decides. */
export interface Gap {
  readonly code: GapCode;
  readonly detail: string;
  /** What the decision is about: a transaction id, a sequence, or a position. A person who accepts the gap accepts just this. */
  readonly subject: string;
}

/** Why a source stops; `docs/reference/faults.md` lists the same set with what to do. */
export const GAP_CODES = {
  'topic.records_lost':
    'records between the stored position and the oldest one kept by the topic are gone (retention, deleted records)',
  'topic.recreated':
    'the record at the stored position is not the one that was read there: the topic was re-created or restored',
  'record.unreadable': 'a record of one of our own topics cannot be read; its bytes are with the dead letters',
  'sequence.jump': 'a record announces a sequence that does not follow the last one landed',
  'transaction.incomplete': 'another transaction began before the open one was complete',
  'transaction.hole': 'rows of a transaction are missing between two that arrived',
  'transaction.poisoned': 'a raw record cannot be read, and the stage was told to ask before it sets anything aside',
  'snapshot.begun_again':
    'a second snapshot begins at another position: what was deleted between the two is not told of',
  'source.rewritten': 'a transaction id came again with other content: the binary log was reset or the source restored',
  'capture.widened':
    'a transaction came again with rows of a table that was not captured when it landed: those rows are not in the log',
  'source.without_gtid': 'the source writes no GTIDs, so repeats cannot be told from new transactions',
} as const;
export type GapCode = keyof typeof GAP_CODES;

export const gap = (code: GapCode, subject: string, detail: string): { kind: 'gap'; gap: Gap } => ({
  kind: 'gap',
  gap: { code, subject, detail },
});
