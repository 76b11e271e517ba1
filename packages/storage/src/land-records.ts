import type { TiledLog } from '@overlay/evidence';
import { type Landing, must, type WrittenRecord } from '@overlay/model';
import type { ClientBase } from 'pg';
import { type Columns, copyRows, type Field } from './copy.ts';
import type { LandingLeaves, LandingLogs } from './evidence/landing-log.ts';
import type { RecordTable } from './record-tables.ts';

const TRANSACTION_COLUMNS: Columns = [
  ['source', 'text'],
  ['sequence', 'bigint'],
  ['kind', 'text'],
  ['transaction_id', 'text'],
  ['commit_time', 'timestamptz'],
  ['item_count', 'integer'],
  ['raw_digest', 'text'],
  ['repairs', 'bigint'],
  ['nonce_key', 'bytea'],
  ['leaf', 'bytea'],
];

const NOTHING: readonly Field[] = [];

/** What every item's row begins with. */
const PLACE_COLUMNS: Columns = [
  ['source', 'text'],
  ['sequence', 'bigint'],
  ['ordinal', 'integer'],
  ['commit_time', 'timestamptz'],
];

/** The columns of an item's row, in the order in which they are written, and those of change events hashed. */
export const itemColumns = (table: Pick<RecordTable<never>, 'columns'>): Columns => [
  ...PLACE_COLUMNS,
  ...table.columns,
  ['body', 'json'],
];

/** What becomes of a landing's records. */
export interface RecordsOf<Item> {
  readonly table: RecordTable<Item>;
  /** More to write in the landing transaction, derived from the same records. */
  readonly alsoLand?: (client: ClientBase, records: readonly WrittenRecord<Item>[]) => Promise<void>;
}

/** Writes the records of a landing, and gives the evidence log that they are leaves of, where there is one and it grew. */
export async function landRecords<Item>(
  client: ClientBase,
  of: RecordsOf<Item>,
  logs: LandingLogs | undefined,
  { head, records }: Landing<Item>,
): Promise<TiledLog | undefined> {
  const leaves = logs?.leavesOf(records);
  const { name, beside } = of.table;
  const hashed = itemColumns(of.table);
  if (records.some(({ bodies }) => bodies.length > 0))
    await copyRows(
      client,
      `audit.${name}`,
      [...hashed, ...(beside?.columns ?? [])],
      itemRows(of.table, records, leaves),
      leaves && { columns: hashed.length, see: leaves.take },
    );
  const log =
    logs && leaves && records.length > 0 ? await landLeaves(client, logs, leaves, { head, records }) : undefined;
  await of.alsoLand?.(client, records);
  return log;
}

async function landLeaves(
  client: ClientBase,
  logs: LandingLogs,
  leaves: LandingLeaves,
  { head, records }: Pick<Landing<unknown>, 'head' | 'records'>,
): Promise<TiledLog> {
  for (const [place, { record }] of records.entries())
    must(record.sequence === head.landed + place + 1, 'every sequence has its leaf, in order');
  const made = records.map((_, place) => leaves.leafOf(place));
  const rows = records.map(({ record, bodies, rawDigest }, place) => [
    record.source,
    record.sequence,
    record.kind,
    record.transactionId,
    record.timestamp,
    bodies.length,
    rawDigest ?? null,
    record.repairs ?? null,
    made[place]?.nonceKey ?? null,
    made[place]?.leaf ?? null,
  ]);
  await copyRows(client, 'audit.transactions', TRANSACTION_COLUMNS, rows);
  return logs.append(
    client,
    head,
    made.map(({ leaf }) => leaf),
  );
}

function* itemRows<Item>(
  table: RecordTable<Item>,
  records: readonly WrittenRecord<Item>[],
  leaves: LandingLeaves | undefined,
): Generator<readonly Field[]> {
  for (const [place, { record, bodies }] of records.entries()) {
    const { source, sequence, timestamp } = record;
    const texts = bodies[Symbol.iterator]();
    let ordinal = 0;
    leaves?.begin(place);
    for (const item of record.items) {
      const fields = table.fields(item, record);
      const body = texts.next().value ?? null;
      yield [source, sequence, ++ordinal, timestamp, ...fields, body, ...(table.beside?.fields(item) ?? NOTHING)];
    }
  }
}
