import { identify } from '@overlay/evidence';
import type { Gap, Head, Landed, Landing, Ledger, Position, RecordedGap, WrittenRecord } from '@overlay/model';
import { Trouble } from '@overlay/runtime';
import type { ClientBase } from 'pg';
import { type Columns, copyRows, type Field, withoutNul } from './copy.ts';
import type { DataKeys } from './data-keys.ts';
import type { Database } from './database.ts';
import { landDeadLetters, makeKeptRecords } from './dead-letters.ts';
import { goPastJump, LOOKS_AHEAD } from './jumps.ts';
import { activatePack, countPackVersions, readPackVersions } from './packs.ts';
import { makeEnsureWeeks } from './partitions.ts';
import type { RecordTable } from './record-tables.ts';
import { findRewritten } from './repeats.ts';
import { readOpenRequests, readSetAsideUnit, writeAnswer, writeWaiting } from './requests.ts';
import { landSchemaVersions } from './schema-versions.ts';
import { landUnexplained } from './unexplained.ts';
import { makeUnpublished } from './unpublished.ts';

/** What a ledger is made for: a stage, the table of its items, and whether it is the stage that makes sequences. */
export interface LedgerOf<Item> {
  readonly stage: string;
  readonly table: RecordTable<Item>;
  /** Seals and opens the bytes of dead letters. */
  readonly dataKeys: DataKeys;
  /** True for the first stage: it also writes `transactions`, a row per sequence. */
  readonly ownsTransactions?: boolean;
  /** More to write in the landing transaction, derived from the same records. */
  readonly alsoLand?: (client: ClientBase, records: readonly WrittenRecord<Item>[]) => Promise<void>;
}

/** A stage's book in Postgres; see the contract in `model`. */
export function makeLedger<Item>(database: Database, of: LedgerOf<Item>): Ledger<Item> {
  const ensureWeeks = makeEnsureWeeks(database);
  const { stage, table, dataKeys } = of;
  /** Sources with a landing of this program in the database. */
  const underWay = new Set<string>();
  return {
    open: (source) => openBook(database, stage, source),
    async land(landing, at) {
      const weeks = landing.records.map(({ record }) => record.timestamp);
      if (of.ownsTransactions) await ensureWeeks('transactions', weeks);
      await ensureWeeks(table.name, weeks);
      const dataKey = landing.deadLetters.length > 0 ? await dataKeys.today() : undefined;
      at('before_begin');
      underWay.add(landing.head.source);
      try {
        return await withoutFrozen(database, landing.head, (client) => landNow(client, of, landing, dataKey, at));
      } finally {
        underWay.delete(landing.head.source);
      }
    },
    unpublished: makeUnpublished(database, table.name, stage),
    async notePublished(source, sequence) {
      const note = async (client: ClientBase): Promise<void> => {
        await client.query("select set_config('lock_timeout', $1, true)", [String(HOLD_MS_MAX)]);
        await client.query(
          'update audit.heads set published = greatest(published, $3) where stage = $1 and source = $2',
          [stage, source, sequence],
        );
      };
      // A landing of our own goes on beside it, however long it takes: it is waited for.
      const isLanding = (): boolean => underWay.has(source);
      for (;;) {
        try {
          return await withoutFrozen(database, { stage, source }, note, isLanding);
        } catch (thrown) {
          if (!isLockTimeout(thrown) || !isLanding()) throw thrown;
        }
      }
    },
    ping: () => database.ping(),
    recordGap: (head, gap, at) => recordGap(database, head, gap, at),
    async gapDecision(gapId) {
      const [row] = await database.query<{ decision: RecordedGap['decision'] }>(
        'select decision from audit.gaps where gap_id = $1',
        [gapId],
      );
      return row?.decision ?? null;
    },
    requests: (sources) => readOpenRequests(database, stage, sources),
    answer: (requestId, refusal) => writeAnswer(database, requestId, { refusal, effectSequence: null }),
    setAside: (source, sequence) => readSetAsideUnit(database, source, sequence),
    keptRecords: makeKeptRecords(database, dataKeys, stage),
    activatePack: (head, pack, requestId) => activatePack(database, head, pack, requestId),
    packCount: (source) => countPackVersions(database, source),
    noteWaiting: (source, waiting) => writeWaiting(database, stage, source, waiting),
  };
}

