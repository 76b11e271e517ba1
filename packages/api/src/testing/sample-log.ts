import type { BusinessEvent, CaseAnomaly, ChangeEvent, Row } from '@overlay/model';
import type { Pack } from '@overlay/packs';
import { sealValues, subjectName } from '@overlay/sealing';
import { changeEvents, type Database, KeyStore, makeDataKeys, makeLedger } from '@overlay/storage';

/** A small log of corner shops in Lima: two orders, a loss at night, a self-promotion, an unexplained change, one set aside; then a new day. */
export const SOURCE = 'shops';
export const DAY = '2026-11-20';
export const NEXT_DAY = '2026-11-21';
const SERVER = '3e11fa47-71ca-11e1-9e33-c80aa9429562';

/** Ids that can be told apart at sight: kind, sequence, place. */
export const idOf = (kind: 'c' | 'b' | 'a' | 'f' | 'e', sequence: number, place = 1): string =>
  `${kind}${String(sequence).padStart(7, '0')}-66bd-5b0d-8c3e-${String(place).padStart(12, '0')}`;
export const gtidOf = (sequence: number): string => `${SERVER}:${100 + sequence}`;

export const samplePack: Pick<Pack, 'title' | 'timeZone' | 'currency' | 'report'> = {
  title: 'Corner shops',
  timeZone: 'America/Lima',
  currency: 'PEN',
  report: {
    sections: [
      { id: 'orders', title: 'Orders', eventType: 'order.completed', measure: { kind: 'count' } },
      {
        id: 'revenue',
        title: 'Revenue',
        eventType: 'order.completed',
        measure: { kind: 'sum', path: 'total' },
        unit: 'currency',
      },
      { id: 'roles', title: 'Role changes', eventType: 'user.role_changed', measure: { kind: 'count' } },
      {
        id: 'revenue_by_shop',
        title: 'Revenue by shop',
        eventType: 'order.completed',
        measure: { kind: 'sum', path: 'total' },
        unit: 'currency',
        groupBy: 'shop_id',
        labelBy: 'shop',
        top: 1,
      },
      {
        id: 'stock_by_reason',
        title: 'Units adjusted by reason',
        eventType: 'stock.adjusted',
        measure: { kind: 'sum', path: 'delta' },
        unit: 'units',
        groupBy: 'reason',
      },
    ],
  },
};

interface Change {
  readonly table: string;
  readonly key: Row;
  readonly before: Row | null;
  readonly after: Row | null;
}

interface SampleRecord {
  readonly sequence: number;
  readonly kind?: string;
  readonly timestamp: string;
  readonly changes: readonly Change[];
  readonly events?: readonly Pick<BusinessEvent, 'type' | 'entityType' | 'entityId' | 'actor' | 'payload'>[];
  readonly anomaly?: Partial<CaseAnomaly>;
  /** The inferencer found no rule for its changes. */
  readonly isUnexplained?: boolean;
}

const ana: BusinessEvent['actor'] = { id: '7', label: 'ana', grade: 'exact' };

/** A product's name as somebody with bad intentions would write it. */
export const HOSTILE = 'Tea\u001b[31m \u0000\u202e box 500 g';

const order = (
  id: string,
  shopId: string,
  total: string,
  product: string,
): Pick<SampleRecord, 'changes' | 'events'> => ({
  changes: [
    { table: 'orders', key: { order_id: id }, before: null, after: { order_id: id, shop_id: shopId, total } },
    {
      table: 'stock',
      key: { shop_id: shopId, product_id: '55' },
      before: { shop_id: shopId, product_id: '55', name: product, quantity: '52', counted_on: null },
      after: { shop_id: shopId, product_id: '55', name: product, quantity: '50', counted_on: null },
    },
  ],
  events: [
    {
      type: 'order.completed',
      entityType: 'order',
      entityId: id,
      actor: ana,
      payload: { order_id: id, shop_id: shopId, shop: `Shop ${shopId}`, total, items: [{ product, quantity: '2' }] },
    },
  ],
});

