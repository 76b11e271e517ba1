import { makeKeyScratch, makeScratch, type Scratch } from '../scratch.ts';
import type { Aim } from './intrusions.ts';

/** A database, and what each of its roles may do there. */
export interface Place {
  readonly make: () => Promise<Scratch>;
  readonly schemas: readonly string[];
  readonly aim: Pick<Aim, 'schema' | 'table' | 'column' | 'routine' | 'trigger'>;
  /** By role, patterns of the names of intrusions that are its work. Who is not named here cannot even connect. */
  readonly rights: Readonly<Record<string, readonly string[]>>;
  /** What is forbidden here beside what is forbidden in every database. */
  readonly also: readonly string[];
}

/** Partitions have digits in their names: they are reached through their table alone. */
const ANY = '[a-z_]+';
const LANDED = 'transactions|transaction_actors|change_events|business_events|anomalies|narratives';
const WEEK = "select audit.ensure_week('transactions', '2031-01-01')";
/** Puts an act on record: nobody adds to the self-audit but in this way. */
const act = (action: string, object: string, outcome: string): string =>
  `select audit.record_act('{"action":"${action}","object":"${object}","by":{},"arguments":{},"outcome":"${outcome}"}')`;
const ASKED = act('read', 'summary', 'ok');
const OPENING = act('open', 'sealed_value', 'asked');
const ERASING = act('erase', 'subject', 'asked');
const READER = [
  ASKED,
  `read (?!data_keys)${ANY}`,
  'insert (pack_versions|corrected_records|reconciliations)',
  `update reconciliations.${ANY}`,
  'lock reconciliations',
  // Events of a stretch made once more, and the days counted anew by them.
  'insert (rebuilds|rebuilt_business_events|rebuilt_unexplained_changes|rebuilt_transaction_actors|daily_rollups)',
  `update daily_rollups.${ANY}`,
  '(delete|lock) daily_rollups',
];

export const record: Place = {
  async make() {
    const scratch = await makeScratch();
    for (const table of LANDED.split('|'))
      await scratch.database.query('select audit.ensure_week($1, $2)', [table, '2026-11-02']);
    return scratch;
  },
  schemas: ['audit', 'audit_keys'],
  aim: {
    schema: 'audit',
    table: 'audit.heads',
    column: 'landed',
    routine: 'audit.ensure_week(text, date)',
    trigger: 'forward_only',
  },
  rights: {
    audit_writer: [
      `read (?!sealed_acts|self_audit|data_keys|coverage|source_checks|row_state)${ANY}`,
      `insert (${LANDED}|cases|dead_letters|schema_versions|unexplained_changes|sensitive_columns|evidence_tiles)`,
      'insert (heads|stage_memory|waiting|skipped_sequences|pack_versions|pack_activations|daily_rollups)',
      'update heads.(revision|landed|published|position|gtids|updated_at|evidence_size|evidence_frontier)',
      'update daily_rollups.(group_label|value)',
      `update (stage_memory|waiting).${ANY}`,
      '(delete|lock) (stage_memory|waiting)',
      WEEK,
      ASKED,
    ],
    audit_reader: READER,
    audit_opener: [...READER, OPENING],
    audit_officer: [...READER, OPENING, ERASING],
    audit_reconciler: [
      'read (heads|transactions|change_events|schema_versions|pack_versions|pack_activations|gaps)',
      'read (coverage_checks|coverage_findings|source_checks|reconciliations|row_states|row_state_pointers)',
      ASKED,
      'insert (coverage_checks|source_checks|reconciliations)',
      `update (coverage_checks|source_checks|reconciliations).${ANY}`,
      '(delete|lock) source_checks',
      'lock (coverage_checks|reconciliations)',
    ],
    audit_notary: [
      'read (heads|transactions|change_events|evidence_tiles|checkpoints|self_audit|self_audit_head)',
      ASKED,
    ],
    audit_analyst: [],
  },
  also: [
    WEEK,
    ASKED,
    OPENING,
    ERASING,
    'update audit.heads set landed = landed - 1',
    'update audit.heads set published = published - 1',
    'update audit.heads set revision = revision - 1',
    'update audit.heads set evidence_size = null, evidence_frontier = null',
    "update audit.gaps set decision = 'retry'",
    "update audit.requests set outcome = 'refused', refusal = 'x'",
    `insert into audit.gaps (gap_id, stage, source, code, subject, detail, after_sequence, topic, partition, decision, decided_by)
      values (gen_random_uuid(), 'x', 'x', 'x', 'x', 'x', 0, 'x', 0, 'accept', 'x')`,
    `insert into audit.requests (stage, source, kind, sequence, requested_by, outcome) values ('x', 'x', 'repair', 7, 'x', 'done')`,
    `insert into audit.requests (stage, source, kind, sequence, requested_by, requested_at) values ('x', 'x', 'repair', 7, 'x', '2020-01-01')`,
    "insert into audit.sealed_acts (act, done_by, reason, database_user) values ('open', 'x', 'x', 'somebody')",
    "insert into audit.sealed_acts (act, done_by, reason, at) values ('open', 'x', 'x', '2020-01-01')",
    "insert into audit.checkpoints (source, size, note, made_at) values ('x', 1, 'x', '2020-01-01')",
    "select setval('audit.checkpoints_checkpoint_id_seq', 7)",
    'alter table audit.change_events detach partition audit."change_events_2026w45"',
    'drop table audit."change_events_2026w45"',
    `create table audit.intruder (like audit.transactions);
      alter table audit.transactions attach partition audit.intruder for values from ('2020-01-01') to ('2020-01-08')`,
    "create or replace function audit.ensure_week(record_table text, week date) returns void language sql as 'select'",
    'create or replace function audit.refuse() returns trigger language plpgsql as $$ begin return new; end $$',
    'create or replace view analyst.bulk_changes as select * from analyst.bulk_changes where false',
    'drop view analyst.anomalies',
    'create table analyst.intruder (x int)',
    'delete from analyst.schema_versions',
    'delete from public.kysely_migration',
  ],
};

export const keys: Place = {
  make: makeKeyScratch,
  schemas: ['audit_keys'],
  aim: {
    schema: 'audit_keys',
    table: 'audit_keys.subject_keys',
    column: 'domain',
    routine: 'audit_keys.refuse_held()',
    trigger: 'refuse_held',
  },
  rights: {
    audit_sealer: ['(read|insert) (domain_keys|subject_keys|day_keys)', '(delete|lock) day_keys'],
    audit_writer: ['(read|insert|delete|lock) day_keys'],
    audit_reader: ['(read|insert) day_keys'],
    audit_opener: ['read (domain_keys|subject_keys)', '(read|insert) day_keys'],
    audit_officer: [
      'read (domain_keys|subject_keys|holds)',
      '(read|insert) day_keys',
      'update domain_keys.(master|wrapped)',
      'update subject_keys.(master|wrapped|destroyed_at)',
      'insert holds',
      'update holds.(released_by|released_at)',
    ],
  },
  also: [
    "create or replace function audit_keys.refuse_held() returns trigger language plpgsql as 'begin return new; end'",
    "update audit_keys.subject_keys set subject_id = 'intruder'",
    "update audit_keys.holds set reason = 'none'",
    'delete from public.kysely_migration',
  ],
};
