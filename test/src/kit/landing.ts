import type { World } from './world.ts';

/** Whether a landing of a stage is open in Postgres at this moment. */
export async function isLanding({ record }: World, stage: string): Promise<boolean> {
  const open = await record.query(
    `select from pg_stat_activity where datname = current_database() and application_name like 'audit landing ' || $1 || ' %'
      and xact_start is not null`,
    [stage],
  );
  return open.length > 0;
}
