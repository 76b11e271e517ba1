import type { Database } from '../database.ts';
import type { SealedLetter } from '../dead-letters.ts';
import { STAGES } from './heads.ts';
import { instant } from './sql.ts';

const [FIRST_STAGE] = STAGES;

/** Which dead letters are asked for; what is left out does not matter. */
export interface DeadLetterFilter {
  readonly stage?: string | undefined;
  readonly source?: string | undefined;
  readonly sequence?: number | undefined;
  readonly code?: string | undefined;
  /** Found at or after this instant. */
  readonly since?: string | undefined;
  readonly state?: 'open' | 'repaired' | undefined;
}

/** Dead letters that belong together: the records of what was set aside under a sequence, or one by itself. */
export interface DeadLetterUnit {
  /** Id of the first of them. */
  readonly deadLetterId: string;
  readonly stage: string;
  readonly source: string;
  readonly sequence: number | null;
  readonly transactionId: string | null;
  /** Whether the whole transaction is set aside, or only this record was refused. */
  readonly isSetAside: boolean;
  readonly repairedBy: number | null;
  readonly count: number;
  /** Codes of what is wrong, each with the number of records; records that are kept beside those do not count. */
  readonly codes: Readonly<Record<string, number>>;
  readonly detail: string;
  readonly firstFoundAt: string;
  readonly lastFoundAt: string;
}

interface UnitRow {
  dead_letter_id: string;
  stage: string;
  source: string;
  sequence: string | null;
  transaction_id: string | null;
  is_set_aside: boolean;
  repaired_by: string | null;
  count: string;
  codes: readonly string[];
  detail: string;
  first_found_at: string;
  last_found_at: string;
  total: string;
}

/** The repair of what a dead letter `d` belongs to. */
const REPAIRED_BY = `(select min(r.sequence) from audit.transactions r
  where d.stage = '${FIRST_STAGE}' and r.source = d.source and r.repairs = d.sequence)`;

/** Units of dead letters, the newest first, and how many fit. */
export async function readDeadLetterUnits(
  database: Database,
  filter: DeadLetterFilter,
  limit: number,
): Promise<{ readonly total: number; readonly units: readonly DeadLetterUnit[] }> {
  const rows = await database.query<UnitRow>(
    `with letters as (
        select d.*, ${REPAIRED_BY} as repaired_by, coalesce(d.sequence::text, d.dead_letter_id::text) as unit from audit.dead_letters d
          where ($1::text is null or d.stage = $1) and ($2::text is null or d.source = $2) and ($3::bigint is null or d.sequence = $3)
            and ($5::timestamptz is null or d.found_at >= $5)),
      units as (
        select stage, source, sequence, unit, min(repaired_by) as repaired_by, count(*) as count,
            array_agg(code order by ordinal, record_offset) filter (where code <> 'raw.set_aside') as codes,
            (array_agg(detail order by code = 'raw.set_aside', ordinal, record_offset))[1] as detail,
            (array_agg(dead_letter_id order by ordinal, record_offset))[1] as dead_letter_id,
            min(found_at) as first_found, max(found_at) as last_found
          from letters group by stage, source, sequence, unit)
      select u.dead_letter_id, u.stage, u.source, u.sequence, t.transaction_id, coalesce(t.kind = 'set_aside', false) as is_set_aside,
          u.repaired_by, u.count, coalesce(u.codes, '{}') as codes, u.detail, ${instant('u.first_found')} as first_found_at,
          ${instant('u.last_found')} as last_found_at, count(*) over () as total
        from units u left join audit.transactions t on t.source = u.source and t.sequence = u.sequence
        where ($4::text is null or $4 = any(u.codes))
          and ($6::text is null or (u.repaired_by is null) = ($6 = 'open'))
        order by u.last_found desc, u.source, u.sequence desc, u.dead_letter_id limit $7`,
    [
      filter.stage ?? null,
      filter.source ?? null,
      filter.sequence ?? null,
      filter.code ?? null,
      filter.since ?? null,
      filter.state ?? null,
      limit,
    ],
  );
  return { total: Number(rows[0]?.total ?? 0), units: rows.map(unitOf) };
}

const unitOf = (row: UnitRow): DeadLetterUnit => ({
  deadLetterId: row.dead_letter_id,
  stage: row.stage,
  source: row.source,
  sequence: row.sequence === null ? null : Number(row.sequence),
  transactionId: row.transaction_id,
  isSetAside: row.is_set_aside && row.stage === FIRST_STAGE,
  repairedBy: row.repaired_by === null ? null : Number(row.repaired_by),
  count: Number(row.count),
  codes: Object.fromEntries(
    Map.groupBy(row.codes, (code) => code)
      .entries()
      .map(([code, all]) => [code, all.length]),
  ),
  detail: row.detail,
  firstFoundAt: row.first_found_at,
  lastFoundAt: row.last_found_at,
});

/** A dead letter with its bytes as they are stored: sealed. */
export interface StoredDeadLetter extends SealedLetter {
  readonly stage: string;
  readonly source: string;
  readonly sequence: string | null;
  readonly ordinal: number | null;
  readonly code: string;
  readonly detail: string;
  readonly topic: string;
  readonly partition: number;
  readonly record_offset: string;
  readonly record_digest: string;
  readonly found_at: string;
}

const LETTER_COLUMNS = `dead_letter_id::text as dead_letter_id, stage, source, sequence, ordinal, code, detail, topic, partition,
  record_offset, record_digest, key_id, record_key, record_value, ${instant('d.found_at')} as found_at`;

/** Dead letters whose id lies between two ids, both included. */
export const findDeadLetters = (database: Database, low: string, high: string): Promise<readonly StoredDeadLetter[]> =>
  database.query<StoredDeadLetter>(
    `select ${LETTER_COLUMNS} from audit.dead_letters d where dead_letter_id between $1::uuid and $2::uuid order by 1 limit 10`,
    [low, high],
  );

/** The dead letters of a sequence, in their order. */
export const readDeadLettersOf = (
  database: Database,
  source: string,
  sequence: number,
  limit: number,
): Promise<readonly StoredDeadLetter[]> =>
  database.query<StoredDeadLetter>(
    `select ${LETTER_COLUMNS} from audit.dead_letters d where source = $1 and sequence = $2
      order by array_position($4::text[], stage), ordinal, record_offset limit $3`,
    [source, sequence, limit, STAGES],
  );

/** Names of the sources that have dead letters under a sequence. */
export async function sourcesWithDeadLetters(database: Database, sequence: number): Promise<readonly string[]> {
  const rows = await database.query<{ source: string }>(
    'select distinct source from audit.dead_letters where sequence = $1 order by source',
    [sequence],
  );
  return rows.map(({ source }) => source);
}
