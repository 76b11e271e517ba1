import { expect, test } from '@jest/globals';
import { planOf, type RowPlan, shapeGiven, ValueError, WrittenImage } from '@overlay/canonical';
import { canonicalJson } from '@overlay/evidence';
import { ChangeEvent } from '@overlay/model';
import { makeCanonicalize } from './canonicalize.ts';
import { makeDebeziumJson } from './debezium-json.ts';
import { parseRaw } from './raw-input.ts';
import type { RawRecord } from './raw-record.ts';
import { avroReaders, typesInAvro, typesInJson } from './testing/golden.ts';
import { makePick, mutate } from './testing/mutations.ts';
import { bodiesOf, runFold } from './testing/run-golden.ts';

/** How many broken records; a programme of faults asks for a million. */
const MUTATIONS = Number(process.env.OVERLAY_MUTATIONS ?? 10_000);
const SEED = Number(process.env.OVERLAY_SEED ?? Date.now() % 1_000_000);
const COUNT_OF_FORMS = 2;

const readers = avroReaders();
const parseJson = makeDebeziumJson();
const parse = (value: Buffer): RawRecord => parseRaw(value, readers, parseJson);

const plans = new Map<string, RowPlan>();
for (const record of typesInJson().map(parse)) {
  for (const table of record.kind === 'schema_change' ? record.tables : [])
    plans.set(
      `${table.database}.${table.table}`,
      planOf({ version: 1, ...shapeGiven(table.definition ?? { columns: [], key: [] }) }),
    );
}

const canonicalize = makeCanonicalize();

/** What becomes of a record: why it is refused, its kind, or the body that is written of it. */
function writtenOf(record: RawRecord): string {
  if (record.kind === 'unreadable') return record.fault.code;
  if (record.kind !== 'row') return record.kind;
  const member = { source: 'shop', sequence: 1, transactionId: record.transactionId, order: 1 };
  try {
    return canonicalize(record, member, plans.get(`${record.database}.${record.table}`)).body;
  } catch (thrown) {
    if (thrown instanceof ValueError) return 'raw.value';
    throw thrown;
  }
}

function fateOf(record: RawRecord): string {
  const written = writtenOf(record);
  if (!written.startsWith('{')) return written;
  const event = JSON.parse(written);
  expect(canonicalJson(event)).toBe(written);
  ChangeEvent.parse(event);
  return 'row';
}

test.each([
  ['JSON', typesInJson()],
  ['Avro', typesInAvro()],
])('broken %s is refused or read, and never more than that', (_form, records) => {
  const pick = makePick(SEED);
  const fates = new Map<string, number>();
  for (let left = MUTATIONS / COUNT_OF_FORMS; left > 0; left--) {
    const mutated = mutate(records, pick);
    const before = Buffer.from(mutated);
    let fate: string;
    try {
      fate = fateOf(parse(mutated));
    } catch (thrown) {
      throw new Error(`seed ${SEED}: ${mutated.toString('base64')}`, { cause: thrown });
    }
    expect(mutated.equals(before)).toBe(true); // the bytes are what becomes a dead letter
    fates.set(fate, (fates.get(fate) ?? 0) + 1);
  }
  expect(Object.fromEntries(fates)).toMatchObject({ 'raw.unknown_shape': expect.any(Number), row: expect.any(Number) });
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(Object.getOwnPropertyNames({}.constructor.prototype));
  expect(({} as Record<string, unknown>).op).toBeUndefined();
});

test('what a reader learned from other records changes nothing', () => {
  const golden = typesInJson();
  const pick = makePick(SEED);
  let written = 0;
  for (let left = MUTATIONS / COUNT_OF_FORMS; left > 0; left--) {
    const mutated = mutate(golden, pick);
    const record = parseJson(mutated);
    if (record.kind === 'row' && record.after instanceof WrittenImage) written++;
    const given = [SEED, mutated.toString('base64')];
    expect([...given, writtenOf(record)]).toEqual([...given, writtenOf(makeDebeziumJson()(mutated))]);
  }
  expect(written).toBeGreaterThan(0);
});

test('a stream with broken records in it gives whole records or a gap, and no body that nobody wrote', () => {
  const golden = typesInJson();
  const known = new Set(bodiesOf(runFold(golden.map(parse)).out).map(withoutPlace));
  const pick = makePick(SEED);
  for (let round = 0; round < 50; round++) {
    const at = pick(golden.length);
    const stream = golden.with(at, mutate([golden[at] ?? Buffer.alloc(0)], pick));
    const changed = new Set(bodiesOf(runFold(golden.slice(at, at + 1).map(parse)).out));
    const { out } = runFold(stream.map(parse));
    expect(out.map(({ sequence }) => sequence)).toEqual(out.map((_, index) => index + 1));
    const strange = bodiesOf(out)
      .map(withoutPlace)
      .filter((body) => !known.has(body) && !changed.has(body));
    // One record was broken: at most what it says itself, or what its definition says of the rows after it, differs.
    if (isRowAt(golden, at)) expect([SEED, round, strange.length <= 1]).toEqual([SEED, round, true]);
  }
});

const isRowAt = (records: readonly Buffer[], at: number): boolean =>
  parse(records[at] ?? Buffer.alloc(0)).kind === 'row';

/** A body without what the records before it decide. */
function withoutPlace(body: string): string {
  const { sequence: _sequence, ...event } = JSON.parse(body);
  return canonicalJson(event);
}
