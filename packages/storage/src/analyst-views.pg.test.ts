import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { canonicalJson } from '@overlay/evidence';
import fc from 'fast-check';
import type { Database } from './database.ts';
import { makeScratch, type Scratch } from './testing/scratch.ts';

let scratch: Scratch;
let database: Database;

beforeAll(async () => {
  scratch = await makeScratch();
  database = scratch.database;
});
afterAll(() => scratch?.drop());

type Text = string | null;
interface Shown {
  readonly row_after: Text;
  readonly version: Text;
  readonly reasons: Text;
  readonly flag: boolean;
}

async function show(body: object): Promise<Shown | undefined> {
  const [shown] = await database.query<Shown>(
    `select analyst.field(body, 'after') as row_after, analyst.field(body, 'metadata', 'version') as version,
      analyst.field(body, 'reasons') as reasons, analyst.has_unshowable_text(body) as flag from (select $1::json as body) given`,
    [canonicalJson(body as never)],
  );
  return shown;
}

const isShowable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
const shown = (value: Text): Text => (value !== null && !isShowable(value) ? null : value);

/** Texts that look like JSON, like escapes, or like the end of something, with and without what Postgres cannot show. */
const piece = fc.constantFrom(
  '\0',
  '\ud83d',
  '\ude00',
  '😀',
  '\\',
  '\\u0000',
  '\\ud800',
  '"',
  ':',
  ',',
  ':"',
  ',"',
  '["',
  'a',
  ' ',
  '\n',
  '}',
);
const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
const row = fc.dictionary(
  fc.constantFrom('a', 'b,', 'c:', '10', '"', '\\', '\\u0000', '__proto__', '['),
  fc.option(text),
  { maxKeys: 5, noNullPrototype: true },
);

test('a text that Postgres cannot show is null by itself, and the flag says so; every other value is there', async () => {
  await fc.assert(
    fc.asyncProperty(row, text, fc.array(text, { maxLength: 4 }), async (after, version, reasons) => {
      const answer = await show({ after, before: null, metadata: { version }, reasons });
      const expected = Object.fromEntries(Object.entries(after).map(([name, value]) => [name, shown(value)]));
      expect(JSON.parse(answer?.row_after ?? '')).toEqual(expected);
      expect(answer?.version).toBe(shown(version));
      expect(JSON.parse(answer?.reasons ?? '')).toEqual(reasons.map(shown));
      const all = [...Object.values(after), version, ...reasons];
      expect(answer?.flag).toBe(all.some((value) => value !== null && !isShowable(value)));
    }),
    { numRuns: 1000 },
  );
});

test('a body without such text costs two searches and no expression', async () => {
  const [plan] = await database
    .query<{ 'QUERY PLAN': string }>(
      "explain (verbose, costs off) select row_after, has_unshowable_text from analyst.change_events where table_name = 'x'",
    )
    .then((lines) => lines.filter((line) => line['QUERY PLAN'].includes('Output:')));
  expect(plan?.['QUERY PLAN']).toContain('strpos(');
  expect(plan?.['QUERY PLAN']).not.toContain('analyst.'); // the functions are part of the plan, not called from it
});
