import { expect, test } from '@jest/globals';
import { digest } from '@overlay/evidence';
import { ChangeEvent, type SchemaVersion } from '@overlay/model';
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

const describe = (versions: readonly SchemaVersion[]): readonly string[] => {
  const names = new Map<string, string>();
  const nameOf = (id: string): string => {
    const name = names.get(id) ?? String.fromCodePoint('A'.charCodeAt(0) + names.size);
    names.set(id, name);
    return name;
  };
  return versions.map(({ kind, database, table, version, tableId, previousTable, columns, key }) => {
    const from = previousTable === null ? '' : ` from ${previousTable}`;
    return `${kind} ${database}.${table}:${version} is ${nameOf(tableId)}${from} (${columns.map(({ name }) => name)}) key (${key})`;
  });
};

const ddl = captured('ddl');
const online = captured('online-ddl');

test('each change of columns, types, key or name is a version; identity stays through names, not through a drop', () => {
  const { schemaVersions, gap, deadLetters } = read(ddl);
  expect([gap, deadLetters]).toEqual([undefined, []]);
  expect(describe(schemaVersions.filter(({ kind }) => kind !== 'snapshot'))).toMatchInlineSnapshot(`
[
  "rename shop.a2:1 is A from a (id,v) key (id)",
  "rename shop.a3:1 is A from a2 (id,v) key (id)",
  "rename shop.b2:1 is B from b (id,w) key (id)",
  "rename shop.tmp:1 is A from a3 (id,v) key (id)",
  "rename shop.a3:2 is B from b2 (id,w) key (id)",
  "rename shop.b2:2 is A from tmp (id,v) key (id)",
  "rename shop.b:2 is B from a3 (id,w) key (id)",
  "rename shop.a:3 is A from b2 (id,v,extra) key (id)",
  "alter shop.a:4 is A (id,v,extra,note) key (id)",
  "alter shop.a:5 is A (id,v,extra,note) key (id,v)",
  "alter shop.a:6 is A (id,vv,extra,note) key (id,vv)",
  "create shop.likea:1 is C (id,vv,extra,note) key (id,vv)",
  "create shop.ctas:1 is D (id,x) key ()",
  "drop shop.ctas:1 is D (id,x) key ()",
  "drop shop.likea:1 is C (id,vv,extra,note) key (id,vv)",
  "create shop.likea:2 is E (id) key (id)",
  "drop shop.likea:2 is E (id) key (id)",
  "alter shop.nopk:2 is F (n,t,id) key (id)",
  "rename other.b:2 is B from b (id,w) key (id)",
  "rename shop.b:2 is B from b (id,w) key (id)",
  "rename shop.o:1 is G from o (id,x) key (id)",
  "create shop2.z:1 is H (id) key (id)",
  "drop shop2.z:1 is H (id) key (id)",
  "alter shop.c:2 is I (id,x,g) key (id)",
  "alter shop.c:2 is I (id,x,g) key (id)",
  "alter shop.c:3 is I (id,x) key (id)",
]
`);
});

test('gh-ost and pt-online-schema-change: the table keeps its identity, its helpers are marked', () => {
  const { schemaVersions, records } = read(online);
  const after = schemaVersions.filter(({ sequence }) => sequence >= 20);
  expect(describe(after)).toMatchInlineSnapshot(`
[
  "create shop._orders_ghc:1 is A (id,last_update,hint,value) key (id)",
  "create shop._orders_gho:1 is B (id,v) key (id)",
  "alter shop._orders_gho:2 is B (id,v,note) key (id)",
  "create shop._orders_del:1 is C (id) key (id)",
  "drop shop._orders_del:1 is C (id) key (id)",
  "rename shop._orders_del:2 is D from orders (id,v) key (id)",
  "rename shop.orders:2 is E from _orders_gho (id,v,note) key (id)",
  "drop shop._orders_ghc:1 is A (id,last_update,hint,value) key (id)",
  "drop shop._orders_del:2 is D (id,v) key (id)",
  "create shop._items_new:1 is F (id,v) key (id)",
  "alter shop._items_new:2 is F (id,v,w) key (id)",
  "rename shop._items_old:1 is G from items (id,v) key (id)",
  "rename shop.items:2 is H from _items_new (id,v,w) key (id)",
  "drop shop._items_old:1 is G (id,v) key (id)",
  "drop other.o2:1 is I (id) key (id)",
  "drop other.t1:1 is J (id,foreign_) key (id)",
]
`);
  const original = schemaVersions.find(({ table, kind }) => table === 'orders' && kind === 'snapshot');
  expect(schemaVersions.findLast(({ table }) => table === 'orders')?.tableId).toBe(original?.tableId);
  const events = records.flatMap(({ bodies }) => [...bodies].map((body) => ChangeEvent.parse(JSON.parse(body))));
  const marks = new Map(events.map(({ source, metadata }) => [source.table, metadata.ghostOf]));
  expect(Object.fromEntries(marks)).toEqual({
    items: undefined,
    orders: undefined,
    t10: undefined,
    _orders_ghc: 'orders',
    _orders_gho: 'orders',
    _items_new: 'items',
  });
});

