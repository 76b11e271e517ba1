import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { converterOf } from '@overlay/canonical';
import { ChangeEvent, type DenseRecord, GtidSet } from '@overlay/model';
import type { WrittenChange } from '@overlay/storage';
import fc from 'fast-check';
import { makeAssemble } from './assemble.ts';
import { makeDebeziumJson } from './debezium-json.ts';

const parseDebeziumJson = makeDebeziumJson();

const golden = readFileSync(new URL('golden/debezium-mysql-3.6.1.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { value: string }).value);

/** Runs the fold as the stage does; `restartAt` are record numbers after which the process dies and begins again from what it landed. */
function run(values: readonly string[], { accepted = [] as string[], restartAt = [] as number[] } = {}) {
  const out: DenseRecord<WrittenChange>[] = [];
  const outcomes: string[] = [];
  const poisoned = new Set<string>();
  let stored = { at: 0, landed: 0, gtids: '', memory: new Map<string, unknown>() };
  const open = () => {
    const gtids = GtidSet.parse(stored.gtids);
    const memory = new Map(stored.memory);
    const start = {
      source: 'shop',
      landed: stored.landed,
      gtids,
      recall: (key: string) => memory.get(key),
      accepted: new Set(accepted),
      poisoned,
      newItems: <Item>(): Item[] => [],
    };
    return { gtids, memory, decide: makeAssemble().open(start), landed: stored.landed };
  };
  let life = open();
  const deaths = new Set(restartAt);
  for (let at = 0; at < values.length; at++) {
    const record = parseDebeziumJson(values[at] ?? '');
    for (let isAgain = true; isAgain; ) {
      const decision = life.decide(record);
      isAgain = decision.again === true;
      if (decision.gtid) life.gtids.add(decision.gtid);
      for (const [key, value] of decision.remember ?? []) life.memory.set(key, value);
      const { verdict } = decision;
      if (verdict.kind === 'poison') {
        expect(poisoned.has(verdict.unit)).toBe(false); // what is known to be unreadable is kept, not found again
        poisoned.add(verdict.unit);
        at = stored.at - 1;
        life = open();
        break;
      }
      outcomes.push(verdict.kind === 'skip' ? verdict.why : verdict.kind === 'gap' ? verdict.gap.code : verdict.kind);
      if (verdict.kind === 'gap') return { out, outcomes, gap: verdict.gap };
      if (verdict.kind === 'emit') {
        life.landed++;
        expect(verdict.out.sequence).toBe(life.landed);
        const before = out[verdict.out.sequence - 1];
        if (before) expect(verdict.out).toEqual(before); // a later life gives what an earlier one gave
        out[verdict.out.sequence - 1] = verdict.out;
      }
      if (!isAgain && decision.isSettled !== false)
        stored = { at: at + 1, landed: life.landed, gtids: life.gtids.toString(), memory: new Map(life.memory) };
    }
    if (deaths.delete(at)) {
      at = stored.at - 1;
      life = open();
    }
  }
  return { out, outcomes, gap: undefined };
}

const whole = run(golden).out;
/** Where the first transaction stands: BEGIN, three rows, END; and its place in the output. */
const begin = golden.findIndex((value) => value.includes('"BEGIN"'));
const first = whole.findIndex((record) => record.kind === 'transaction');
const images = (record: DenseRecord<WrittenChange> | undefined) =>
  [...(record?.items ?? [])].map(({ body }) => ChangeEvent.parse(JSON.parse(body)));

test('the golden stream becomes dense whole transactions, the snapshot in pieces before them', () => {
  const shape = whole.map((record) => `${record.kind} ${record.items.length}`);
  expect(shape).toMatchInlineSnapshot(`
[
  "snapshot 3",
  "snapshot 3",
  "snapshot 3",
  "snapshot 3",
  "transaction 3",
  "transaction 3",
  "transaction 4",
  "transaction 2",
  "transaction 2",
  "transaction 1",
  "schema_change 0",
  "transaction 2",
  "schema_change 0",
  "schema_change 0",
  "schema_change 0",
  "transaction 1",
  "schema_change 0",
  "truncate 1",
  "schema_change 0",
  "transaction 3",
  "transaction 1",
  "schema_change 0",
  "transaction 1",
  "transaction 1",
  "transaction 1",
]
`);
  const ids = whole.flatMap((record) => [...record.items].map((item) => item.eventId));
  expect(new Set(ids).size).toBe(golden.filter((value) => value.includes('"op":')).length);
});

test('every type arrives as text, at its limits', () => {
  const [inserted] = images(whole[first]);
  expect(inserted?.schemaVersion).toBe('shop.everything:1');
  expect(inserted?.after).toMatchInlineSnapshot(`
{
  "at0": "9999-12-31 23:59:59",
  "at3": "9999-12-31 23:59:59.999",
  "at6": "9999-12-31 23:59:59.999999",
  "big": "-9223372036854775808",
  "bit1": "1",
  "bit64": "9223372036854775809",
  "bytes_blob": "AABiaW5hcnkK",
  "bytes_fixed": "AP8AAA==",
  "choice": "gre'en",
  "day": "9999-12-31",
  "doc": "{"a":[1,2.5,null,"xé"],"b":1,"n":12345678901234567890}",
  "fixed": "ab 😀",
  "flag": "1",
  "generated_total": "-49152.00",
  "huge_decimal": "-12345678901234567890123456789012345.123456789012345678901234567890",
  "id": "18446744073709551614",
  "many": "a,c",
  "medium": "16777215",
  "place": "SRID=4326;AQEAAADNzMzMzMwqQAAAAAAAQEpA",
  "real4": "3.4028e+38",
  "real8": "1.7976931348623157e+308",
  "shape": "SRID=0;AQIAAAACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPA/AAAAAAAA8D8=",
  "small": "-32768",
  "stamp0": "2038-01-19T03:14:07Z",
  "stamp3": "2038-01-19T03:14:07.999Z",
  "stamp6": "2038-01-19T03:14:07.999999Z",
  "text_latin": "ÄÖÜ",
  "text_plain": "streamed 🧪",
  "time0": "-838:59:59",
  "time6": "-838:59:58.999999",
  "year4": "2155",
}
`);
});

test('a DDL raises the version of its table once, and rows name it', () => {
  const versions = whole.flatMap(images).map((event) => event.schemaVersion);
  expect(versions.filter((version) => version.startsWith('shop.products')).at(0)).toBe('shop.products:1');
  expect(versions.filter((version) => version.startsWith('shop.products')).at(-1)).toBe('shop.products:2');
});

test('whatever is sent again, from wherever, changes nothing', () => {
  fc.assert(
    fc.property(fc.integer({ min: begin + 1, max: golden.length }), fc.integer({ min: 0, max: 40 }), (cut, back) => {
      // Debezium dies after `cut` records and resumes `back` records earlier, at the latest at the point where it died.
      const resumed = [...golden.slice(0, cut), ...golden.slice(Math.max(begin, cut - back))];
      expect(run(resumed).out).toEqual(whole);
    }),
  );
});

test('a transaction that comes again whole tells how many rows of each table it has', () => {
  const decide = makeAssemble().open({
    source: 'shop',
    landed: whole.length,
    gtids: { has: () => true },
    recall: () => undefined,
    accepted: new Set(),
    newItems: <Item>(): Item[] => [],
  });
  const of = (from: number) => {
    const to = golden.findIndex((value, at) => at > from && value.includes('"END"'));
    const verdicts = golden.slice(from, to + 1).map((value) => decide(parseDebeziumJson(value)).verdict);
    return verdicts.flatMap((verdict) => (verdict.kind === 'skip' && verdict.repeats ? [verdict.repeats] : []));
  };
  const transactions = golden.flatMap((value, at) => (value.includes('"BEGIN"') ? of(at) : []));
  const landed = whole.filter(({ kind, items }) => kind === 'transaction' && items.length > 0);
  expect(landed.length).toBeGreaterThan(5);
  for (const { transactionId, items } of landed) {
    const tables = [...items].map(({ database, table }) => `${database}.${table}`);
    const repeats = transactions.find((repeat) => repeat.transactionId === transactionId);
    expect(repeats?.itemCount).toBe(items.length);
    expect(
      repeats?.tables.flatMap(({ database, table, rows }) => Array(rows).fill(`${database}.${table}`)).sort(),
    ).toEqual(tables.sort());
  }
});

test('a crash after any record gives the same output', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: golden.length - 1 }), { maxLength: 4 }), (restartAt) => {
      expect(run(golden, { restartAt }).out).toEqual(whole);
    }),
  );
});

