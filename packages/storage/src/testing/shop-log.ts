import { randomUUID } from 'node:crypto';
import { canonicalJson } from '@overlay/evidence';
import type { ColumnDefinition, Row, SchemaChangeKind } from '@overlay/model';
import type { Database } from '../database.ts';
import { landSchemaVersions } from '../schema-versions.ts';

const SOURCE = 'shop';
export const SERVER = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const gtidOf = (sequence: number): string => `${SERVER}:${sequence}`;
/** When a sequence of the log committed. */
export const timeOf = (sequence: number): string => new Date(Date.UTC(2026, 2, 4) + sequence * 1000).toISOString();

/** The images of a row before and after. */
type Images = readonly [before: Row | null, after: Row | null];

interface Landed {
  readonly kind: string;
  readonly transactionId?: string;
  readonly repairs?: number;
}

/**
 * A log that a test writes by itself, in canonical bodies. Each call lands one transaction, definition or snapshot piece and gives its sequence; a
 * changed key becomes a DELETE and an INSERT, as Debezium has it.
 */
export function makeShopLog(database: Database) {
  let sequence = 0;
  const keys = new Map<string, readonly string[]>();
  const ids = new Map<string, string>();
  const versions = new Map<string, number>();

  async function begin(
    { kind, transactionId = gtidOf(sequence + 1), repairs }: Landed,
    count: number,
  ): Promise<number> {
    const at = timeOf(++sequence);
    for (const table of ['transactions', 'change_events'])
      await database.query('select audit.ensure_week($1, $2::date)', [table, at]);
    await database.query(
      `insert into audit.transactions (sequence, commit_time, item_count, source, kind, transaction_id, repairs) values ($1, $2, $3, $4, $5, $6, $7)`,
      [sequence, at, count, SOURCE, kind, transactionId, repairs ?? null],
    );
    await database.query(
      `insert into audit.heads (stage, source, revision, landed, published, gtids) values ('normalizer', $1, 1, $2, $2, $3)
        on conflict (stage, source) do update set landed = excluded.landed, gtids = excluded.gtids`,
      [SOURCE, sequence, `${SERVER}:1-${sequence}`],
    );
    return sequence;
  }

  const keyOf = (table: string, row: Row): Row =>
    Object.fromEntries((keys.get(table) ?? []).map((name) => [name, row[name] ?? null]));

  async function write(
    table: string,
    operation: string,
    [before, after]: Images,
    ordinal: number,
    row = ordinal,
  ): Promise<void> {
    const image = after ?? before;
    const body = {
      after,
      before,
      eventId: randomUUID(),
      metadata: {
        connector: 'mysql',
        file: 'binlog.000001',
        position: 100 * sequence,
        row,
        thread: 12,
        version: '3.6.1.Final',
      },
      operation,
      order: ordinal,
      schemaVersion: `${SOURCE}.${table}:${versions.get(table) ?? 0}`,
      sequence,
      source: { database: SOURCE, name: SOURCE, primaryKey: image ? keyOf(table, image) : {}, table },
      timestamp: timeOf(sequence).replace('Z', '000Z'),
      transactionId: gtidOf(sequence),
    };
    await database.query(
      `insert into audit.change_events (sequence, commit_time, ordinal, event_id, source, database_name, table_name, operation, body)
        values ($1, $2, $3, $4, $5, $5, $6, $7, $8)`,
      [sequence, timeOf(sequence), ordinal, body.eventId, SOURCE, table, operation, canonicalJson(body)],
    );
  }

  return {
    async define(
      kind: SchemaChangeKind,
      table: string,
      columns: readonly ColumnDefinition[],
      key: readonly string[],
      more: {
        readonly previousTable?: string;
        readonly renamedColumns?: Readonly<Record<string, string>>;
        readonly losesRows?: boolean;
        readonly statement?: string;
      } = {},
    ): Promise<number> {
      if (kind !== 'snapshot') await begin({ kind: 'schema_change' }, 0);
      const at = kind === 'snapshot' ? sequence + 1 : sequence;
      const tableId = (kind === 'create' ? undefined : ids.get(more.previousTable ?? table)) ?? randomUUID();
      ids.set(table, tableId);
      keys.set(table, key);
      versions.set(table, (versions.get(table) ?? 0) + 1);
      await database.transaction((client) =>
        landSchemaVersions(client, [
          {
            source: SOURCE,
            sequence: at,
            ordinal: 1,
            kind,
            tableId,
            database: SOURCE,
            table,
            version: versions.get(table) ?? 1,
            previousDatabase: more.previousTable === undefined ? null : SOURCE,
            previousTable: more.previousTable ?? null,
            columns,
            key,
            defaults: {},
            renamedColumns: more.renamedColumns ?? {},
            losesRows: more.losesRows ?? false,
            gtid: kind === 'snapshot' ? null : gtidOf(at),
            file: 'binlog.000001',
            position: 100 * at,
            timestamp: timeOf(at).replace('Z', '000Z'),
            statement: more.statement ?? `${kind} ${table}`,
          },
        ]),
      );
      return at;
    },
    async snapshot(table: string, rows: readonly Row[], place = 'binlog.000001:4'): Promise<number> {
      await begin({ kind: 'snapshot', transactionId: `snapshot:${place}:${SOURCE}.${table}:1` }, rows.length);
      for (const [index, row] of rows.entries()) await write(table, 'READ', [null, row], index + 1);
      return sequence;
    },
    /** The next snapshot takes the place of one that was cut off. */
    replaceSnapshot: (place: string, replaced: string): Promise<number> =>
      begin({ kind: 'snapshot', transactionId: `snapshot:${place}:replaces:${replaced}` }, 0),
    async land(table: string, changes: readonly Images[], more: Partial<Landed> = {}): Promise<number> {
      await begin({ kind: 'transaction', ...more }, changes.length);
      let ordinal = 0;
      for (const [index, [before, after]] of changes.entries()) {
        const isMoved = before && after && canonicalJson(keyOf(table, before)) !== canonicalJson(keyOf(table, after));
        if (isMoved) {
          await write(table, 'DELETE', [before, null], ++ordinal, index);
          await write(table, 'INSERT', [null, after], ++ordinal, index);
        } else
          await write(
            table,
            before && after ? 'UPDATE' : after ? 'INSERT' : 'DELETE',
            [before, after],
            ++ordinal,
            index,
          );
      }
      return sequence;
    },
    async truncate(table: string): Promise<number> {
      await begin({ kind: 'truncate' }, 1);
      await write(table, 'TRUNCATE', [null, null], 1);
      return sequence;
    },
    setAside: (): Promise<number> => begin({ kind: 'set_aside' }, 0),
  };
}