test('every event names a version that is stored, and was written by it', () => {
  for (const values of [ddl, online, captured('asked-snapshot'), captured('cut-off-snapshot')]) {
    const { schemaVersions, records } = read(values);
    const known = new Map<string, SchemaVersion>();
    const left = [...schemaVersions];
    for (const { record, bodies } of records) {
      while ((left[0]?.sequence ?? Number.POSITIVE_INFINITY) <= record.sequence) {
        const version = left.shift() as SchemaVersion;
        known.set(`${version.database}.${version.table}:${version.version}`, version);
      }
      for (const body of bodies) {
        const { schemaVersion, after, metadata, operation } = ChangeEvent.parse(JSON.parse(body));
        expect(metadata.inferred ?? false).toBe(false);
        const names = known.get(schemaVersion)?.columns.map(({ name }) => name);
        expect(names).toBeDefined();
        if (after) expect(Object.keys(after).sort()).toEqual(names?.toSorted());
        else expect(['DELETE', 'TRUNCATE']).toContain(operation);
      }
    }
    expect(left).toEqual([]);
  }
});

test('a label of a version never means two definitions', () => {
  for (const values of [ddl, online]) {
    const byLabel = Map.groupBy(
      read(values).schemaVersions,
      ({ database, table, version }) => `${database}.${table}:${version}`,
    );
    for (const [label, versions] of byLabel) {
      const shapes = new Set(
        versions.map(({ columns, key }) =>
          JSON.stringify([
            columns.map(({ name, type, length, scale, labels }) => [name, type, length, scale, labels]),
            key,
          ]),
        ),
      );
      expect([label, shapes.size]).toEqual([label, 1]);
    }
  }
});

test('a table made from a query comes whole, with its definition, and once', () => {
  const at = ddl.findIndex((value) => value.includes('START TRANSACTION'));
  const { records, schemaVersions } = read(ddl);
  const made = records.find(({ record }) => record.kind === 'transaction' && record.items.length === 12);
  expect(schemaVersions.filter(({ sequence }) => sequence === made?.record.sequence)).toMatchObject([
    { kind: 'create', table: 'ctas', gtid: made?.record.transactionId },
  ]);
  const again = [...ddl.slice(0, at + 40), ...ddl.slice(at - 3)];
  expect(read(again).gap).toBeUndefined();
  expect(landed(read(again))).toEqual(landed(read(ddl)));
});

test('partitions that are emptied are told of as rows that are lost', () => {
  const lost = read(ddl).schemaVersions.filter(({ losesRows }) => losesRows);
  expect(lost).toMatchObject([{ table: 'c', kind: 'alter', statement: 'alter table shop.c truncate partition p1' }]);
});

test('no statement holds a literal that the source wrote', () => {
  const statements = [ddl, online].flatMap((values) => read(values).schemaVersions.map(({ statement }) => statement));
  for (const secret of ['sec', 'secret', '2020-01-01', 'abc', 'sentry'])
    expect(statements.join('\n')).not.toContain(secret);
});

test.each(['ddl', 'online-ddl', 'asked-snapshot', 'cut-off-snapshot'])(
  '%s: neither batches, nor crashes, nor repeats change a record or a version',
  (name) => {
    const values = captured(name);
    const calm = landed(read(values));
    const begin = values.findIndex((value) => value.includes('"BEGIN"'));
    const numbers = fc.uniqueArray(fc.nat({ max: values.length + 40 }), { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.integer({ min: begin + 1, max: values.length }),
        fc.integer({ min: 0, max: 60 }),
        numbers,
        fc.uniqueArray(fc.nat({ max: values.length }), { maxLength: 4 }),
        (cut, back, landsAfter, diesAfter) => {
          // A connector goes on from what the source wrote, not from a notice of its own.
          let from = Math.max(begin, cut - back);
          while (values[from]?.includes('"aggregate_type"')) from--;
          const resumed = [...values.slice(0, cut), ...values.slice(from)];
          const rough = read(resumed, { landsAfter: new Set(landsAfter), diesAfter });
          expect(rough.gap).toBeUndefined();
          expect(landed(rough)).toEqual(calm);
        },
      ),
      { numRuns: name === 'asked-snapshot' ? 15 : 40 },
    );
  },
);

test('the rows of an XA transaction are one unit that is set aside under its GTID: the connector does not say whether it was committed', () => {
  const at = online.findIndex((value) => value.includes('"transaction":null') && value.includes('"op":"c"'));
  const row = online[at] ?? '';
  const more = row.replace('"id":6,"v":77', '"id":8,"v":79').replace('"row":0', '"row":1');
  const { records, deadLetters } = read(online.toSpliced(at + 1, 0, more));
  const aside = records.filter(({ record }) => record.kind === 'set_aside');
  expect(aside.map(({ record }) => record.transactionId)).toEqual([expect.stringMatching(/:53$/)]);
  expect(deadLetters.map(({ sequence, ordinal }) => [sequence, ordinal])).toEqual([
    [aside[0]?.record.sequence, 1],
    [aside[0]?.record.sequence, 2],
  ]);
  expect(deadLetters[0]?.fault.detail).toContain('XA');
});