test('a record that cannot be read sets its whole transaction aside; later ones keep their sequences', () => {
  const broken = golden.with(begin + 2, '{"before":');
  const { out, outcomes } = run(broken);
  expect(outcomes).toContain('reject');
  expect(out.map((record) => record.kind)).toEqual(
    whole.map((record, index) => (index === first ? 'set_aside' : record.kind)),
  );
  expect(out[first]).toMatchObject({ transactionId: whole[first]?.transactionId, items: [] });
  expect(out.slice(first + 1)).toEqual(whole.slice(first + 1));
});

test('an unreadable end is found at the next beginning', () => {
  const { out } = run(golden.with(begin + 4, 'nonsense'));
  expect(out[first]?.kind).toBe('set_aside');
  expect(out.slice(first + 1)).toEqual(whole.slice(first + 1));
});

test('missing rows stop the source and name the transaction; once a person accepts, it is set aside', () => {
  const holed = golden.toSpliced(begin + 2, 1);
  const { gap, out } = run(holed);
  expect(gap).toMatchObject({ code: 'transaction.hole', subject: whole[first]?.transactionId });
  expect(out).toEqual(whole.slice(0, first));
  const accepted = run(holed, { accepted: [gap?.subject ?? ''] });
  expect(accepted.out[first]?.kind).toBe('set_aside');
  expect(accepted.out.slice(first + 1)).toEqual(whole.slice(first + 1));
});