const RECORDS: readonly SampleRecord[] = [
  {
    sequence: 1,
    kind: 'snapshot',
    timestamp: '2026-11-20T12:00:00.000000Z',
    changes: [
      { table: 'users', key: { user_id: '7' }, before: null, after: { user_id: '7', username: 'ana', role_id: '1' } },
    ],
  },
  { sequence: 2, timestamp: '2026-11-20T14:03:05.123456Z', ...order('123', '3', '99999999999999999.99', HOSTILE) },
  { sequence: 3, timestamp: '2026-11-20T15:30:00.000001Z', ...order('124', '4', '0.02', 'Rice') },
  {
    sequence: 4,
    timestamp: '2026-11-21T04:41:12.500000Z',
    changes: [
      {
        table: 'stock',
        key: { shop_id: '3', product_id: '55' },
        before: { shop_id: '3', product_id: '55', name: HOSTILE, quantity: '50', counted_on: null },
        after: { shop_id: '3', product_id: '55', name: HOSTILE, quantity: '10', counted_on: '2026-11-20' },
      },
    ],
    events: [
      {
        type: 'stock.adjusted',
        entityType: 'product',
        entityId: '55',
        actor: ana,
        payload: { shop_id: '3', shop: 'Shop 3', product_id: '55', product: HOSTILE, delta: '-40', reason: 'THEFT' },
      },
    ],
    anomaly: {
      detector: 'stock.large-loss',
      family: 'stock',
      entityType: 'product',
      entityId: '55',
      entityLabel: HOSTILE,
      score: 4.61,
      severity: 'high',
      pValue: 0.000002,
      observed: 40,
      expected: 3.2,
      features: { typical: 3.2 },
      reasons: [`${HOSTILE} lost 40 units in one adjustment.`, 'A usual loss here is about 3.2 units.'],
    },
  },
  {
    sequence: 5,
    timestamp: '2026-11-21T04:50:00.000000Z',
    changes: [
      {
        table: 'users',
        key: { user_id: '7' },
        before: { user_id: '7', username: 'ana', role_id: '1' },
        after: { user_id: '7', username: 'ana', role_id: '3' },
      },
    ],
    events: [
      {
        type: 'user.role_changed',
        entityType: 'user',
        entityId: '7',
        actor: ana,
        payload: { user_id: '7', username: 'ana', old_role: 'cashier', new_role: 'admin', self: true },
      },
    ],
    anomaly: {
      detector: 'user.role-change',
      family: 'user',
      entityType: 'user',
      entityId: '7',
      entityLabel: 'ana',
      score: 6.25,
      severity: 'critical',
      pValue: null,
      observed: 1,
      expected: null,
      features: {},
      reasons: ['ana changed their own role from cashier to admin.'],
    },
  },
  {
    sequence: 6,
    timestamp: '2026-11-21T04:55:00.000000Z',
    changes: [{ table: 'notes', key: { note_id: '1' }, before: { note_id: '1', text: 'x' }, after: null }],
    isUnexplained: true,
  },
  { sequence: 7, kind: 'set_aside', timestamp: '2026-11-21T04:59:59.999999Z', changes: [] },
  { sequence: 8, timestamp: '2026-11-21T05:00:00.000000Z', ...order('125', '3', '10.50', 'Rice') },
];

/** Sequences of the sample, and the last one of {@link DAY}. */
export const LAST = RECORDS.length;
export const LAST_OF_DAY = 7;

/** Writes the sample as the stages would have landed it, every stage at its end. */
export async function writeSampleLog(database: Database): Promise<void> {
  for (const record of RECORDS) await writeRecord(database, record);
  for (const stage of ['normalizer', 'inferencer', 'anomaly-scorer', 'summarizer'])
    await writeHead(database, stage, LAST);
}

export async function writeHead(database: Database, stage: string, landed: number, source = SOURCE): Promise<void> {
  await database.query('delete from audit.heads where stage = $1 and source = $2', [stage, source]); // it may have been further
  await database.query(
    `insert into audit.heads (stage, source, revision, landed, published, updated_at) values ($1, $2, 1, $3, $3, '2026-11-21T05:00:10Z')`,
    [stage, source, landed],
  );
}

