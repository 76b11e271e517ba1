import { expect, test } from '@jest/globals';
import { KeyRing, type KeySource, type RawColumn, type RawImage } from '@overlay/canonical';
import { column } from '@overlay/canonical/testing';
import { canonicalJson, digest } from '@overlay/evidence';
import { type DenseRecord, GtidSet, type PackVersion, type SchemaVersion } from '@overlay/model';
import {
  domainKeyOf,
  openValues,
  type SealedValues,
  type SubjectKey,
  subjectKeyOf,
  subjectName,
} from '@overlay/sealing';
import type { WrittenChange } from '@overlay/storage';
import { makeAssemble } from './assemble.ts';
import type { RawRecord } from './raw-record.ts';

/** What is nowhere to be found when all is done. */
const SECRETS = [
  'ana@example.com',
  'ana.new@example.com',
  '555-0101',
  '4111111111111111',
  'a note',
  'no@mail',
  'B-1234',
];

const packOf = (version: number, fromSequence: number, tables: Readonly<Record<string, unknown>>): PackVersion => ({
  name: 'clinic',
  version,
  fromSequence,
  content: {
    name: 'clinic',
    version,
    title: 'Clinic',
    timeZone: 'UTC',
    currency: 'EUR',
    openingHours: { default: { open: '08:00', close: '20:00' } },
    tables,
    actors: { labels: 'staff', columns: [] },
    rules: [],
    detectors: [],
    report: { sections: [] },
  },
});
const TABLES = {
  patients: {
    key: ['id'],
    columns: {
      email: { policy: 'seal', subject: ['id'] },
      phone: { policy: 'seal', subject: ['id'] },
      notes: { policy: 'drop' },
      card: { policy: 'token' },
    },
  },
  visits: { key: ['visit_id'], columns: { contact: { policy: 'seal', subject: ['patient_id'], of: 'patients' } } },
  badges: { key: ['number'], columns: { number: { policy: 'token' } } },
};

const origin = (gtid: string | null, position = 4) => ({
  connector: 'mysql',
  version: '3',
  file: 'binlog.1',
  position,
  row: 0,
  thread: 7,
  gtid,
});
const GTID = (number: number): string => `3e11fa47-71ca-11e1-9e33-c80aa9429562:${number}`;
const place = (table: string, number: number) => ({
  database: 'clinic',
  table,
  timestamp: 1_700_000_000_000_000,
  origin: origin(GTID(number)),
});

const PATIENT = [
  column('INT', { name: 'id' }),
  column('VARCHAR', { name: 'Email', default: 'no@mail' }),
  column('VARCHAR', { name: 'phone' }),
  column('TEXT', { name: 'notes', default: 'a note' }),
  column('VARCHAR', { name: 'card', default: '4111111111111111' }),
  column('VARCHAR', { name: 'city', default: 'Lima' }),
];

function define(number: number, table: string, columns: readonly RawColumn[], key: readonly string[]): RawRecord {
  const definition = { columns, key };
  return {
    kind: 'schema_change',
    isSnapshot: false,
    ...place(table, number),
    statement: `create table ${table} (x varchar(9) default 'no@mail' comment 'a note')`,
    tables: [{ database: 'clinic', table, definition }],
  };
}

type Rows = readonly (readonly [table: string, before: RawImage | null, after: RawImage | null])[];

function transaction(number: number, rows: Rows): RawRecord[] {
  const id = GTID(number);
  const changes = rows.map(
    ([table, before, after], index): RawRecord => ({
      kind: 'row',
      operation: before && after ? 'UPDATE' : after ? 'INSERT' : 'DELETE',
      transactionId: id,
      order: index + 1,
      ...place(table, number),
      before,
      after,
    }),
  );
  return [
    { kind: 'begin', transactionId: id, timestamp: 1 },
    ...changes,
    { kind: 'end', transactionId: id, eventCount: rows.length, timestamp: 1 },
  ];
}

const bytesOf = (name: string): Buffer => Buffer.from(digest(name), 'hex');

/** Keys that come from the names alone, and those of whom was erased. */
const sourceOf = (erased: ReadonlySet<string> = new Set()): KeySource => ({
  domainKey: async (domain) => domainKeyOf(bytesOf(domain)),
  subjectKeys: async (_, ids) =>
    new Map(
      ids.map((id): [string, SubjectKey | 'destroyed'] => [
        id,
        erased.has(id) ? 'destroyed' : subjectKeyOf(id, bytesOf(id)),
      ]),
    ),
});
const domain = domainKeyOf(bytesOf('clinic'));
const keyOf = (table: string, ...key: readonly string[]): SubjectKey => {
  const id = domain.subjectId(subjectName('shop', table, key));
  return subjectKeyOf(id, bytesOf(id));
};

