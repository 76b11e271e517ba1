import { expect, test } from '@jest/globals';
import { digest } from '@overlay/evidence';
import { ChangeEvent } from '@overlay/model';
import { type Played, type Playing, play } from '@overlay/streams/testing';
import fc from 'fast-check';
import { captured } from './testing/captured.ts';
import { normalize } from './topology.ts';

const read = (values: readonly string[], more: Partial<Playing> = {}) =>
  play(
    normalize(),
    values.map((value) => Buffer.from(value)),
    { source: 'shop', topic: 'cdc.shop', ...more },
  );

const landed = ({ records, schemaVersions }: Played<unknown>) => [
  records.map(
    ({ record: { sequence, kind, transactionId, timestamp }, bodies }) =>
      `${sequence} ${kind} ${transactionId} ${timestamp} ${digest(...bodies)}`,
  ),
  schemaVersions,
];
const ids = ({ records }: Played<unknown>) => records.map(({ record }) => record.transactionId);
const eventsOf = (bodies: Iterable<string>) => [...bodies].map((body) => ChangeEvent.parse(JSON.parse(body)));

const cutOff = captured('cut-off-snapshot');
/** Where the second snapshot begins, with the connector's word that it does. */
const second = cutOff.findLastIndex((value) => value.includes('"type":"STARTED"') && value.includes('Initial'));
const last = cutOff.findIndex((value) => value.includes('"snapshot":"last"'));
const begin = cutOff.findIndex((value) => value.includes('"BEGIN"'));

test('a snapshot that is killed and begins again elsewhere takes the place of the first, and says so', () => {
  const played = read(cutOff);
  expect([played.gap, played.deadLetters]).toEqual([undefined, []]);
  expect(ids(played)).toEqual([
    'snapshot:binlog.000001:23652516:shop.aa:1',
    'snapshot:binlog.000001:23669487:replaces:binlog.000001:23652516',
    'snapshot:binlog.000001:23669487:shop.aa:1',
    'snapshot:binlog.000001:23669487:shop.big:1',
    expect.stringMatching(/:12$/),
  ]);
  const events = played.records.flatMap(({ bodies }) => eventsOf(bodies).map(({ eventId }) => eventId));
  expect(new Set(events).size).toBe(events.length);
});

test('one that was killed before a piece of it landed leaves no trace', () => {
  const first = cutOff.findIndex((value) => value.includes('"op":"r"'));
  const { records } = read([...cutOff.slice(0, first + 1), ...cutOff.slice(second)]);
  expect(records[0]?.record.transactionId).toBe('snapshot:binlog.000001:23669487:shop.aa:1');
});

test('however often it is killed, at every row, with whatever landed: the last one counts', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: second }),
      fc.integer({ min: second + 1, max: last }),
      fc.uniqueArray(fc.nat({ max: 100 }), { maxLength: 30 }),
      fc.uniqueArray(fc.nat({ max: 100 }), { maxLength: 4 }),
      (firstCut, secondCut, landsAfter, diesAfter) => {
        const third = cutOff.slice(second).map((value) => value.replaceAll('"pos":23669487', '"pos":99999999'));
        const values = [...cutOff.slice(0, firstCut), ...cutOff.slice(second, secondCut), ...third];
        const calm = read(values);
        expect(calm.gap).toBeUndefined();
        const pieces = ids(calm).filter((id) => id.startsWith('snapshot:binlog.000001:99999999:shop'));
        expect(pieces).toEqual([
          'snapshot:binlog.000001:99999999:shop.aa:1',
          'snapshot:binlog.000001:99999999:shop.big:1',
        ]);
        expect(landed(read(values, { landsAfter: new Set(landsAfter), diesAfter }))).toEqual(landed(calm));
      },
    ),
    { numRuns: 60 },
  );
});

test('one that is killed and begins again at the same place, definitions and all, loses no row and doubles none', () => {
  const only = cutOff.slice(second);
  const whole = read(only);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: begin - second }),
      fc.uniqueArray(fc.nat({ max: 100 }), { maxLength: 30 }),
      fc.uniqueArray(fc.nat({ max: 100 }), { maxLength: 4 }),
      (cut, landsAfter, diesAfter) => {
        const values = [...only.slice(0, cut), ...only];
        expect(landed(read(values, { landsAfter: new Set(landsAfter), diesAfter }))).toEqual(landed(whole));
      },
    ),
  );
});

