import { z } from 'zod';
import { Expression, fraction, identifier, operations, strict, text, version, word } from './words.ts';

/**
 * Rows of another table that belong to the anchor. `on` says column of that table = column of the anchor, or `<join>.<column>` of a
 * join above. Expressions see a list of `{before, after, operation}`; `one` gives the first such row itself, `{}` when there is none.
 */
export const Join = strict({
  table: identifier,
  operations,
  on: z.record(
    identifier,
    z.string().regex(/^(?:[A-Za-z_]\w*\.)?[A-Za-z_]\w*$/, { error: 'must be a column, or <join>.<column>' }),
  ),
  cardinality: z.enum(['many', 'one']).default('many'),
  where: Expression.optional(),
  /** False: these rows are looked at, or lead to others; the event does not rest on them. */
  claims: z.boolean().default(true),
});
export type Join = z.infer<typeof Join>;

/** What the text or boolean of a payload's field stands for; `local_time` is a wall clock's reading, without a zone. */
export const FieldType = z.enum(['text', 'integer', 'numeric', 'boolean', 'timestamptz', 'local_time', 'json']);
export type FieldType = z.infer<typeof FieldType>;

/** A field of the payload: an expression, or one with what it gives. Of several rules for one type of event, one says what a field is. */
export const Field = z.union([
  Expression.transform((value) => ({ value, type: undefined, comment: undefined })),
  strict({ value: Expression, type: FieldType, comment: text }),
]);
export type Field = z.infer<typeof Field>;

/** How rows of one transaction become one business event for each anchor row. */
export const Rule = strict({
  id: word,
  version,
  event: word,
  /**
   * `where` sees `before`, `after`, `operation` and `time` (the commit time). A row that an event of a rule of `unlessClaimedBy` rests on
   * is passed over: those rules stand above, because rules apply in their order.
   */
  anchor: strict({
    table: identifier,
    operations,
    where: Expression.optional(),
    unlessClaimedBy: z.array(word).default([]),
  }),
  joins: z.record(identifier, Join).default({}),
  /** All must be true. From here on expressions also see the joins by their names. */
  when: z.array(Expression).default([]),
  entity: strict({ type: word, id: Expression }),
  /** When it happened by the business's own clock: `payload.occurred_at`. */
  occurredAt: Expression.optional(),
  confidence: fraction.default(1),
  /** What makes the event less sure: `when` true, or not computable, multiplies the confidence and states `note` in `payload.doubts`. */
  doubts: z.array(strict({ when: Expression, factor: fraction, note: text })).default([]),
  payload: z.record(identifier, Field),
});
export type Rule = z.infer<typeof Rule>;