async function play(
  records: Iterable<RawRecord>,
  packs = [packOf(1, 1, TABLES)],
  erased: ReadonlySet<string> = new Set(),
) {
  const ring = new KeyRing(sourceOf(erased));
  const memory = new Map<string, unknown>();
  const gtids = GtidSet.parse('');
  const out: DenseRecord<WrittenChange>[] = [];
  const schemaVersions: SchemaVersion[] = [];
  let fetches = 0;
  const step = makeAssemble(ring).open({
    source: 'shop',
    landed: 0,
    gtids,
    recall: (key) => memory.get(key),
    accepted: new Set(),
    newItems: <Item>(): Item[] => [],
    packs,
  });
  for (const record of records) {
    for (let needs = step.needsOf?.(record) ?? []; needs.length > 0; needs = step.needsOf?.(record) ?? []) {
      fetches++;
      await ring.fetch(needs);
    }
    for (let isAgain = true; isAgain; ) {
      const decision = step(record);
      isAgain = decision.again ?? false;
      if (decision.gtid) gtids.add(decision.gtid);
      for (const [key, value] of decision.remember ?? []) memory.set(key, value);
      schemaVersions.push(...(decision.schemaVersions ?? []));
      if (decision.verdict.kind === 'emit') out.push(decision.verdict.out);
      else if (decision.verdict.kind !== 'skip') throw new Error(JSON.stringify(decision.verdict));
    }
  }
  const changes = out.flatMap(({ items }) => [...items]);
  const bodies = changes.map(({ body }) => JSON.parse(body));
  return { out, changes, bodies, schemaVersions, memory, fetches };
}

const ANA = {
  id: 7,
  Email: 'ana@example.com',
  phone: '555-0101',
  notes: 'a note',
  card: '4111111111111111',
  city: 'Lima',
};
const BOOK: readonly RawRecord[] = [
  define(1, 'patients', PATIENT, ['id']),
  define(
    2,
    'visits',
    [
      column('INT', { name: 'visit_id' }),
      column('INT', { name: 'patient_id' }),
      column('VARCHAR', { name: 'contact' }),
    ],
    ['visit_id'],
  ),
  define(3, 'badges', [column('VARCHAR', { name: 'number' })], ['number']),
];
const LIFE: readonly RawRecord[] = [
  ...BOOK,
  ...transaction(4, [
    ['patients', null, ANA],
    ['visits', null, { visit_id: 1, patient_id: 7, contact: 'ana@example.com' }],
    ['visits', null, { visit_id: 2, patient_id: null, contact: 'ana@example.com' }],
    ['badges', null, { number: 'B-1234' }],
  ]),
  ...transaction(5, [
    ['patients', ANA, { ...ANA, Email: 'ana.new@example.com', phone: null }],
    ['badges', { number: 'B-1234' }, null],
  ]),
  ...transaction(6, [['patients', { ...ANA, Email: 'ana.new@example.com', phone: null }, null]]),
];

const noneIn = (text: string): readonly string[] => SECRETS.filter((secret) => text.includes(secret));
const valuesOf = (change: WrittenChange | undefined) => JSON.parse(change?.sealedValues ?? '[]') as SealedValues[];

