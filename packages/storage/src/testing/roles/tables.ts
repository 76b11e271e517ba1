import type { ClientBase } from 'pg';

/** A table of ours with its one row. */
export interface SeededTable {
  /** As SQL writes it, with its schema. */
  readonly name: string;
  /** Without its schema. */
  readonly shortName: string;
  readonly columns: readonly string[];
  /** The last column of its key that any value goes into; undefined where rows may be equal. */
  readonly key: { readonly column: string; readonly type: string } | undefined;
  readonly row: Readonly<Record<string, unknown>>;
}

const VALUES: Readonly<Record<string, unknown>> = {
  text: 'x',
  bigint: 1,
  integer: 1,
  smallint: 1,
  real: 1,
  numeric: 1,
  boolean: false,
  uuid: '00000000-0000-4000-8000-000000000001',
  json: {},
  bytea: '\\x00',
  date: '2026-11-02',
  'timestamp with time zone': '2026-11-02T12:00:00Z',
};
export const OTHER_VALUES: Readonly<Record<string, unknown>> = {
  ...VALUES,
  text: 'intruder',
  bigint: 77,
  integer: 77,
  smallint: 77,
  uuid: '00000000-0000-4000-8000-000000000077',
};
/** Where a check asks for more than a type; gaps are decided and requests answered. */
const SPECIAL: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  cases: { status: 'open' },
  gaps: { decision: 'accept' },
  schema_versions: { kind: 'create' },
  requests: { kind: 'repair', outcome: 'done' },
  sealed_acts: { act: 'open' },
  checkpoints: { checkpoint_id: 1000 },
  self_audit: { body: { action: 'read', outcome: 'ok', by: {}, arguments: {}, object: 'x' } },
  self_audit_head: { is_only: true, frontier: `\\x${'00'.repeat(32)}` }, // of the one act
  subject_keys: { destroyed_at: null },
  coverage_findings: { verdict: 'gap' },
  reconciliations: { verdict: 'equal' },
  row_state_pointers: { sequences: [1], ordinals: [1] },
  day_keys: { day: '2000-01-01' }, // a young one is not removed
};

interface Described {
  readonly name: string;
  readonly short_name: string;
  readonly is_partition: boolean;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly is_identity: boolean }[];
  readonly key: readonly string[] | null;
}

/** Gives every table of a schema one row, partitions by way of their table. @param owner connected as superuser */
export async function seedTables(owner: ClientBase, schema: string): Promise<readonly SeededTable[]> {
  const { rows } = await owner.query<Described>(
    `select format('%I.%I', c.relnamespace::regnamespace, c.relname) as name, c.relname as short_name, c.relispartition as is_partition,
        (select json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod), 'is_identity', attidentity <> '') order by attnum)
          from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
        (select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum)) from pg_index i
          join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
          where i.indrelid = c.oid and i.indisunique and i.indpred is null
          group by i.indexrelid, i.indisprimary order by i.indisprimary desc limit 1) as key
      from pg_class c where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') order by c.relispartition, c.relname`,
    [schema],
  );
  await owner.query('set session_replication_role = replica');
  for (const { name, short_name, is_partition, columns } of rows) {
    if (is_partition) continue;
    const row = Object.fromEntries(columns.map((column) => [column.name, VALUES[column.type] ?? null]));
    await owner.query(`delete from ${name}`);
    await owner.query(
      `insert into ${name} overriding system value select * from json_populate_record(null::${name}, $1)`,
      [JSON.stringify({ ...row, ...SPECIAL[short_name] })],
    );
  }
  await owner.query('set session_replication_role = default');
  const seeded: SeededTable[] = [];
  for (const described of rows) seeded.push(await seededOf(owner, described));
  return seeded;
}

async function seededOf(owner: ClientBase, { name, short_name, columns, key }: Described): Promise<SeededTable> {
  const { rows } = await owner.query<{ row: SeededTable['row'] }>(`select to_json(t) as row from ${name} t`);
  const [only, ...others] = rows;
  if (!only || others.length > 0) throw new Error(`${name} has not one row`);
  const keyColumn = key?.filter((column) => column !== 'commit_time').at(-1);
  const type = columns.find((column) => column.name === keyColumn)?.type;
  return {
    name,
    shortName: short_name,
    columns: columns.flatMap((column) => (column.is_identity ? [] : [column.name])),
    key: keyColumn === undefined || type === undefined ? undefined : { column: keyColumn, type },
    row: only.row,
  };
}