async function writeRecord(database: Database, record: SampleRecord): Promise<void> {
  const { sequence, kind = 'transaction', timestamp, changes, events = [], anomaly } = record;
  for (const table of ['transactions', 'transaction_actors', 'change_events', 'business_events', 'anomalies']) {
    await database.query('select audit.ensure_week($1, $2::date)', [table, timestamp.slice(0, 10)]);
  }
  const transactionId = kind === 'snapshot' ? 'snapshot:binlog.000001:4:shops.users:1' : gtidOf(sequence);
  await database.query('insert into audit.transactions values ($1, $2, $3, $4, $5, $6)', [
    sequence,
    timestamp,
    changes.length,
    SOURCE,
    kind,
    transactionId,
  ]);
  for (const [index, change] of changes.entries()) {
    const body = changeEvent(record, change, index + 1, transactionId);
    const values = [sequence, timestamp, index + 1, body.eventId, SOURCE, SOURCE, change.table, body.operation];
    await insert(database, 'change_events', [...values, JSON.stringify(body)]);
  }
  for (const [index, event] of events.entries()) {
    const body: BusinessEvent = {
      ...event,
      eventId: idOf('b', sequence, index + 1),
      timestamp,
      confidence: 1,
      sourceEventIds: changes.map((_, place) => idOf('c', sequence, place + 1)),
      rule: event.type,
      ruleVersion: 1,
    };
    const { actor } = event;
    const columns = [body.eventId, event.type, event.entityType, event.entityId, actor.id, actor.label, actor.grade, 1];
    await insert(database, 'business_events', [
      SOURCE,
      sequence,
      index + 1,
      timestamp,
      ...columns,
      JSON.stringify(body),
    ]);
  }
  const [first] = events;
  if (first) {
    const { id, label, grade } = first.actor;
    await insert(database, 'transaction_actors', [sequence, timestamp, SOURCE, id, label, grade]);
  }
  if (anomaly) await writeAnomaly(database, record, anomaly);
  if (record.isUnexplained)
    for (const [index, { table }] of changes.entries())
      await insert(database, 'unexplained_changes', [
        ...[SOURCE, sequence, timestamp, SOURCE, table, 'DELETE', 1],
        idOf('c', sequence, index + 1),
      ]);
  if (kind === 'set_aside') await writeDeadLetter(database, sequence);
}

async function writeAnomaly(
  database: Database,
  { sequence, timestamp }: SampleRecord,
  anomaly: Partial<CaseAnomaly>,
): Promise<void> {
  const body = {
    anomalyId: idOf('a', sequence),
    caseId: idOf('e', sequence),
    detectorVersion: 1,
    timestamp,
    businessEventIds: sequence === 4 ? [idOf('b', 2), idOf('b', 4)] : [idOf('b', sequence)],
    sourceEventIds: [idOf('c', sequence)],
    ...anomaly,
  };
  await insert(database, 'anomalies', [
    SOURCE,
    sequence,
    1,
    timestamp,
    body.anomalyId,
    body.caseId,
    body.detector,
    body.family,
    body.entityType,
    body.entityId,
    // Postgres' text holds no NUL; the stage that lands a label leaves it out.
    body.entityLabel?.replaceAll('\u0000', ''),
    body.severity,
    body.score,
    JSON.stringify(body),
  ]);
}

/** An anomaly that says this, whatever it is about. */
export async function writeSaying(
  database: Database,
  sequence: number,
  says: Pick<CaseAnomaly, 'entityLabel' | 'reasons'>,
): Promise<void> {
  const record = { sequence, timestamp: `${DAY}T12:00:00.000000Z`, changes: [] };
  await database.query("select audit.ensure_week('anomalies', $1::date)", [DAY]);
  await writeAnomaly(database, record, {
    detector: 'visits.many',
    family: 'visits',
    entityType: 'patient',
    entityId: '1',
    score: 4,
    severity: 'high',
    pValue: null,
    observed: 4,
    expected: null,
    features: {},
    ...says,
  });
}

const insert = (database: Database, table: string, values: readonly unknown[]): Promise<unknown> =>
  database.query(`insert into audit.${table} values (${values.map((_, index) => `$${index + 1}`).join(', ')})`, values);

function changeEvent(
  { sequence, timestamp, kind }: SampleRecord,
  change: Change,
  at: number,
  transactionId: string,
): ChangeEvent {
  const { table, key, before, after } = change;
  const operation = before && after ? 'UPDATE' : after ? 'INSERT' : 'DELETE';
  return {
    eventId: idOf('c', sequence, at),
    source: { name: SOURCE, database: SOURCE, table, primaryKey: key },
    operation: kind === 'snapshot' ? 'READ' : operation,
    before,
    after,
    timestamp,
    transactionId,
    sequence,
    order: at,
    schemaVersion: `${SOURCE}.${table}:1`,
    metadata: {
      connector: 'mysql',
      version: '3.6.1.Final',
      file: 'binlog.000003',
      position: 1000 * sequence + at,
      row: 0,
      gtid: kind === 'snapshot' ? null : transactionId,
      thread: kind === 'snapshot' ? null : 12,
      snapshot: kind === 'snapshot',
      inferred: false,
    },
  };
}

