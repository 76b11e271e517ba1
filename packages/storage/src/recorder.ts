import { digest } from '@overlay/evidence';
import type { Act, Caller } from '@overlay/model';
import { openRotatingFile, type Program, retry, VERSION } from '@overlay/runtime';
import type { z } from 'zod';
import type { Database, storageConfig } from './database.ts';
import { writeAct } from './self-audit.ts';

/** An act of the program that records it; `by` is who it says that it acts for. */
export interface OwnAct extends Omit<Act, 'by'> {
  readonly by?: string | undefined;
}

/** Puts an act on record; gives its sequence. Throws when it cannot, and then it must not be done, and nothing be answered. */
export type RecordAct = (act: OwnAct) => Promise<number>;

/** @param file where a copy of each act goes, a line of JSON. Throws Misconfigured when it cannot be written. */
export function makeRecorder(database: Database, caller: Caller, file?: string): RecordAct {
  const append = file === undefined ? undefined : openRotatingFile('SELF_AUDIT_FILE', file);
  return async ({ by = caller.name, ...act }) => {
    const written = await writeAct(database, { ...act, by: { ...caller, name: by } });
    append?.(JSON.stringify(written));
    return written.sequence;
  };
}

type Recording = Pick<
  Program<Pick<z.infer<z.ZodObject<typeof storageConfig>>, 'SELF_AUDIT_FILE'>>,
  'name' | 'config' | 'settings' | 'health' | 'signal'
>;

/** Puts on record that a service starts, with which settings; waits for the database. Gives what it records further acts with. */
export async function recordStart(database: Database, program: Recording): Promise<RecordAct> {
  const { name, config, settings } = program;
  const caller: Caller = { kind: 'program', name, program: name, version: VERSION };
  const record = makeRecorder(database, caller, config.SELF_AUDIT_FILE);
  const start: OwnAct = {
    action: 'start',
    object: 'program',
    outcome: 'ok',
    arguments: { settings: digest(settings) },
  };
  await retry('postgres', program, () => record(start));
  return record;
}