test('a piece that only the next record ends lands once, wherever the program dies', () => {
  const values = cutOff.slice(second).map((value) => value.replace('"snapshot":"last"', '"snapshot":"true"'));
  const next = begin - second;
  for (const each of [values, values.with(next - 1, 'torn')]) {
    const calm = read(each);
    expect(ids(calm).slice(0, 3)).toEqual([
      'snapshot:binlog.000001:23669487:shop.aa:1',
      'snapshot:binlog.000001:23669487:shop.big:1',
      expect.stringMatching(/:12$/),
    ]);
    expect(landed(read(each, { landsAfter: new Set([next]), diesAfter: [next + 1] }))).toEqual(landed(calm));
    const numbers = fc.integer({ min: next - 30, max: next + 3 });
    fc.assert(
      fc.property(
        fc.uniqueArray(numbers, { maxLength: 6 }),
        fc.uniqueArray(numbers, { maxLength: 3 }),
        (landsAfter, diesAfter) => {
          expect(landed(read(each, { landsAfter: new Set(landsAfter), diesAfter }))).toEqual(landed(calm));
        },
      ),
      { numRuns: 50 },
    );
  }
});

test('after a snapshot that was done, another one is a gap', () => {
  const again = cutOff.slice(second).map((value) => value.replaceAll('"pos":23669487', '"pos":99999999'));
  expect(read([...cutOff.slice(0, begin), ...again]).gap?.code).toBe('snapshot.begun_again');
  const accepted = read([...cutOff, ...again.slice(0, begin - second)], {
    accepted: ['snapshot:binlog.000001:99999999'],
  });
  expect(accepted.gap).toBeUndefined();
  expect(ids(accepted).filter((id) => id.includes('replaces'))).toHaveLength(1);
});

const asked = captured('asked-snapshot');
const isAsked = (value: string): boolean => value.includes('"snapshot":"incremental"');

test('rows of a table that is asked for come in pieces between transactions, with ids of their own', () => {
  const played = read(asked);
  expect([played.gap, played.deadLetters]).toEqual([undefined, []]);
  const pieces = played.records.filter(({ record }) => /:a\d+$/.test(record.transactionId));
  expect(pieces.map(({ record }) => record.items.length)).toEqual([10, 10, 10, 4, 10, 10, 10, 5, 10, 10, 10, 2]);
  const rows = pieces.flatMap(({ bodies }) => eventsOf(bodies));
  expect(rows).toHaveLength(asked.filter(isAsked).length);
  expect(new Set(rows.map(({ eventId }) => eventId)).size).toBe(rows.length);
  expect(new Set(rows.map(({ operation, metadata }) => `${operation} ${metadata.snapshot}`))).toEqual(
    new Set(['READ true']),
  );
});

test('what the connector reads again at the same place changes nothing; at another place it counts anew', () => {
  const at = asked.findIndex((value) => isAsked(value) && value.includes('"table":"late2"'));
  const chunk = asked.slice(at, at + 10);
  const again = chunk.map((value) => value.replace(/"ts_us":\d+/, '"ts_us":1795251399999999'));
  const whole = read(asked);
  const end = asked.findIndex((value, index) => index > at && value.includes('"COMPLETED"'));
  expect(landed(read(asked.toSpliced(end + 1, 0, ...again)))).toEqual(landed(whole));
  const elsewhere = again.map((value) => value.replace('"pos":62383', '"pos":62384'));
  expect(read(asked.toSpliced(end + 1, 0, ...elsewhere)).records).toHaveLength(whole.records.length + 1);
});

test('a piece in the middle of a transaction comes before it, and the transaction stays whole', () => {
  const rows = asked.flatMap((value, at) => (value.includes(':203"') && value.includes('"op":"c"') ? [at] : []));
  const [first = 0] = rows;
  const piece = asked
    .filter((value) => isAsked(value) && value.includes('"table":"late2"'))
    .slice(0, 10)
    .map((value) => value.replace(/"gtid":"([^"]+):\d+"/, '"gtid":"$1:203"').replace('"pos":62383', '"pos":70000'));
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: rows.length }),
      fc.uniqueArray(fc.integer({ min: first - 5, max: first + 220 }), { maxLength: 20 }),
      fc.uniqueArray(fc.integer({ min: first - 5, max: first + 220 }), { maxLength: 3 }),
      (after, landsAfter, diesAfter) => {
        const values = asked.toSpliced(first + after, 0, ...piece);
        const played = read(values, { landsAfter: new Set(landsAfter), diesAfter });
        const at = played.records.findIndex(({ record }) => record.transactionId.endsWith(':203'));
        expect(played.records[at - 1]?.record).toMatchObject({ kind: 'snapshot', sequence: at });
        expect(played.records[at - 1]?.record.items).toHaveLength(10);
        const transaction = eventsOf(played.records[at]?.bodies ?? []);
        expect(transaction.map(({ order }) => order)).toEqual(rows.map((_, index) => index + 1));
        expect(new Set(transaction.map(({ sequence }) => sequence))).toEqual(new Set([at + 1]));
        expect(landed(played)).toEqual(landed(read(values)));
      },
    ),
    { numRuns: 15 },
  );
});
