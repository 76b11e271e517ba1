import { Operation, type Row, Timestamp } from '@overlay/model';
import { z } from 'zod';
import { identifier, strict, text } from './words.ts';
import { mistakeOf, nameOf, offsetOf, type PackFile, readYaml } from './yaml.ts';

const DIGITS = 'write decimals in quotes, so that no digit is lost';

/** A column's value as it travels. Whole numbers may stand without quotes. */
const Value = z.union([z.string(), z.boolean(), z.null(), z.int().transform(String)], {
  error: `must be text, a whole number, true, false or null: ${DIGITS}`,
});
const Values = z.record(z.string(), Value);

/** One row change: `{ insert: <table>, row: {…} }`, `{ update: <table>, row: {…}, to: {…} }` (columns that change) or `{ delete: <table>, row: {…} }`. */
const Change = z
  .union([
    strict({ insert: identifier, row: Values }),
    strict({ update: identifier, row: Values, to: Values }),
    strict({ delete: identifier, row: Values }),
  ])
  .transform((change): GivenRow => {
    if ('insert' in change) return { table: change.insert, operation: 'INSERT', before: null, after: change.row };
    if ('delete' in change) return { table: change.delete, operation: 'DELETE', before: change.row, after: null };
    return { table: change.update, operation: 'UPDATE', before: change.row, after: { ...change.row, ...change.to } };
  });

/** A row change of an example. */
export interface GivenRow {
  readonly table: string;
  readonly operation: Operation;
  readonly before: Row | null;
  readonly after: Row | null;
}

const GivenTransaction = strict({
  /** Commit time. */
  at: Timestamp.optional(),
  rows: z.array(Change).min(1, { error: 'must hold at least one row' }),
});

/** JSON as a payload holds it: whole numbers become text. */
const Part: z.ZodType = z.lazy(() => z.union([Value, z.array(Part), z.record(z.string(), Part)], { error: DIGITS }));

const Expected = strict({
  event: text,
  /** The rule that gives it, where several could. */
  rule: text.optional(),
  /** `<type>:<id>` */
  entity: text.optional(),
  /** The actor's id. */
  actor: Value.optional(),
  confidence: z.number().optional(),
  /** These fields, each with this value; others are not looked at. */
  payload: z.record(z.string(), Part).optional(),
  /** All that is stated; nothing where this is left out. */
  doubts: z.array(text).default([]),
});
export type Expected = z.infer<typeof Expected>;

const UNEXPLAINED = new RegExp(`^\\w+ (?:${Operation.options.join('|')})$`);

/** Transactions, and what a pack's rules make of them. */
export const Example = strict({
  title: text,
  given: z.array(GivenTransaction).min(1, { error: 'must hold at least one transaction' }),
  /** Every event of these transactions, in any order. */
  expect: z.array(Expected),
  /** Rows that nothing explains, by `<table> <operation>`. */
  unexplained: z
    .record(
      z.string().regex(UNEXPLAINED, { error: 'must be a table and an operation, such as `roles UPDATE`' }),
      z.int().min(1),
    )
    .default({}),
});
export type Example = z.infer<typeof Example>;

/** A file of examples. What `given` holds comes before each of them, so that names are known. */
export const ExampleFile = strict({ given: z.array(GivenTransaction).default([]), examples: z.array(Example) });
export type ExampleFile = z.infer<typeof ExampleFile>;

/** YAML text → examples, or every mistake in it with file, line, column and what to do. */
export function parseExamples(
  file: PackFile,
):
  | { readonly ok: true; readonly examples: ExampleFile }
  | { readonly ok: false; readonly mistakes: readonly string[] } {
  const { document, raw, mistakes, at } = readYaml(file);
  if (mistakes.length > 0) return { ok: false, mistakes };
  const parsed = ExampleFile.safeParse(raw, { reportInput: true });
  if (parsed.success) return { ok: true, examples: parsed.data };
  const placed = parsed.error.issues
    .map(mistakeOf)
    .map((mistake) => ({ mistake, offset: offsetOf(document, mistake) }));
  placed.sort((a, b) => a.offset - b.offset);
  return {
    ok: false,
    mistakes: placed.map(({ mistake, offset }) => `${at(offset)}: ${nameOf(mistake.path)} ${mistake.message}`),
  };
}
