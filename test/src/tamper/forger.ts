import { createPrivateKey } from 'node:crypto';
import {
  actEntry,
  checkpointText,
  type Hash,
  leafHash,
  makeSigner,
  packHashes,
  type Tile,
  TiledLog,
  writeNote,
} from '@overlay/evidence';
import { type Database, readActs, readLogged } from '@overlay/storage';
import { SOURCE } from './sample-record.ts';

/** Makes everything that stands in the database fit its rows: leaves, tiles and head, as somebody would who has our code and all rights. */
export async function recomputeAll(database: Database): Promise<TiledLog> {
  const [last] = await database.query<{ landed: string }>(
    "select max(sequence) as landed from audit.transactions where source = 'shop'",
  );
  const logged = await readLogged(database, SOURCE, 1, Number(last?.landed));
  const leaves: Hash[] = logged.map(({ entry }) => leafHash(entry));
  const { log, tiles } = new TiledLog().append(leaves);
  await database.query(
    `update audit.transactions t set leaf = made.leaf, item_count = made.items
      from unnest($1::bigint[], $2::bytea[], $3::int[]) as made (sequence, leaf, items) where t.sequence = made.sequence`,
    [
      logged.map(({ sequence }) => sequence),
      leaves.map((leaf) => packHashes([leaf])),
      logged.map(({ events }) => events.length),
    ],
  );
  await database.query('delete from audit.evidence_tiles');
  for (const { level, index, hashes } of tiles satisfies readonly Tile[])
    await database.query('insert into audit.evidence_tiles (source, level, tile, hashes) values ($1, $2, $3, $4)', [
      SOURCE,
      level,
      index,
      packHashes(hashes),
    ]);
  await database.query('alter table audit.heads disable trigger forward_only');
  await database.query('update audit.heads set landed = $1, evidence_size = $2, evidence_frontier = $3', [
    Number(last?.landed),
    leaves.length,
    packHashes(log.range.nodes),
  ]);
  await database.query('alter table audit.heads enable trigger forward_only');
  return log;
}

/** The same for the self-audit. */
export async function recomputeActs(database: Database): Promise<void> {
  const { acts } = await readActs(database, {}, ACTS_MAX);
  const bodies = await database.query<{ body: string }>(
    'select body::text as body from audit.self_audit order by sequence',
  );
  const leaves = acts.map((act, index) => leafHash(actEntry({ ...act, body: bodies[index]?.body ?? '' })));
  await database.query(
    'update audit.self_audit a set leaf = made.leaf from unnest($1::bigint[], $2::bytea[]) as made (sequence, leaf) where a.sequence = made.sequence',
    [acts.map(({ sequence }) => sequence), leaves.map((leaf) => packHashes([leaf]))],
  );
  const { log } = new TiledLog().append(leaves);
  await database.query('update audit.self_audit_head set size = $1, frontier = $2', [
    leaves.length,
    packHashes(log.range.nodes),
  ]);
}

/** Fewer than fill a tile. */
const ACTS_MAX = 255;

/** A checkpoint of a log by whoever has this key. */
export function signAs(privateKey: string, origin: string, log: TiledLog): string {
  const signer = makeSigner(origin, createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString());
  const text = checkpointText({ origin, size: log.range.size, root: log.range.root() });
  return writeNote({ text, signatures: [signer.sign(text)] });
}

export const storeNote = async (database: Database, size: number, note: string): Promise<void> => {
  await database.query('insert into audit.checkpoints (source, size, note) values ($1, $2, $3)', [SOURCE, size, note]);
};
