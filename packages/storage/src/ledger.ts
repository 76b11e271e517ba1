import { identify, type TiledLog } from '@overlay/evidence';
import type { Gap, Head, Landed, Landing, Ledger, Position, RecordedGap } from '@overlay/model';
import { Trouble } from '@overlay/runtime';
import type { ClientBase } from 'pg';
import { withoutNul } from './copy.ts';
import type { DataKeys } from './data-keys.ts';
import type { Database } from './database.ts';
import { landDeadLetters, makeKeptRecords } from './dead-letters.ts';
import { type LandingLogs, makeLandingLogs } from './evidence/landing-log.ts';
import { goPastJump, LOOKS_AHEAD } from './jumps.ts';
import { landRecords, type RecordsOf } from './land-records.ts';
import { activatePack, countPackVersions, readPackVersions } from './packs.ts';
import { makeEnsureWeeks } from './partitions.ts';
import { findRewritten } from './repeats.ts';
import { readOpenRequests, readSetAsideUnit, writeAnswer, writeWaiting } from './requests.ts';
import { landSchemaVersions } from './schema-versions.ts';
import { landSensitiveColumns } from './sensitive-columns.ts';
import { landTransactionActors } from './transaction-actors.ts';
import { landUnexplained } from './unexplained.ts';
import { makeUnpublished } from './unpublished.ts';

/** What a ledger is made for: a stage, the table of its items, and whether it is the stage that makes sequences. */
export interface LedgerOf<Item> extends RecordsOf<Item> {
  readonly stage: string;
  /** Seals and opens the bytes of dead letters. */
  readonly dataKeys: DataKeys;
  /** Of the first stage alone: it also writes `transactions`, a row per sequence, each a leaf of the source's evidence log. */
  readonly evidence?: { readonly nonceKey: string };
}

/** A stage's book in Postgres; see the contract in `model`. */
export function makeLedger<Item>(database: Database, of: LedgerOf<Item>): Ledger<Item> {
  const ensureWeeks = makeEnsureWeeks(database);
  const { stage, table, dataKeys } = of;
  const logs = of.evidence && makeLandingLogs(of.evidence.nonceKey);
  /** Sources with a landing of this program in the database. */
  const underWay = new Set<string>();
  return {
    open: (source) => openBook(database, stage, source),
    async land(landing, at) {
      const weeks = landing.records.map(({ record }) => record.timestamp);
      if (logs) await ensureWeeks('transactions', weeks);
      await ensureWeeks(table.name, weeks);
      if (landing.actors?.length) await ensureWeeks('transaction_actors', weeks);
      const dataKey = landing.deadLetters.length > 0 ? await dataKeys.today() : undefined;
      at('before_begin');
      underWay.add(landing.head.source);
      try {
        const { landed, log } = await withoutFrozen(database, landing.head, (client) =>
          landNow(client, of, logs, landing, dataKey, at),
        );
        if (landed.kind === 'landed' && log) logs?.landed(landed.head, log);
        return landed;
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
  logs: LandingLogs | undefined,
  landing: Landing<Item>,
  dataKey: Awaited<ReturnType<DataKeys['today']>> | undefined,
  at: Parameters<Ledger<Item>['land']>[1],
): Promise<{ readonly landed: Landed; readonly log?: TiledLog | undefined }> {
  await lockHead(client, landing.head);
  const rewritten = await findRewritten(client, landing);
  if (rewritten) return { landed: { kind: 'gap', gap: rewritten } };
  const log = await landRecords(client, of, logs, landing);
  await landMemory(client, landing);
  await landSchemaVersions(client, landing.schemaVersions ?? []);
  await landUnexplained(client, landing.unexplained ?? []);
  await landTransactionActors(client, landing.actors ?? []);
  await landSensitiveColumns(client, landing);
  if (dataKey) await landDeadLetters(client, dataKey, landing);
  if (landing.answers !== undefined)
    await writeAnswer(client, landing.answers, { refusal: null, effectSequence: landing.landed });
  at('after_rows');
  const landed = await moveHead(client, landing);
  at('before_commit');
  return { landed, log };
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
