import type { Fault } from '@overlay/model';
import { z } from 'zod';
import type { Origin, RawColumn, RawImage, RawRecord, RawRow, RawTable } from './raw-record.ts';

/**
 * Reads one value of Debezium's MySQL connector, JSON without schemas. Never throws: what cannot be read comes back as `unreadable`, with
 * a detail that holds no values.
 */
export function parseDebeziumJson(text: string): RawRecord {
  let value: unknown;
  try {
    value = holdsLongNumbers(text) ? JSON.parse(text, keepLongNumbers) : JSON.parse(text);
  } catch {
    return unreadable('raw.not_json', 'the value is not JSON');
  }
  if (!isObject(value)) return unreadable('raw.unknown_shape', 'the value is not a JSON object');
  if ('op' in value) return parseChange(value);
  if ('status' in value) return parseMarker(value);
  if ('ddl' in value) return parseSchemaChange(value);
  return unreadable('raw.unknown_shape', 'the value has neither op, status nor ddl');
}

const unreadable = (code: Fault['code'], detail: string): RawRecord => ({
  kind: 'unreadable',
  fault: { code, detail },
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a row image has a run of 16 digits or more, which a JavaScript number may not hold. `source`'s own times are no such case. */
function holdsLongNumbers(text: string): boolean {
  const end = text.lastIndexOf(',"source":{"version":');
  return /\d{16}/.test(end < 0 ? text : text.slice(0, end));
}

/** A reviver that gives whole numbers which a JavaScript number cannot hold as the text they were written in. */
function keepLongNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  return typeof value === 'number' && source !== undefined && !Number.isSafeInteger(value) && /^-?\d{16,}$/.test(source)
    ? source
    : value;
}

const Marker = z.object({
  status: z.enum(['BEGIN', 'END']),
  id: z.string().min(1),
  event_count: z.int().nullable(),
  ts_ms: z.int(),
});

function parseMarker(value: Record<string, unknown>): RawRecord {
  const parsed = Marker.safeParse(value);
  if (!parsed.success) return unreadable('raw.unknown_shape', `a transaction marker is wrong: ${where(parsed.error)}`);
  const { status, id, event_count, ts_ms } = parsed.data;
  if (status === 'BEGIN') return { kind: 'begin', transactionId: id };
  const timestamp = timestampOf({ ts_ms });
  if (timestamp === undefined) return unreadable('raw.unknown_shape', 'a transaction marker has a time that is none');
  return { kind: 'end', transactionId: id, eventCount: event_count ?? 0, timestamp };
}

const where = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.join('.')} ${issue.code}`).join(', ');

const OPERATIONS: Readonly<Record<string, RawRow['operation']>> = { c: 'INSERT', u: 'UPDATE', d: 'DELETE' };

/** Rows are by far the most records, so their shape is checked by hand. */
function parseChange(value: Record<string, unknown>): RawRecord {
  const { source, op, transaction } = value;
  const place = isObject(source) ? placeOf(source) : undefined;
  if (!place) return unreadable('raw.unknown_shape', 'a change has no complete source block');
  const before = imageOf(value.before);
  const after = imageOf(value.after);
  if (before === undefined || after === undefined)
    return unreadable('raw.unknown_shape', 'a row image is not an object');
  if (op === 't') return { kind: 'truncate', ...place };
  if (op === 'r') return snapshotRow(place, after, source);
  const operation = typeof op === 'string' ? OPERATIONS[op] : undefined;
  if (!operation) return unreadable('raw.unknown_shape', 'a change has an operation that is not known');
  if (!isObject(transaction) || typeof transaction.id !== 'string' || typeof transaction.total_order !== 'number') {
    return unreadable(
      'raw.unknown_shape',
      'a change has no transaction block: provide.transaction.metadata must be on',
    );
  }
  return {
    kind: 'row',
    operation,
    transactionId: transaction.id,
    order: transaction.total_order,
    ...place,
    before,
    after,
  };
}

function snapshotRow(place: Place, after: RawImage | null, source: unknown): RawRecord {
  if (!after) return unreadable('raw.unknown_shape', 'a snapshot row has no image');
  const mark = isObject(source) ? String(source.snapshot) : '';
  return { kind: 'snapshot_row', ...place, after, isFirst: mark === 'first', isLast: mark.startsWith('last') };
}

type Place = Pick<RawRow, 'database' | 'table' | 'timestamp' | 'origin'>;

function imageOf(image: unknown): RawImage | null | undefined {
  if (image === null || image === undefined) return null;
  return isObject(image) ? image : undefined;
}

function placeOf(
  source: Record<string, unknown>,
): Pick<RawRow, 'database' | 'table' | 'timestamp' | 'origin'> | undefined {
  const { db, table } = source;
  const origin = originOf(source);
  const timestamp = timestampOf(source);
  if (typeof db !== 'string' || typeof table !== 'string' || !origin || timestamp === undefined) return undefined;
  return { database: db, table, timestamp, origin };
}

function timestampOf({ ts_us, ts_ms }: Record<string, unknown>): number | undefined {
  const microseconds = ts_us ?? (typeof ts_ms === 'number' ? ts_ms * 1000 : undefined);
  // What a number holds exactly: the years 1684 to 2255.
  return typeof microseconds === 'number' && Number.isSafeInteger(microseconds) ? microseconds : undefined;
}

function originOf({ connector, version, file, pos, row, thread, gtid }: Record<string, unknown>): Origin | undefined {
  if (typeof file !== 'string' || typeof pos !== 'number') return undefined;
  return {
    connector: String(connector),
    version: String(version),
    file,
    position: pos,
    row: typeof row === 'number' ? row : 0,
    thread: typeof thread === 'number' ? thread : null,
    gtid: typeof gtid === 'string' ? gtid : null,
  };
}

const Column = z.object({
  name: z.string(),
  typeName: z.string(),
  length: z.int().nullish(),
  scale: z.int().nullish(),
});

const TableChange = z.object({
  type: z.enum(['CREATE', 'ALTER', 'DROP']),
  id: z.string(),
  table: z.object({ primaryKeyColumnNames: z.array(z.string()).nullish(), columns: z.array(Column) }).nullish(),
});

const SchemaChange = z.object({ tableChanges: z.array(TableChange).nullish() });

function parseSchemaChange(value: Record<string, unknown>): RawRecord {
  const { source } = value;
  const origin = isObject(source) ? originOf(source) : undefined;
  const timestamp = isObject(source) ? timestampOf(source) : undefined;
  const parsed = SchemaChange.safeParse(value);
  if (!parsed.success) return unreadable('raw.unknown_shape', `a schema change is wrong: ${where(parsed.error)}`);
  if (!isObject(source) || !origin || timestamp === undefined)
    return unreadable('raw.unknown_shape', 'a schema change has no source block');
  const tables = (parsed.data.tableChanges ?? []).map(tableOf);
  return {
    kind: 'schema_change',
    isSnapshot: typeof source.snapshot === 'string' && source.snapshot !== 'false',
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
  const columns = table.columns.map(
    (column): RawColumn => ({
      name: column.name,
      type: column.typeName.toUpperCase(),
      length: column.length ?? null,
      scale: column.scale ?? null,
    }),
  );
  return { database, table: name, definition: { columns, key: table.primaryKeyColumnNames ?? [] } };
}