/** Everything of one landing, in the transaction of the client. */
async function landNow<Item>(
  client: ClientBase,
  of: LedgerOf<Item>,
  landing: Landing<Item>,
  dataKey: Awaited<ReturnType<DataKeys['today']>> | undefined,
  at: Parameters<Ledger<Item>['land']>[1],
): Promise<Landed> {
  await lockHead(client, landing.head);
  const rewritten = await findRewritten(client, landing);
  if (rewritten) return { kind: 'gap', gap: rewritten };
  await landRecords(client, of, landing);
  await landMemory(client, landing);
  await landSchemaVersions(client, landing.schemaVersions ?? []);
  await landUnexplained(client, landing.unexplained ?? []);
  if (dataKey) await landDeadLetters(client, dataKey, landing);
  if (landing.answers !== undefined)
    await writeAnswer(client, landing.answers, { refusal: null, effectSequence: landing.landed });
  at('after_rows');
  const landed = await moveHead(client, landing);
  at('before_commit');
  return landed;
}

/** A transaction that, when it waits in vain for the head, ends whoever is frozen over it before the failure is thrown and retried. */
async function withoutFrozen<Result>(
  database: Database,
  head: Pick<Head, 'stage' | 'source'>,
  work: (client: ClientBase) => Promise<Result>,
  isOurs: () => boolean = () => false,
): Promise<Result> {
  try {
    return await database.transaction(work);
  } catch (thrown) {
    if (isLockTimeout(thrown) && !isOurs()) await endFrozenLanding(database, head).catch(() => {});
    throw thrown;
  }
}

/** Somebody else has held the head for longer than a landing may. */
const isLockTimeout = (thrown: unknown): boolean =>
  thrown instanceof Trouble && thrown.cause instanceof Error && 'code' in thrown.cause && thrown.cause.code === '55P03';

interface HeadRow {
  revision: string;
  landed: string;
  published: string;
  position: Position | null;
  gtids: string;
}

async function openBook(database: Database, stage: string, source: string): ReturnType<Ledger<never>['open']> {
  // Where the head is there, nothing is inserted: `on conflict` would wait for a landing that has moved it, however frozen.
  await database.query(
    `insert into audit.heads (stage, source, revision, landed, published) select $1, $2, 0, 0, 0
      where not exists (select from audit.heads where stage = $1 and source = $2) on conflict do nothing`,
    [stage, source],
  );
  await goPastJump(database, stage, source);
  // One snapshot for head and memory: another copy of the stage may be landing at this moment.
  return database.transaction(async (client) => {
    await client.query('set transaction isolation level repeatable read, read only');
    const heads = await client.query<HeadRow>(
      'select revision, landed, published, position, gtids from audit.heads where stage = $1 and source = $2',
      [stage, source],
    );
    const memory = await client.query<{ key: string; value: unknown }>(
      'select key, value from audit.stage_memory where stage = $1 and source = $2',
      [stage, source],
    );
    const gaps = await client.query<{ subject: string }>(
      "select subject from audit.gaps where stage = $1 and source = $2 and decision = 'accept'",
      [stage, source],
    );
    const packs = await readPackVersions(client, source);
    const [row] = heads.rows;
    if (!row) throw new Trouble('postgres.unreachable', `the head of ${stage} in ${source} is not visible`);
    const jumps = await client.query<{ decision: string | null }>(LOOKS_AHEAD, [stage, source, row.landed]);
    const { position, gtids } = row;
    const head: Head = {
      stage,
      source,
      revision: Number(row.revision),
      landed: Number(row.landed),
      published: Number(row.published),
      position,
      gtids,
    };
    return {
      head,
      memory: new Map(memory.rows.map(({ key, value }) => [key, value])),
      accepted: new Set(gaps.rows.map(({ subject }) => subject)),
      looksAhead: jumps.rows[0]?.decision === 'retry',
      packs,
    };
  });
}

/** A landing that has held its head for so long while another copy wants it belongs to a program that is frozen or cut off. */
const HOLD_MS_MAX = 5000;

/** Marks a landing for those who wait for its head; the name is cut at 63 bytes. */
const landingName = ({ stage, source }: Pick<Head, 'stage' | 'source'>): string =>
  `audit landing ${stage} ${source}`.slice(0, 63);

/** The fence: only the copy that decided on the stored revision goes on, and no other moves the head until it is done. */
async function lockHead(client: ClientBase, head: Head): Promise<void> {
  const { stage, source, revision } = head;
  await client.query("select set_config('application_name', $1, true), set_config('lock_timeout', $2, true)", [
    landingName(head),
    String(HOLD_MS_MAX),
  ]);
  const held = await client.query<{ revision: string }>(
    'select revision from audit.heads where stage = $1 and source = $2 for update',
    [stage, source],
  );
  if (Number(held.rows[0]?.revision) !== revision)
    throw new Trouble('stage.fenced', `${stage} in ${source} is past revision ${revision}`);
}

/**
 * Ends the landing of another copy that froze in its middle: a program that is stopped keeps its connection, and with it the head, for as
 * long as it likes. If it ever wakes, it finds its connection gone and the head moved on.
 */
