import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What the programs measure, each what it does. */
export interface Metrics extends StageMetrics, NotaryMetrics, SourceMetrics {
  readonly registry: Registry;
}

/** What every arrow of every service measures. */
interface StageMetrics {
  /** Records by outcome; `code` is the reason of a skip, the code of a fault or gap, or empty. */
  readonly records: Counter<'stage' | 'source' | 'verdict' | 'code'>;
  /** Items (change events, business events, …) landed. */
  readonly items: Counter<'stage' | 'source'>;
  /** Rows landed that no business event rests on. */
  readonly unexplainedRows: Counter<'stage' | 'source' | 'table'>;
  /** Transactions landed, by the grade of their actor. */
  readonly transactionActors: Counter<'stage' | 'source' | 'grade'>;
  /** Columns found that look sensitive and have no policy. */
  readonly sensitiveColumns: Counter<'stage' | 'source' | 'table'>;
  /** Seconds that a step (decide, land, publish, note, commit) took for one batch. */
  readonly seconds: Histogram<'stage' | 'step'>;
  /** Bytes of the SQL statements that rode with records and were dropped, a value for each record. */
  readonly statementBytes: Histogram<'stage' | 'source'>;
  readonly lagRecords: Gauge<'stage' | 'source'>;
  /** Age of the oldest record not yet accounted for, 0 when there is none. */
  readonly lagSeconds: Gauge<'stage' | 'source'>;
  readonly landedSequence: Gauge<'stage' | 'source'>;
  /** Seconds since the last record came of what is not whole, 0 when nothing waits. */
  readonly waitingSeconds: Gauge<'stage' | 'source'>;
  /** 1 while a source is held because of a gap. */
  readonly held: Gauge<'stage' | 'source'>;
  /** Times that a landing was refused because another copy of the stage had moved the head. */
  readonly fenced: Counter<'stage' | 'source'>;
  readonly dependencyUp: Gauge<'dependency'>;
}

interface NotaryMetrics {
  /** Leaves of the newest checkpoint that the notary signed. */
  readonly checkpointSize: Gauge<'source'>;
  /** Seconds since an anchor took a checkpoint. */
  readonly anchorAge: Gauge<'source' | 'anchor'>;
  /** 1 while the notary refuses to sign what a source's log says. */
  readonly evidenceBroken: Gauge<'source'>;
}

interface SourceMetrics {
  /** Transactions that a source executed or that landed, by what is known of them. */
  readonly coverage: Gauge<'source' | 'state'>;
  /** When a source was asked last, in seconds since 1970. */
  readonly coverageChecked: Gauge<'source'>;
  /** Tables by what the last comparison with the source said of them. */
  readonly reconciledTables: Gauge<'source' | 'verdict'>;
  /** Rows that the last comparison found different. */
  readonly reconcileDifferences: Gauge<'source'>;
  /** When a source was compared last, in seconds since 1970. */
  readonly reconciled: Gauge<'source'>;
  /** Rows that the newest kept states of its tables point to. */
  readonly rowStateRows: Gauge<'source'>;
  /** How long keeping states took last. */
  readonly rowStateSeconds: Gauge<'source'>;
  /** 1 while a setting of a source is as it is wanted. */
  readonly sourceCheck: Gauge<'source' | 'check'>;
}

export function makeMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return { registry, ...makeStageMetrics(registers), ...makeNotaryMetrics(registers), ...makeSourceMetrics(registers) };
}

