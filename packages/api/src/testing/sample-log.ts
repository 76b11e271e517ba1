import type { BusinessEvent, CaseAnomaly, ChangeEvent } from '@overlay/model';
import type { Database } from '@overlay/storage';
import { type Change, DAY, gtidOf, idOf, LAST, RECORDS, type SampleRecord, SOURCE } from './corner-shops.ts';

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
