import type { Database } from '../database.ts';
import { type CheckedRange, checkRange, type LeafRange } from './check-range.ts';

/** A checkpoint as the notary stored it: a signed note. */
export interface StoredCheckpoint {
  readonly checkpointId: number;
  readonly size: number;
  readonly note: string;
  readonly madeAt: Date;
}

interface CheckpointRow {
  checkpoint_id: string;
  size: string;
  note: string;
  made_at: Date;
}

/** Every checkpoint of a source, in the order in which they were stored. */
export async function readCheckpoints(database: Database, source: string): Promise<readonly StoredCheckpoint[]> {
  const rows = await database.query<CheckpointRow>(
    'select checkpoint_id, size, note, made_at from audit.checkpoints where source = $1 order by checkpoint_id',
    [source],
  );
  return rows.map(({ checkpoint_id, size, note, made_at }) => ({
    checkpointId: Number(checkpoint_id),
    size: Number(size),
    note,
    madeAt: made_at,
  }));
}

export async function storeCheckpoint(database: Database, source: string, size: number, note: string): Promise<void> {
  await database.query('insert into audit.checkpoints (source, size, note) values ($1, $2, $3)', [source, size, note]);
}

/** {@link checkRange} on a connection of its own. */
export const recheck = (database: Database, range: LeafRange): Promise<CheckedRange> =>
  database.transaction((client) => checkRange(client, range));
