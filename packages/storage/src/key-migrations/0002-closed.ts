import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { closeDatabase } from '../close-database.ts';

/**
 * The keys are closed to everybody but their roles. Holds and erasures of a subject wait for each other by its row, which only an officer can lock:
 * nobody else keeps an erasure from happening.
 */
export const closed: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  ...closeDatabase('audit_keys', ['audit_sealer', 'audit_opener', 'audit_officer']),
  // Whoever updates the row has it locked: what is read here, no hold that comes later has passed.
  `create or replace function audit_keys.refuse_held() returns trigger language plpgsql as $$ begin
    if old.wrapped is null and new.wrapped is not null then
      raise exception 'a destroyed key stays destroyed' using errcode = 'check_violation';
    end if;
    if new.wrapped is null and old.wrapped is not null
        and exists (select from audit_keys.holds where subject_id = new.subject_id and released_at is null) then
      raise exception 'the subject is held' using errcode = 'AH001';
    end if;
    return new;
  end $$`,
  `create or replace function audit_keys.wait_for_erasure() returns trigger language plpgsql as $$ begin
    perform from audit_keys.subject_keys where subject_id = new.subject_id for update;
    return new;
  end $$`,
] as const;
