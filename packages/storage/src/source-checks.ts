import type { Database } from './database.ts';

/** A check of a source's settings. */
export interface StoredSourceCheck {
  readonly source: string;
  readonly check: string;
  readonly isMet: boolean;
  readonly need: string;
  readonly found: string;
  readonly mend: string | null;
}

/** Replaces what was found about the settings of a source. */
export async function storeSourceChecks(
  database: Database,
  source: string,
  checks: readonly Omit<StoredSourceCheck, 'source'>[],
): Promise<void> {
  await database.query(
    `with given as (
        select * from json_to_recordset($2) as c("check" text, "isMet" boolean, need text, found text, mend text)),
      gone as (delete from audit.source_checks where source = $1 and check_name not in (select "check" from given))
      insert into audit.source_checks (source, check_name, is_met, need, found, mend) select $1, "check", "isMet", need, found, mend from given
        on conflict (source, check_name) do update set is_met = excluded.is_met, need = excluded.need, found = excluded.found,
          mend = excluded.mend, checked_at = now()`,
    [source, JSON.stringify(checks)],
  );
}

/** The checks of every source, those that are not met first. */
export const readSourceChecks = (database: Database): Promise<readonly StoredSourceCheck[]> =>
  database.query<StoredSourceCheck & Record<string, unknown>>(
    `select source, check_name as "check", is_met as "isMet", need, found, mend from audit.source_checks order by source, is_met, check_name`,
  );