export async function writeDeadLetter(database: Database, sequence: number): Promise<void> {
  await database.query(
    `insert into audit.dead_letters (dead_letter_id, stage, source, sequence, code, detail, topic, partition, record_offset,
        ordinal, record_digest, found_at)
      values ($1, 'normalizer', $2, $3, 'raw.value', 'shops.orders: total is no DECIMAL', 'cdc.shops', 0, 4711, 1, repeat('0', 64), '2026-11-21T05:00:01Z')`,
    [idOf('f', sequence), SOURCE, sequence],
  );
}

/** Records a gap as a stage does; its id is that of `place`. */
export async function writeGap(
  database: Database,
  place: number,
  code: string,
  afterSequence: number,
): Promise<string> {
  const gapId = idOf('e', 9000 + place);
  await database.query(
    `insert into audit.gaps (gap_id, stage, source, code, subject, detail, after_sequence, topic, partition, record_offset, found_at)
      values ($1, 'normalizer', $2, $3, $4, $5, $6, 'cdc.shops', 0, 4712, '2026-11-21T05:00:02Z')`,
    [gapId, SOURCE, code, gtidOf(afterSequence + 1), `found after sequence ${afterSequence}`, afterSequence],
  );
  return gapId;
}

/** Lands a dead letter as a stage does, its bytes sealed under the master key. */
export async function writeSealedLetter(
  database: Database,
  keys: Database,
  masterKey: string,
  letter: { readonly sequence: number | null; readonly value: Buffer; readonly source?: string },
): Promise<void> {
  const { sequence, value, source = SOURCE } = letter;
  const dataKeys = makeDataKeys(keys, masterKey);
  const ledger = makeLedger(database, { stage: 'normalizer', table: changeEvents, dataKeys });
  const { head } = await ledger.open(source);
  const place = { topic: 'cdc.shops', partition: 0, offset: '4712' };
  const fault = { code: 'raw.not_json', detail: 'the value is not JSON' } as const;
  const deadLetters = [
    { ...place, sequence, ordinal: sequence === null ? null : 2, fault, key: Buffer.from('k'), value },
  ];
  const position = head.position ?? { ...place, digest: '' };
  const nothing = { gtids: head.gtids, records: [], remember: new Map(), repeats: [] };
  await ledger.land({ head, landed: head.landed, position, deadLetters, ...nothing }, () => {});
}

/** A change of which something is sealed. */
interface SealedSample {
  readonly sequence: number;
  /** Table and key of whose values they are. */
  readonly subject: readonly [table: string, key: string];
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
}

/** Lands a change as the normalizer does, its values sealed, under a pack that is in force; its id is `idOf('c', sequence)`. */
export async function writeSealedChange(
  database: Database,
  keys: Database,
  masterKey: string,
  { sequence, subject: [table, key], before, after }: SealedSample,
): Promise<void> {
  const ledger = makeLedger(database, {
    stage: 'normalizer',
    table: changeEvents,
    dataKeys: makeDataKeys(keys, masterKey),
    evidence: { nonceKey: masterKey },
  });
  const opened = await ledger.open(SOURCE);
  if (sequence === 1) await ledger.activatePack(opened.head, { name: 'shops', version: 1, content: {} }, null);
  const { head } = await ledger.open(SOURCE);
  const store = new KeyStore(keys, masterKey);
  const domain = await store.domainKey('shops');
  const id = domain.subjectId(subjectName(SOURCE, table, [key]));
  const own = (await store.subjectKeys('shops', [id])).get(id);
  if (typeof own !== 'object') throw new Error(`the key of ${table}:${key} is destroyed`);
  const [eventId, transactionId] = [idOf('c', sequence), gtidOf(sequence)];
  const tokens = (image: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(image).map(([name, value]) => [name, own.tokenize(value)]));
  const city = { city: 'Lima' };
  const body = { before: { ...tokens(before), ...city }, after: { ...tokens(after), ...city } };
  const sealed = sealValues(own, domain.noncesOf(SOURCE, transactionId), eventId, { before, after });
  const items = [
    {
      eventId,
      database: 'shops',
      table,
      operation: 'UPDATE',
      body: JSON.stringify(body),
      sealedValues: JSON.stringify([sealed]),
    },
  ];
  const timestamp = `${DAY}T12:00:00.000000Z`;
  const record = { source: SOURCE, sequence, kind: 'transaction', transactionId, timestamp, items } as const;
  await ledger.land(
    {
      head,
      landed: sequence,
      position: { topic: 'cdc.shops', partition: 0, offset: String(sequence), digest: '' },
      gtids: '',
      records: [{ record, bodies: items.map((item) => item.body) }],
      remember: new Map(),
      deadLetters: [],
      repeats: [],
    },
    () => {},
  );
}