test('a transaction that is not whole when the next begins stops the source', () => {
  expect(run(golden.toSpliced(begin + 4, 1)).gap).toMatchObject({
    code: 'transaction.incomplete',
    subject: whole[first]?.transactionId,
  });
});

test('a source without GTIDs is refused, not guessed at', () => {
  const begin =
    '{"status":"BEGIN","id":"file=binlog.000002,pos=4","event_count":null,"data_collections":null,"ts_ms":1795224352893}';
  expect(run([begin]).gap?.code).toBe('source.without_gtid');
});

test('a value that no date or number can be sets its transaction aside, whatever it is', () => {
  for (const [column, value] of [
    ['day', '1000000000000'],
    ['at0', '"never"'],
    ['at6', '1.5'],
    ['time6', '0.25'],
    ['bit64', '17'],
  ] as const) {
    const broken = golden.with(
      begin + 1,
      (golden[begin + 1] ?? '').replace(new RegExp(`"${column}":[^,]*`), `"${column}":${value}`),
    );
    expect(broken[begin + 1]).not.toBe(golden[begin + 1]);
    const { out } = run(broken);
    expect([column, out[first]?.kind, out.slice(first + 1)]).toEqual([column, 'set_aside', whole.slice(first + 1)]);
  }
});

test('a commit time that no calendar holds is not read', () => {
  const absurd = (golden[begin + 1] ?? '').replace(/"ts_us":\d+/, '"ts_us":9007199254740993000');
  expect(parseDebeziumJson(absurd).kind).toBe('unreadable');
});

test('a snapshot that is cut off and begins again at the same position changes nothing', () => {
  const start = golden.findIndex((value) => value.includes('"snapshot":"first"'));
  fc.assert(
    fc.property(
      fc.integer({ min: start + 1, max: begin }),
      fc.array(fc.nat({ max: golden.length }), { maxLength: 2 }),
      (cut, restartAt) => {
        const values = [...golden.slice(0, cut), ...golden.slice(start)];
        expect(run(values, { restartAt }).out).toEqual(whole);
      },
    ),
  );
});

test('a snapshot at another position stops the source until a person accepts it', () => {
  const start = golden.findIndex((value) => value.includes('"snapshot":"first"'));
  const again = golden.slice(start, begin).map((value) => value.replace(/"pos":\d+/, '"pos":99999'));
  const { gap } = run([...golden, ...again]);
  expect(gap?.code).toBe('snapshot.begun_again');
  const { out } = run([...golden, ...again], { accepted: [gap?.subject ?? ''] });
  expect(out.slice(whole.length).map((record) => record.kind)).toEqual([
    'snapshot',
    'snapshot',
    'snapshot',
    'snapshot',
  ]);
});

test('JSON loses its spaces and nothing else, also when it is very long', () => {
  const toText = converterOf({ name: 'doc', type: 'JSON', length: null, scale: null });
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(toText(JSON.stringify(value, null, 2))).toBe(JSON.stringify(value));
    }),
  );
  const long = JSON.stringify({ text: '\\" '.repeat(3_000_000) });
  expect(toText(long)).toBe(long);
});
