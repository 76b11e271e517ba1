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

/** The names of the packs that a source was ever read by. */
export async function readPackNames(database: Database, source: string): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    'select distinct name from audit.pack_activations where source = $1 order by 1',
    [source],
  );
  return rows.map(({ name }) => name);
}
