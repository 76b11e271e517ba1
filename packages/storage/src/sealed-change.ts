import type { SealedValues } from '@overlay/sealing';
import type { Database } from './database.ts';

/** A change with what is sealed of it. */
export interface SealedChange {
  readonly eventId: string;
  readonly source: string;
  readonly sequence: number;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly sealedValues: readonly SealedValues[];
}

/** A change by its id; a repaired one once. */
export async function readSealedChange(database: Database, eventId: string): Promise<SealedChange | undefined> {
  const [row] = await database.query<{
    event_id: string;
    source: string;
    sequence: string;
    body: Pick<SealedChange, 'before' | 'after'>;
    sealed_values: readonly SealedValues[] | null;
  }>('select event_id, source, sequence, body, sealed_values from audit.change_events where event_id = $1 limit 1', [
    eventId,
  ]);
  return (
    row && {
      eventId: row.event_id,
      source: row.source,
      sequence: Number(row.sequence),
      before: row.body.before,
      after: row.body.after,
      sealedValues: row.sealed_values ?? [],
    }
  );
}

/** A change in whose body a token stands, with what is sealed beside it. */
export interface SealedAt {
  readonly token: string;
  readonly eventId: string;
  readonly sealedValues: readonly SealedValues[];
}

/** For each token of sealed values the newest change that holds it; none for a token that is in no change. Reads every change of which something is sealed. */
export async function findSealed(database: Database, tokens: readonly string[]): Promise<readonly SealedAt[]> {
  const rows = await database.query<{ token: string; event_id: string; sealed_values: readonly SealedValues[] }>(
    `select distinct on (found[1]) found[1] as token, event_id, sealed_values
      from audit.change_events e cross join lateral regexp_matches(e.body::text, 'sealed:[A-Za-z0-9_-]{22}', 'g') found
      where sealed_values is not null and found[1] = any($1) order by found[1], commit_time desc, sequence desc`,
    [tokens],
  );
  return rows.map((row) => ({ token: row.token, eventId: row.event_id, sealedValues: row.sealed_values }));
}

/** The names of the packs that a source was ever read by. */
export async function readPackNames(database: Database, source: string): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    'select distinct name from audit.pack_activations where source = $1 order by 1',
    [source],
  );
  return rows.map(({ name }) => name);
}