test('no value of a column with a policy is left in what is emitted, remembered or written of definitions', async () => {
  const { out, schemaVersions, memory } = await play(LIFE);
  expect(out.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(noneIn(JSON.stringify([out, schemaVersions, [...memory]]))).toEqual([]);
  expect(noneIn(JSON.stringify((await play(LIFE, [])).out))).not.toEqual([]); // without a pack they are there
});

test('what is dropped is gone, what is a token is equal where values are, and null stays null', async () => {
  const { bodies } = await play(LIFE);
  const [patient, visit, nobody, badge, update, gone] = bodies;
  expect(patient.after).toMatchObject({ id: '7', city: 'Lima', notes: '[REDACTED]', card: domain.tokenize(ANA.card) });
  expect(patient.after.Email).toMatch(/^sealed:[\w-]{22}$/);
  expect(visit.after.contact).toBe(patient.after.Email); // the same subject's
  expect(nobody.after).toEqual({ visit_id: '2', patient_id: null, contact: '[REDACTED]' }); // nobody's
  expect(badge.source.primaryKey).toEqual({ number: badge.after.number });
  expect(gone.source.primaryKey).toEqual(badge.source.primaryKey);
  expect(update.before).toEqual(patient.after);
  expect(update.after).toEqual({ ...update.before, Email: expect.stringMatching(/^sealed:/), phone: null });
  expect(update.after.Email).not.toBe(update.before.Email);
});

test('what is sealed opens with the key of its subject, both images by one call', async () => {
  const { changes } = await play(LIFE);
  const [patient, visit, nobody, badge, update] = changes;
  const key = keyOf('patients', '7');
  const opened = (change: WrittenChange | undefined) =>
    valuesOf(change).map((values) => openValues(key, change?.eventId ?? '', values));
  expect(opened(patient)).toEqual([{ after: { Email: 'ana@example.com', phone: '555-0101' } }]);
  expect(opened(visit)).toEqual([{ after: { contact: 'ana@example.com' } }]);
  expect([nobody?.sealedValues, badge?.sealedValues]).toEqual([null, null]);
  expect(opened(update)).toEqual([
    { before: { Email: 'ana@example.com', phone: '555-0101' }, after: { Email: 'ana.new@example.com' } },
  ]);
  expect(canonicalJson(valuesOf(update) as never)).toBe(update?.sealedValues);
});

test('a row that changes hands is sealed under both keys', async () => {
  const [before, after] = [1, 2].map((patient_id) => ({ visit_id: 1, patient_id, contact: `c${patient_id}` }));
  const { changes } = await play([...BOOK, ...transaction(4, [['visits', before ?? null, after ?? null]])]);
  const [change] = changes;
  const opened = valuesOf(change).map((values, index) =>
    openValues(keyOf('patients', String(index + 1)), change?.eventId ?? '', values),
  );
  expect(opened).toEqual([{ before: { contact: 'c1' } }, { after: { contact: 'c2' } }]);
});

test('a second run gives the same bytes; keys are fetched once', async () => {
  const [one, other] = [await play(LIFE), await play(LIFE)];
  expect(other.changes).toEqual(one.changes);
  expect(one.fetches).toBe(2); // the domain's with the first DDL, the patient's with the first row
});

test('of somebody who was erased nothing comes any more', async () => {
  const erased = new Set([domain.subjectId(subjectName('shop', 'patients', ['7']))]);
  const { bodies, changes } = await play(LIFE, undefined, erased);
  expect(bodies[0].after).toMatchObject({ Email: '[ERASED]', phone: '[ERASED]' });
  expect(bodies[4].after).toMatchObject({ Email: '[ERASED]', phone: null });
  expect(changes.map(({ sealedValues }) => sealedValues)).toEqual(changes.map(() => null));
});

test('a policy applies from the sequence on at which its version is in force', async () => {
  const { bodies } = await play(LIFE, [packOf(1, 1, { patients: { key: ['id'] } }), packOf(2, 5, TABLES)]);
  expect(bodies[0].after.Email).toBe('ana@example.com');
  expect(bodies[4].before.Email).toMatch(/^sealed:/);
});

test('helper tables of a change online, tables that nothing defined and names in capitals have the policy too', async () => {
  const { out, bodies } = await play([
    ...BOOK,
    define(4, '_patients_gho', PATIENT, ['id']),
    ...transaction(5, [['_patients_gho', null, ANA]]),
    ...transaction(6, [
      ['PATIENTS', null, ANA],
      ['Patients', null, { id: 8, EMAIL: 'ana@example.com', Card: '4111111111111111', NOTES: 'a note' }],
    ]),
  ]);
  expect(noneIn(JSON.stringify(out))).toEqual([]);
  expect(bodies[0].after.Email).toMatch(/^sealed:/);
  expect(bodies[2].after).toEqual({
    id: '8',
    EMAIL: '[REDACTED]',
    Card: domain.tokenize(ANA.card),
    NOTES: '[REDACTED]',
  });
});

test('rows of snapshots are sealed, also those that were asked for', async () => {
  const row = (isAsked: boolean): RawRecord => ({
    kind: 'snapshot_row',
    database: 'clinic',
    table: 'patients',
    timestamp: 1,
    origin: origin(isAsked ? GTID(9) : null),
    after: ANA,
    isFirst: !isAsked,
    isLast: !isAsked,
    isEnd: !isAsked,
    isAsked,
  });
  const snapshot = { ...BOOK[0], isSnapshot: true } as RawRecord;
  const { out, changes, memory } = await play([snapshot, row(false), row(true), { kind: 'notice' }]);
  expect(changes).toHaveLength(2);
  expect(noneIn(JSON.stringify([out, [...memory]]))).toEqual([]);
  const [first] = changes;
  const [values] = valuesOf(first);
  expect(values && openValues(keyOf('patients', '7'), first?.eventId ?? '', values)).toMatchObject({
    after: { Email: 'ana@example.com' },
  });
});

test('a table is not taken for one whose database and name have their dot elsewhere', async () => {
  const [begin, ...rows] = transaction(5, [
    ['b.patients', null, ANA],
    ['patients', null, ANA],
  ]);
  const [open, sealed, end] = rows as [RawRecord, RawRecord, RawRecord];
  const { bodies } = await play([
    define(4, 'b.patients', PATIENT, ['id']),
    ...([begin, open, { ...sealed, database: 'clinic.b' }, end] as RawRecord[]),
  ]);
  expect(bodies.map(({ source }) => [source.database, source.table])).toEqual([
    ['clinic', 'b.patients'],
    ['clinic.b', 'patients'],
  ]);
  expect(bodies[0].after.Email).toBe(ANA.Email);
  expect(noneIn(JSON.stringify(bodies[1]))).toEqual([]);
});