async function endFrozenLanding(database: Database, head: Pick<Head, 'stage' | 'source'>): Promise<void> {
  await database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = $1 and datname = current_database() and pid <> pg_backend_pid()
        and xact_start < clock_timestamp() - $2 * interval '1 millisecond'`,
    [landingName(head), HOLD_MS_MAX],
  );
}

async function moveHead(client: ClientBase, { head, landed, position, gtids }: Landing<unknown>): Promise<Landed> {
  const revision = head.revision + 1;
  await client.query(
    `update audit.heads set revision = $4, landed = $5, position = $6, gtids = $7, updated_at = now()
      where stage = $1 and source = $2 and revision = $3`,
    [head.stage, head.source, head.revision, revision, landed, JSON.stringify(position), gtids],
  );
  return { kind: 'landed', head: { ...head, revision, landed, position, gtids } };
}

const TRANSACTION_COLUMNS: Columns = [
  ['source', 'text'],
  ['sequence', 'bigint'],
  ['kind', 'text'],
  ['transaction_id', 'text'],
  ['commit_time', 'timestamptz'],
  ['item_count', 'integer'],
  ['raw_digest', 'text'],
  ['repairs', 'bigint'],
];

/** What every item's row begins with. */
const PLACE_COLUMNS: Columns = [
  ['source', 'text'],
  ['sequence', 'bigint'],
  ['ordinal', 'integer'],
  ['commit_time', 'timestamptz'],
];

async function landRecords<Item>(client: ClientBase, of: LedgerOf<Item>, { records }: Landing<Item>): Promise<void> {
  if (of.ownsTransactions && records.length > 0) {
    const rows = records.map(({ record, bodies, rawDigest }) => [
      record.source,
      record.sequence,
      record.kind,
      record.transactionId,
      record.timestamp,
      bodies.length,
      rawDigest ?? null,
      record.repairs ?? null,
    ]);
    await copyRows(client, 'audit.transactions', TRANSACTION_COLUMNS, rows);
  }
  if (records.some(({ bodies }) => bodies.length > 0)) {
    const columns: Columns = [...PLACE_COLUMNS, ...of.table.columns, ['body', 'json']];
    await copyRows(client, `audit.${of.table.name}`, columns, itemRows(of.table, records));
  }
  await of.alsoLand?.(client, records);
}

function* itemRows<Item>(
  table: RecordTable<Item>,
  records: readonly WrittenRecord<Item>[],
): Generator<readonly Field[]> {
  for (const { record, bodies } of records) {
    const { source, sequence, timestamp } = record;
    const texts = bodies[Symbol.iterator]();
    let ordinal = 0;
    for (const item of record.items)
      yield [source, sequence, ++ordinal, timestamp, ...table.fields(item, record), texts.next().value ?? null];
  }
}

async function landMemory(client: ClientBase, { head, remember }: Landing<unknown>): Promise<void> {
  if (remember.size === 0) return;
  const kept = [...remember].filter(([, value]) => value !== null);
  const forgotten = [...remember].filter(([, value]) => value === null).map(([key]) => withoutNul(key));
  await client.query(
    `insert into audit.stage_memory (stage, source, key, value)
      select $1, $2, key, value::json from unnest($3::text[], $4::text[]) as kept (key, value)
      on conflict (stage, source, key) do update set value = excluded.value`,
    [head.stage, head.source, kept.map(([key]) => withoutNul(key)), kept.map(([, value]) => JSON.stringify(value))],
  );
  if (forgotten.length > 0) {
    await client.query('delete from audit.stage_memory where stage = $1 and source = $2 and key = any($3)', [
      head.stage,
      head.source,
      forgotten,
    ]);
  }
}

async function recordGap(database: Database, head: Head, gap: Gap, at: Omit<Position, 'digest'>): Promise<RecordedGap> {
  return database.transaction(async (client) => {
    const found = await client.query<{
      gap_id: string;
      decision: RecordedGap['decision'];
      subject: string;
      code: string;
    }>('select gap_id, decision, subject, code from audit.gaps where stage = $1 and source = $2', [
      head.stage,
      head.source,
    ]);
    const open = found.rows.find(
      (row) => row.decision === null && row.code === gap.code && row.subject === gap.subject,
    );
    if (open) return { gapId: open.gap_id, decision: null };
    const gapId = identify('gap', head.stage, head.source, gap.code, gap.subject, found.rows.length);
    await client.query(
      `insert into audit.gaps (gap_id, stage, source, code, subject, detail, after_sequence, topic, partition, record_offset)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
      [
        gapId,
        head.stage,
        head.source,
        gap.code,
        gap.subject,
        gap.detail,
        head.landed,
        at.topic,
        at.partition,
        at.offset,
      ],
    );
    return { gapId, decision: null };
  });
}