function makeStageMetrics(registers: Registry[]): StageMetrics {
  const labelNames = ['stage', 'source'] as const;
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers });
  const counter = <More extends string = never>(name: string, help: string, ...more: More[]) =>
    new Counter<'stage' | 'source' | More>({ name, help, labelNames: [...labelNames, ...more], registers });
  return {
    records: counter('audit_records_total', 'Records by verdict', 'verdict', 'code'),
    items: counter('audit_items_total', 'Items landed'),
    unexplainedRows: counter('audit_unexplained_rows_total', 'Rows that no business event rests on', 'table'),
    transactionActors: counter('audit_transaction_actors_total', 'Transactions by the grade of their actor', 'grade'),
    sensitiveColumns: counter(
      'audit_sensitive_columns_total',
      'Columns found that look sensitive and have no policy',
      'table',
    ),
    seconds: new Histogram({
      name: 'audit_stage_seconds',
      help: 'Seconds a step of a stage took for one batch',
      labelNames: ['stage', 'step'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    statementBytes: new Histogram({
      name: 'audit_statement_bytes',
      help: 'Bytes of the SQL statement that rode on a row and was dropped',
      labelNames,
      buckets: [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216],
      registers,
    }),
    lagRecords: gauge('audit_lag_records', 'Records of the input topic not yet accounted for'),
    lagSeconds: gauge('audit_lag_seconds', 'Age of the oldest record not yet accounted for, in seconds'),
    landedSequence: gauge('audit_landed_sequence', 'The last sequence that landed'),
    waitingSeconds: gauge(
      'audit_waiting_seconds',
      'Seconds since the last record came of a transaction that is not whole, 0 when none waits',
    ),
    held: gauge('audit_source_held', '1 while a source is held because of a gap'),
    fenced: counter('audit_fenced_total', 'Landings refused because another copy had moved the head'),
    dependencyUp: new Gauge({
      name: 'audit_dependency_up',
      help: '1 while a dependency answers',
      labelNames: ['dependency'],
      registers,
    }),
  };
}

function makeNotaryMetrics(registers: Registry[]): NotaryMetrics {
  return {
    checkpointSize: new Gauge({
      name: 'audit_checkpoint_size',
      help: 'Leaves of the newest checkpoint that was signed',
      labelNames: ['source'],
      registers,
    }),
    anchorAge: new Gauge({
      name: 'audit_anchor_age_seconds',
      help: 'Seconds since an anchor took a checkpoint',
      labelNames: ['source', 'anchor'],
      registers,
    }),
    evidenceBroken: new Gauge({
      name: 'audit_evidence_broken',
      help: '1 while the notary refuses to sign because the record was changed',
      labelNames: ['source'],
      registers,
    }),
  };
}

function makeSourceMetrics(registers: Registry[]): SourceMetrics {
  return {
    coverage: new Gauge({
      name: 'audit_coverage_transactions',
      help: 'Transactions of the source by what is known of them: landed, gap, unexplained, …',
      labelNames: ['source', 'state'],
      registers,
    }),
    coverageChecked: new Gauge({
      name: 'audit_coverage_checked_timestamp_seconds',
      help: 'When the source was asked last what it executed, in seconds since 1970',
      labelNames: ['source'],
      registers,
    }),
    reconciledTables: new Gauge({
      name: 'audit_reconcile_tables',
      help: 'Tables by what the last comparison with the source said of them: equal, differs, not_compared',
      labelNames: ['source', 'verdict'],
      registers,
    }),
    reconcileDifferences: new Gauge({
      name: 'audit_reconcile_differences',
      help: 'Rows that the last comparison with the source found different',
      labelNames: ['source'],
      registers,
    }),
    reconciled: new Gauge({
      name: 'audit_reconcile_timestamp_seconds',
      help: 'When the source was compared with the log last, in seconds since 1970',
      labelNames: ['source'],
      registers,
    }),
    rowStateRows: new Gauge({
      name: 'audit_row_state_rows',
      help: 'Rows that the newest kept states of the tables of the source point to',
      labelNames: ['source'],
      registers,
    }),
    rowStateSeconds: new Gauge({
      name: 'audit_row_state_seconds',
      help: 'How long keeping states of the tables of the source took last, in seconds',
      labelNames: ['source'],
      registers,
    }),
    sourceCheck: new Gauge({
      name: 'audit_source_check_met',
      help: '1 while a check of the settings of the source is met, else 0',
      labelNames: ['source', 'check'],
      registers,
    }),
  };
}
