import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { DIGEST_OF_NOTHING, digest, digestAfter } from '@overlay/evidence';
import type { RepairJob } from '@overlay/streams';
import { type Played, play } from '@overlay/streams/testing';
import fc from 'fast-check';
import { makeRepair } from './repair.ts';
import { normalize } from './topology.ts';

const golden = readFileSync(new URL('golden/debezium-mysql-3.6.1.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { value: string }).value);

/** Where the first transaction stands: BEGIN, three rows, END. */
const begin = golden.findIndex((value) => value.includes('"BEGIN"'));
const end = golden.findIndex((value, at) => at > begin && value.includes('"END"'));

const playing = { source: 'shop', topic: 'cdc.shop' };
const read = (values: readonly string[], more: Partial<Parameters<typeof play>[2]> = {}, arrow = normalize()) =>
  play(
    arrow,
    values.map((value) => Buffer.from(value)),
    { ...playing, ...more },
  );

/** All that lands, in a form that can be compared. */
const landed = ({ records }: Played<unknown>) =>
  records.map(({ record, bodies, rawDigest }) => ({ ...record, items: [...bodies], rawDigest }));
/** What dead letters hold, without the place in the topic, which a repeat changes. */
const letters = ({ deadLetters }: Played<unknown>) =>
  deadLetters.map(({ sequence, ordinal, fault, value }) => [sequence, ordinal, fault.code, value?.toString()]);

const whole = landed(read(golden));
const first = whole.findIndex(({ kind }) => kind === 'transaction');
const setAsideOf = (played: Played<unknown>) => landed(played).filter(({ kind }) => kind === 'set_aside');

/** Ways in which a record of the first transaction is bad. */
const TORN = '{"before": null, "after": {"id": 1, "na';
const POISONS: readonly ((value: string) => string)[] = [
  () => TORN,
  (value) => value.replace(/"op":"."/, '"op":"?"').replace('"status":"', '"status":"?'),
  (value) => value.replace(/"ts_us":\d+/, '"ts_us":"never"').replace(/"event_count":[^,]+/, '"event_count":"?"'),
  (value) => value.replace(/"day":[^,]*/, '"day":1000000000000').replace(/"ts_ms":\d+,"ts_us/, '"ts_ms":1,"ts_us'),
];

test('one bad record takes its whole transaction aside: every record is kept in order, under a digest over them all', () => {
  const values = golden.with(begin + 2, TORN);
  const played = read(values);
  const unit = values.slice(begin, end + 1);
  expect(letters(played)).toEqual(
    unit.map((value, index) => [first + 1, index + 1, value === TORN ? 'raw.not_json' : 'raw.set_aside', value]),
  );
  const rawDigest = unit.reduce((before, value) => digestAfter(before, digest(value)), DIGEST_OF_NOTHING);
  expect(setAsideOf(played)).toEqual([{ ...whole[first], kind: 'set_aside', items: [], rawDigest }]);
  expect(landed(played).toSpliced(first, 1)).toEqual(whole.toSpliced(first, 1));
});

test('it is set aside where it stands; only one that is too long to be kept is read once more from before it', () => {
  const values = golden.with(begin + 2, TORN);
  const short = read(values);
  expect(short.beginnings).toBe(1);
  const padded = (...records: readonly number[]) =>
    read(values.map((value, at) => (records.includes(at) ? value + ' '.repeat(4.5 * 1024 * 1024) : value)));
  // What is missing shows at the record after it.
  const [long, late] = [padded(begin + 1, end), padded(begin + 1, begin + 3)];
  expect([long.beginnings, late.beginnings]).toEqual([1, 2]);
  const withoutDigest = (played: Played<unknown>) => landed(played).map(({ rawDigest: _, ...record }) => record);
  expect([withoutDigest(long), withoutDigest(late)]).toEqual([withoutDigest(short), withoutDigest(short)]);
});

test('a bad record of any kind, wherever it stands in a transaction, sets aside that transaction and nothing else', () => {
  for (const poison of POISONS) {
    for (let at = begin; at <= end; at++) {
      const values = golden.with(at, poison(golden[at] ?? ''));
      if (values[at] === golden[at] || at === begin) continue;
      const kinds = landed(read(values)).map(({ kind }) => kind);
      expect([at, values[at], kinds]).toEqual([
        at,
        values[at],
        whole.map(({ kind }, index) => (index === first ? 'set_aside' : kind)),
      ]);
    }
  }
});

test('an unreadable BEGIN loses nothing: the transaction lands whole, the record is a dead letter by itself', () => {
  const played = read(golden.with(begin, 'torn'));
  expect(landed(played)).toEqual(whole);
  expect(letters(played)).toEqual([[null, null, 'raw.not_json', 'torn']]);
});

test('what is set aside depends on neither batches, nor crashes, nor repeats', () => {
  const transactions = golden.flatMap((value, at) =>
    value.includes('"BEGIN"')
      ? [{ at, to: golden.findIndex((other, index) => index > at && other.includes('"END"')) }]
      : [],
  );
  const badOnes = fc
    .constantFrom(...transactions)
    .chain(({ at, to }) => fc.uniqueArray(fc.integer({ min: at + 1, max: to }), { minLength: 1, maxLength: 3 }));
  const numbers = fc.uniqueArray(fc.nat({ max: golden.length + 40 }), { maxLength: 60 });
  fc.assert(
    fc.property(
      badOnes,
      fc.constantFrom(...POISONS),
      fc.integer({ min: begin + 1, max: golden.length }),
      fc.integer({ min: 0, max: 40 }),
      numbers,
      fc.uniqueArray(fc.nat({ max: golden.length }), { maxLength: 4 }),
      (bad, poison, cut, back, landsAfter, diesAfter) => {
        const values = golden.map((value, at) => (bad.includes(at) ? `${poison(value)} ` : value));
        const calm = read(values);
        expect(calm.gap).toBeUndefined();
        const resumed = [...values.slice(0, cut), ...values.slice(Math.max(begin, cut - back))];
        const rough = read(resumed, { landsAfter: new Set(landsAfter), diesAfter });
        expect(landed(rough)).toEqual(landed(calm));
        const ofSequences = (played: Played<unknown>) => letters(played).filter(([sequence]) => sequence !== null);
        expect(ofSequences(rough)).toEqual(ofSequences(calm));
      },
    ),
    { numRuns: 300 },
  );
});

test('what comes in the middle of a transaction that lacks nothing is a dead letter by itself', () => {
  const played = read(golden.toSpliced(begin + 2, 0, TORN));
  expect(landed(played)).toEqual(whole);
  expect(letters(played)).toEqual([[null, null, 'raw.not_json', TORN]]);
  const stopped = read(golden.toSpliced(begin + 2, 0, TORN), {}, { ...normalize(), poison: 'stop' });
  expect(stopped.gap).toMatchObject({ code: 'transaction.poisoned', subject: `cdc.shop/0@${begin + 2}` });
});

test('a tombstone in the middle of a transaction changes nothing, also when the program dies after it', () => {
  const values = golden.map((value): Buffer | null => Buffer.from(value)).toSpliced(begin + 2, 0, null);
  expect(landed(play(normalize(), values, { ...playing, diesAfter: [begin + 3] }))).toEqual(whole);
});

test('a DDL or TRUNCATE that cannot be read is set aside by its GTID; what has no name is a dead letter by itself', () => {
  const truncate = golden.findIndex((value) => value.includes('"op":"t"'));
  const played = read(golden.with(truncate, (golden[truncate] ?? '').replace('"op":"t"', '"op":"x"')));
  const at = whole.findIndex(({ kind }) => kind === 'truncate');
  expect(setAsideOf(played)).toMatchObject([{ sequence: at + 1, transactionId: whole[at]?.transactionId }]);
  expect(landed(played)).toHaveLength(whole.length);

  const torn = read(golden.toSpliced(truncate, 0, TORN));
  expect([landed(torn), letters(torn)]).toEqual([whole, [[null, null, 'raw.not_json', TORN]]]);
});

test('a row of the snapshot that cannot be read sets its piece aside', () => {
  const at = golden.findIndex((value) => value.includes('"snapshot":"true"') && value.includes('"op":"r"'));
  const played = read(golden.with(at, TORN));
  const [aside] = setAsideOf(played);
  expect(aside?.transactionId).toMatch(/^snapshot:/);
  expect(landed(played).toSpliced((aside?.sequence ?? 0) - 1, 1)).toEqual(
    whole.toSpliced((aside?.sequence ?? 0) - 1, 1),
  );
  expect(
    letters(played)
      .map(([, , code]) => code)
      .filter((code) => code !== 'raw.set_aside'),
  ).toEqual(['raw.not_json']);
});

test('told to stop, the source waits before the transaction until a person accepts', () => {
  const values = golden.with(begin + 2, TORN);
  const stopping = { ...normalize(), poison: 'stop' as const };
  const stopped = read(values, {}, stopping);
  expect(stopped.gap).toMatchObject({ code: 'transaction.poisoned', subject: whole[first]?.transactionId });
  expect([landed(stopped), stopped.deadLetters]).toEqual([whole.slice(0, first), []]);
  const accepted = [stopped.gap?.subject ?? ''];
  const calm = read(values);
  const going = read(values, { accepted }, stopping);
  expect([landed(going), letters(going)]).toEqual([landed(calm), letters(calm)]);

  const between = golden.toSpliced(begin, 0, TORN);
  const alone = read(between, {}, stopping);
  expect(alone.gap).toMatchObject({ code: 'transaction.poisoned', subject: `cdc.shop/0@${begin}` });
  expect(landed(read(between, { accepted: [alone.gap?.subject ?? ''] }, stopping))).toEqual(whole);
});

test('a hole that a person accepted is set aside with all that came', () => {
  const holed = golden.toSpliced(begin + 2, 1);
  const { gap } = read(holed);
  const played = read(holed, { accepted: [gap?.subject ?? ''] });
  expect(letters(played).map(([, , code, value]) => [code, value])).toEqual(
    holed.slice(begin, end).map((value) => ['raw.set_aside', value]),
  );
});

/** Repairs a unit from raw records, as the stage does. */
function repaired(played: Played<unknown>, unit: number, values: readonly string[]) {
  const { head, memory } = played.book;
  const lists: RepairJob['newItems'] = <Item>() => [] as Item[];
  const [aside] = landed(played).filter(({ sequence }) => sequence === unit);
  const repairing = makeRepair()({
    source: 'shop',
    sequence: head.landed + 1,
    repairs: unit,
    unit: aside?.transactionId ?? '',
    timestamp: aside?.timestamp ?? '',
    recall: (key) => memory.get(key),
    newItems: lists,
  });
  const decode = normalize().input.open(lists, () => false);
  for (const value of values)
    repairing.take(decode({ offset: '0', key: null, value: Buffer.from(value), timestamp: '0' }));
  return repairing.end();
}

/** Bodies without the sequence that they stand under. */
const bodiesOf = (items: Iterable<{ readonly body: string }> = []) =>
  [...items].map(({ body }) => body.replace(/"sequence":\d+/, ''));

test('every transaction can be set aside and repaired: the same ids, order and rows, by the table definitions of its time', () => {
  const originals = read(golden).records;
  for (let at = begin; at < golden.length; at++) {
    if (!golden[at]?.includes('"BEGIN"') || !golden[at + 1]?.includes('"op":')) continue;
    const stop = golden.findIndex((value, index) => index > at && value.includes('"END"'));
    const played = read(golden.with(at + 1, TORN));
    const [aside] = setAsideOf(played);
    const answer = repaired(played, aside?.sequence ?? 0, golden.slice(at, stop + 1));
    if (answer.kind !== 'repaired') throw new Error(answer.why);
    const original = originals[(aside?.sequence ?? 0) - 1];
    expect(answer.out).toMatchObject({
      kind: 'repair',
      repairs: aside?.sequence,
      sequence: whole.length + 1,
      transactionId: original?.record.transactionId,
      timestamp: original?.record.timestamp,
    });
    expect(bodiesOf(answer.out.items)).toEqual(bodiesOf(original?.record.items));
    expect([...answer.out.items].every(({ body }) => body.includes(`"sequence":${whole.length + 1},`))).toBe(true);
  }
});

test('a repair is refused, with the reason, while its records do not make up what was set aside', () => {
  const values = golden.with(begin + 2, TORN);
  const played = read(values);
  const unit = golden.slice(begin, end + 1);
  const whyOf = (records: readonly string[]) => {
    const answer = repaired(played, first + 1, records);
    return answer.kind === 'refused' ? answer.why : answer.out;
  };
  expect(whyOf(values.slice(begin, end + 1))).toBe('record 3 cannot be read: the value is not JSON');
  expect(whyOf(unit.toSpliced(1, 1))).toMatch(/^record 2 does not fit: row 2 of transaction/);
  expect(whyOf(unit.slice(0, -1))).toMatch(/had 3 rows and no end/);
  expect(whyOf([])).toMatch(/do not make up/);
  expect(whyOf([...unit, ...golden.slice(end + 1, end + 40)])).toMatch(/is of another transaction/);
  expect(
    whyOf(golden.slice(end + 1, golden.findIndex((value, at) => at > end && value.includes('"END"')) + 1)),
  ).toMatch(new RegExp(`make up .*, not ${whole[first]?.transactionId}`));
});

test('a piece of the snapshot can be repaired', () => {
  const at = golden.findIndex((value) => value.includes('"op":"r"') && value.includes('"snapshot":"true"'));
  const table = /"table":"(\w+)"/.exec(golden[at] ?? '')?.[1] ?? '';
  const played = read(golden.with(at, TORN));
  const [aside] = setAsideOf(played);
  const rows = golden.filter((value) => value.includes('"op":"r"') && value.includes(`"table":"${table}"`));
  const answer = repaired(played, aside?.sequence ?? 0, rows);
  if (answer.kind !== 'repaired') throw new Error(answer.why);
  const original = read(golden).records[(aside?.sequence ?? 0) - 1];
  expect(bodiesOf(answer.out.items)).toEqual(bodiesOf(original?.record.items));
});

test('a DDL that is repaired defines its table, unless a later one did', () => {
  const ddls = golden.flatMap((value, at) =>
    value.includes('"ddl":') && value.includes('"snapshot":null') ? [at] : [],
  );
  expect(ddls.length).toBeGreaterThan(2);
  for (const at of ddls) {
    const value = golden[at] ?? '';
    const played = read(golden.with(at, value.replace('"tableChanges":[', '"tableChanges":[1,')));
    const [aside] = setAsideOf(played);
    if (!aside) continue; // it changes no table
    const answer = repaired(played, aside.sequence, [value]);
    expect([at, answer.kind]).toEqual([at, 'repaired']);
  }
});
