import { z } from 'zod';
import { Timestamp } from './time.ts';

/**
 * What a sequence stands for: a source transaction, a DDL, a TRUNCATE, a piece of the snapshot, one that could not be read, or the repair of
 * such a one.
 */
export const RecordKind = z.enum(['transaction', 'schema_change', 'truncate', 'snapshot', 'set_aside', 'repair']);
export type RecordKind = z.infer<typeof RecordKind>;

/** What every record of a dense topic has: one record per source and sequence, in pieces when it is large, perhaps with no items. */
const envelope = {
  source: z.string().min(1),
  sequence: z.int().min(1),
  kind: RecordKind,
  transactionId: z.string(),
  /** Commit time at the source. */
  timestamp: Timestamp,
  piece: z.int().min(0),
  last: z.boolean(),
  /** Of a repair: the sequence that was set aside, at whose place folds read this record. */
  repairs: z.int().min(1).optional(),
};

/** The contract of a dense topic whose records carry items of one kind. */
export const recordOf = <Item extends z.ZodType>(item: Item) => z.object({ ...envelope, items: z.array(item) });

/** Items in their order, that can be gone through again and again: an array, or a list that is longer than memory should hold. */
export interface Items<Item> extends Iterable<Item> {
  readonly length: number;
}

/** Items that are still being gathered. */
export interface GrowingItems<Item> extends Items<Item> {
  readonly push: (item: Item) => unknown;
}

/** Makes an empty list; `lengthOf` tells about how many characters an item has as text, by which the list stays in memory or not. */
export type NewItems = <Item>(lengthOf: (item: Item) => number) => GrowingItems<Item>;

/** A whole record, its pieces joined: what a stage reads and emits. */
export interface DenseRecord<Item> {
  readonly source: string;
  readonly sequence: number;
  readonly kind: RecordKind;
  readonly transactionId: string;
  readonly timestamp: Timestamp;
  readonly items: Items<Item>;
  /** Of a repair: the sequence that was set aside, at whose place folds read this record. */
  readonly repairs?: number | undefined;
}

/** The record that announces the same sequence with other items. */
export const withItems = <Item>(record: DenseRecord<unknown>, items: Items<Item>): DenseRecord<Item> => ({
  source: record.source,
  sequence: record.sequence,
  kind: record.kind,
  transactionId: record.transactionId,
  timestamp: record.timestamp,
  items,
  ...(record.repairs !== undefined && { repairs: record.repairs }),
});

/** A whole record with the exact bytes of each item: what is stored, hashed and published. */
export interface WrittenRecord<Item> {
  readonly record: DenseRecord<Item>;
  readonly bodies: Items<string>;
  /** What stands beside each body, sealed; null where nothing does. Missing where nothing ever does. */
  readonly sealedValues?: Items<string | null>;
  /** Of what is set aside: the digest over its raw records, each in its order. */
  readonly rawDigest?: string;
}
