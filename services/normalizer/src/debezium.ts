import type { Image, RawColumn } from '@overlay/canonical';
import type { Fault } from '@overlay/model';
import { z } from 'zod';
import { identityOf } from './identity.ts';
import type { Origin, RawRecord, RawRow, RawTable } from './raw-record.ts';
import { contextOf } from './statement-context.ts';

/**
 * Reads one value of Debezium's MySQL connector, whatever it was decoded from. Never throws: what cannot be read comes back as
 * `unreadable`, with a detail that holds no values.
 */
export function readDebezium(value: unknown): RawRecord {
  if (!isObject(value)) return unreadable('raw.unknown_shape', 'the value is not an object');
  const record = readObject(value);
  return record.kind === 'unreadable' ? { ...record, ...identityOf(value) } : record;
}

function readObject(value: Record<string, unknown>): RawRecord {
  if ('op' in value) return readChange(value);
  if ('status' in value) return readMarker(value);
  if ('ddl' in value) return readSchemaChange(value);
  if ('aggregate_type' in value) return { kind: 'notice' };
  return unreadable('raw.unknown_shape', 'the value has neither op, status nor ddl');
}

export const unreadable = (code: Fault['code'], detail: string): RawRecord => ({
  kind: 'unreadable',
  fault: { code, detail },
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);

const Marker = z.object({
  status: z.enum(['BEGIN', 'END']),
  id: z.string().min(1),
  event_count: z.int().nonnegative().nullable(),
  ts_ms: z.int(),
});

function readMarker(value: Record<string, unknown>): RawRecord {
  const parsed = Marker.safeParse(value);
  if (!parsed.success) return unreadable('raw.unknown_shape', `a transaction marker is wrong: ${where(parsed.error)}`);
  const { status, id, event_count, ts_ms } = parsed.data;
  const timestamp = timestampOf({ ts_ms });
  if (timestamp === undefined) return unreadable('raw.unknown_shape', 'a transaction marker has a time that is none');
  if (status === 'BEGIN') return { kind: 'begin', transactionId: id, timestamp };
  if (!GTID.test(id)) return unreadable('raw.unknown_shape', 'a transaction ends whose id is no GTID');
  return { kind: 'end', transactionId: id, eventCount: event_count ?? 0, timestamp };
}

const where = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.join('.')} ${issue.code}`).join(', ');

/** A server's UUID, perhaps a tag, and a number. That a source has none at all is seen where its transactions begin. */
const GTID = /^[0-9a-f-]{36}:(?:[a-z_][a-z0-9_]*:)?[1-9]\d{0,14}$/i;

const OPERATIONS: ReadonlyMap<unknown, RawRow['operation']> = new Map([
  ['c', 'INSERT'],
  ['u', 'UPDATE'],
  ['d', 'DELETE'],
]);

/** Rows are by far the most records, so their shape is checked by hand. */
function readChange(value: Record<string, unknown>): RawRecord {
  const { source, op } = value;
  const place = isObject(source) ? placeOf(source) : undefined;
  if (!place) return unreadable('raw.unknown_shape', 'a change has no complete source block');
  const before = imageOf(value.before);
  const after = imageOf(value.after);
  if (before === undefined || after === undefined)
    return unreadable('raw.unknown_shape', 'a row image is not an object');
  if (op === 't') return hasGtid(place.origin) ? { kind: 'truncate', ...place } : NO_GTID;
  if (op === 'r') return snapshotRow(place, after, source);
  return row(value, place, { before, after });
}

function row({ op, transaction }: Record<string, unknown>, place: Place, images: Images): RawRecord {
  const operation = OPERATIONS.get(op);
  if (!operation) return unreadable('raw.unknown_shape', 'a change has an operation that is not known');
  const { before, after } = images;
  if (!(operation === 'DELETE' ? before : after))
    return unreadable('raw.unknown_shape', 'a change has no image of the row it tells of');
  if (!isObject(transaction))
    return unreadable(
      'raw.unknown_shape',
      'a change has no transaction block: it is of an XA transaction, of which the connector does not tell whether it was committed, or provide.transaction.metadata is off',
    );
  const { id, total_order: order } = transaction;
  if (typeof id !== 'string' || !GTID.test(id) || !isWhole(order))
    return unreadable('raw.unknown_shape', 'a change has a transaction without a GTID, or no place in it');
  return { kind: 'row', operation, transactionId: id, order, ...place, before, after };
}

/** None is fine: that is said where it matters. */
const hasGtid = ({ gtid }: Origin): boolean => gtid === null || GTID.test(gtid);
const NO_GTID = unreadable('raw.unknown_shape', 'a source block has a GTID that is none');

function snapshotRow(place: Place, after: Image | null, source: unknown): RawRecord {
  if (!after) return unreadable('raw.unknown_shape', 'a snapshot row has no image');
  const mark = isObject(source) ? String(source.snapshot) : '';
  const marks = {
    isFirst: mark === 'first',
    isLast: mark.startsWith('last'),
    isEnd: mark === 'last',
    isAsked: mark === 'incremental',
  };
  return { kind: 'snapshot_row', ...place, after, ...marks };
}

type Images = Pick<RawRow, 'before' | 'after'>;
type Place = Pick<RawRow, 'database' | 'table' | 'timestamp' | 'origin'>;

function imageOf(image: unknown): Image | null | undefined {
  if (image === null || image === undefined) return null;
  return isObject(image) ? image : undefined;
}

function placeOf(source: Record<string, unknown>): Place | undefined {
  const { db, table } = source;
  const origin = originOf(source);
  const timestamp = timestampOf(source);
  if (typeof db !== 'string' || typeof table !== 'string' || !origin || timestamp === undefined) return undefined;
  return { database: db, table, timestamp, origin };
}

function timestampOf({ ts_us, ts_ms }: Record<string, unknown>): number | undefined {
  const microseconds = ts_us ?? (isWhole(ts_ms) ? ts_ms * 1000 : undefined);
  // What a number holds exactly: the years 1684 to 2255.
  return isWhole(microseconds) ? microseconds : undefined;
}

function originOf(source: Record<string, unknown>): Origin | undefined {
  const { connector, version, file, pos, row, thread, gtid, query } = source;
  if (typeof connector !== 'string' || typeof version !== 'string') return undefined;
  if (typeof file !== 'string' || !isWhole(pos)) return undefined;
  const statement = typeof query === 'string' ? query : null;
  const context = statement === null ? null : contextOf(statement);
  return {
    connector,
    version,
    file,
    position: pos,
    row: isWhole(row) ? row : 0,
    thread: isWhole(thread) ? thread : null,
    gtid: typeof gtid === 'string' ? gtid : null,
    ...(context && { context }),
    ...(statement !== null && { statementBytes: Buffer.byteLength(statement) }),
  };
}

const Column = z.object({
  name: z.string(),
  typeName: z.string(),
  length: z.int().nullish(),
  scale: z.int().nullish(),
  charsetName: z.string().nullish(),
  optional: z.boolean().nullish(),
  defaultValueExpression: z.string().nullish(),
  generated: z.boolean().nullish(),
  autoIncremented: z.boolean().nullish(),
  enumValues: z.array(z.string()).nullish(),
});

const TableChange = z.object({
  type: z.enum(['CREATE', 'ALTER', 'DROP']),
  id: z.string(),
  table: z.object({ primaryKeyColumnNames: z.array(z.string()).nullish(), columns: z.array(Column) }).nullish(),
});

const SchemaChange = z.object({
  databaseName: z.string().nullish(),
  ddl: z.string().nullish(),
  tableChanges: z.array(TableChange).nullish(),
});

function readSchemaChange(value: Record<string, unknown>): RawRecord {
  const { source } = value;
  const origin = isObject(source) ? originOf(source) : undefined;
  const timestamp = isObject(source) ? timestampOf(source) : undefined;
  const parsed = SchemaChange.safeParse(value);
  if (!parsed.success) return unreadable('raw.unknown_shape', `a schema change is wrong: ${where(parsed.error)}`);
  if (!isObject(source) || !origin || timestamp === undefined)
    return unreadable('raw.unknown_shape', 'a schema change has no source block');
  if (!hasGtid(origin)) return NO_GTID;
  const tables = (parsed.data.tableChanges ?? []).map(tableOf);
  return {
    kind: 'schema_change',
    isSnapshot: typeof source.snapshot === 'string' && source.snapshot !== 'false',
    database: parsed.data.databaseName ?? '',
    statement: parsed.data.ddl ?? '',
    tables,
    timestamp,
    origin,
  };
}

function tableOf({ type, id, table }: z.infer<typeof TableChange>): RawTable {
  const [database = '', name = ''] = [...id.matchAll(/"((?:[^"]|"")*)"/g)].map((match) =>
    (match[1] ?? '').replaceAll('""', '"'),
  );
  if (type === 'DROP' || !table) return { database, table: name, definition: null };
  const columns = table.columns.map(columnOf);
  return { database, table: name, definition: { columns, key: table.primaryKeyColumnNames ?? [] } };
}

function columnOf(column: z.infer<typeof Column>): RawColumn {
  return {
    name: column.name,
    type: column.typeName.toUpperCase(),
    length: column.length ?? null,
    scale: column.scale ?? null,
    labels: column.enumValues ?? null,
    charset: column.charsetName ?? null,
    isNullable: column.optional !== false,
    default: column.defaultValueExpression ?? null,
    isFilledIn: column.generated === true || column.autoIncremented === true,
  };
}
