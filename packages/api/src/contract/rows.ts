import { Operation, Row, Timestamp } from '@overlay/model';
import { z } from 'zod';
import { columnValue, count } from './words.ts';

/** One row change of a transaction. `before` is missing in the columns of an inserted row, `after` in those of a deleted one. */
export const TracedChange = z.object({
  eventId: z.uuid(),
  order: z.int(),
  database: z.string(),
  table: z.string(),
  operation: Operation,
  primaryKey: Row,
  /** Columns with another value than before; all columns of an inserted, deleted or snapshot row. */
  columns: z.array(z.object({ column: z.string(), before: columnValue.optional(), after: columnValue.optional() })),
  schemaVersion: z.string(),
  file: z.string(),
  position: z.int(),
  row: z.int(),
  gtid: z.string().nullable(),
  thread: z.int().nullable(),
});
export type TracedChange = z.infer<typeof TracedChange>;

/** What happened to one row, in the order of the log; definitions of its table among it, without an event. */
export const RowHistory = z.object({
  timeZone: z.string(),
  /** As it was asked for. */
  table: z.string(),
  key: Row,
  entries: z.array(
    z.object({
      sequence: z.int(),
      order: z.int(),
      timestamp: Timestamp,
      transactionId: z.string().nullable(),
      /** An operation of a change event, or CREATE, ALTER, RENAME or DROP of the table. */
      operation: z.string(),
      eventId: z.uuid().nullable(),
      database: z.string(),
      table: z.string(),
      primaryKey: Row.nullable(),
      columns: z.array(z.object({ column: z.string(), before: columnValue.optional(), after: columnValue.optional() })),
      /** Where the key itself was changed: the one that the row had before (INSERT), or has from then on (DELETE). */
      otherKey: Row.nullable(),
      /** Who did it: the actor of the transaction; of several (grade `several`), the one that a business event names which rests on the change. Null: nothing says it. */
      actor: z.object({ id: z.string().nullable(), label: z.string().nullable(), grade: z.string() }).nullable(),
      thread: z.string().nullable(),
      schemaVersion: z.string(),
      file: z.string(),
      position: z.int(),
      /** Of a definition: the statement without literals. */
      statement: z.string().nullable(),
      /** Text that Postgres cannot show is null here. */
      hasUnshowableText: z.boolean(),
    }),
  ),
});
export type RowHistory = z.infer<typeof RowHistory>;

/** Rows of a table as they were after a sequence. */
export const RowsAsOf = z.object({
  timeZone: z.string(),
  source: z.string(),
  database: z.string(),
  table: z.string(),
  /** What was asked for, and the last whole transaction that it takes in. */
  at: z.string(),
  sequence: z.int(),
  /** How many rows there were; the list holds the first of them. */
  total: count,
  rows: z.array(
    z.object({
      primaryKey: Row,
      row: Row,
      /** The change that made the row what it was. */
      sequence: z.int(),
      order: z.int(),
      timestamp: Timestamp,
      operation: z.string(),
      eventId: z.uuid(),
      /** What of the row the log cannot know. */
      doubts: z.array(z.string()),
    }),
  ),
  /** What of the log up to there nobody can know. */
  holes: z.array(z.string()),
});
export type RowsAsOf = z.infer<typeof RowsAsOf>;

/** SQL for the source that takes a transaction or one change back: `begin`, the statements in their order, `end`. Nothing was run. */
export const UndoPlan = z.object({
  timeZone: z.string(),
  source: z.string(),
  sequence: z.int(),
  transactionId: z.string(),
  timestamp: Timestamp,
  begin: z.array(z.string()),
  statements: z.array(
    z.object({
      eventId: z.uuid(),
      database: z.string(),
      table: z.string(),
      sql: z.string(),
      /** Why the statement is a comment with placeholders; empty where it can be run. */
      missing: z.array(z.string()),
    }),
  ),
  end: z.array(z.string()),
  /** What changed the same rows, or their tables, later. */
  later: z.array(z.string()),
});
export type UndoPlan = z.infer<typeof UndoPlan>;
