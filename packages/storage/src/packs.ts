import { canonicalJson, digest } from '@overlay/evidence';
import type { Head, OfferedPack, PackVersion } from '@overlay/model';
import { Trouble } from '@overlay/runtime';
import type { ClientBase } from 'pg';
import type { Database } from './database.ts';
import { instant } from './queries/sql.ts';
import { writeAnswer } from './requests.ts';

type Queries = Pick<ClientBase, 'query'>;

/** A version of a pack was offered whose content is another one than what stands on record under its number. */
export class PackRewritten extends Error {
  override readonly name = 'PackRewritten';
}

const digestOf = ({ content }: OfferedPack): string => digest(null, Buffer.from(canonicalJson(content as never)));

/** The versions in force in a source, in the order in which they came into force. */
export async function readPackVersions(database: Queries, source: string): Promise<readonly PackVersion[]> {
  const { rows } = await database.query<{ name: string; version: number; from_sequence: string; content: unknown }>(
    `select name, version, from_sequence, content from audit.pack_activations join audit.pack_versions using (name, version)
      where source = $1 order by activation`,
    [source],
  );
  return rows.map(({ name, version, from_sequence, content }) => ({
    name,
    version,
    fromSequence: Number(from_sequence),
    content,
  }));
}

/** The same, outside of any transaction. */
export const readPacks = (database: Database, source: string): Promise<readonly PackVersion[]> =>
  database.transaction((client) => readPackVersions(client, source));

/** The version that came into force last in a source; undefined when nothing was read there yet. */
export async function readNewestPack(database: Database, source: string): Promise<PackVersion | undefined> {
  return (await readPacks(database, source)).at(-1);
}

export async function countPackVersions(database: Database, source: string): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    'select count(*)::integer as count from audit.pack_activations where source = $1',
    [source],
  );
  return row?.count ?? 0;
}

/** Puts a version on record. Throws {@link PackRewritten} when its number stands there with other content: a number means one content for ever. */
export async function storePackVersion(database: Queries, pack: OfferedPack, by: string): Promise<void> {
  const own = digestOf(pack);
  await database.query(
    `insert into audit.pack_versions (name, version, digest, content, offered_by) values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [pack.name, pack.version, own, JSON.stringify(pack.content), by],
  );
  const { rows } = await database.query<{ digest: string }>(
    'select digest from audit.pack_versions where name = $1 and version = $2',
    [pack.name, pack.version],
  );
  if (rows[0]?.digest !== own)
    throw new PackRewritten(
      `version ${pack.version} of pack ${pack.name} is on record with other content: raise the pack's version`,
    );
}

/** Puts a version in force under the head of the stage that decides by it; see `activatePack` in `model`. */
export async function activatePack(
  database: Database,
  { stage, source, revision, landed }: Head,
  pack: OfferedPack,
  requestId: string | null,
): Promise<void> {
  await database.transaction(async (client) => {
    const moved = await client.query(
      'update audit.heads set revision = revision + 1, updated_at = now() where stage = $1 and source = $2 and revision = $3',
      [stage, source, revision],
    );
    if (moved.rowCount !== 1) throw new Trouble('stage.fenced', `${stage} in ${source} is past revision ${revision}`);
    await storePackVersion(client, pack, stage);
    const { rows } = await client.query<{ count: number }>(
      'select count(*)::integer as count from audit.pack_activations where source = $1',
      [source],
    );
    const count = rows[0]?.count ?? 0;
    const fromSequence = count === 0 ? 1 : landed + 1;
    await client.query(
      `insert into audit.pack_activations (source, activation, from_sequence, name, version, request_id) values ($1, $2, $3, $4, $5, $6)`,
      [source, count + 1, fromSequence, pack.name, pack.version, requestId],
    );
    if (requestId !== null) await writeAnswer(client, requestId, { refusal: null, effectSequence: fromSequence });
  });
}

/** Asks the stage that decides by packs to put a version in force in a source. Gives the request's id; undefined when it was asked already, or is so. */
export async function requestPack(
  database: Database,
  stage: string,
  source: string,
  pack: OfferedPack,
  by: string,
): Promise<string | undefined> {
  return database.transaction(async (client) => {
    await storePackVersion(client, pack, by);
    const { rows } = await client.query<{ request_id: string }>(
      `insert into audit.requests (request_id, stage, source, kind, sequence, pack_name, pack_version, requested_by)
        select gen_random_uuid(), $1, $2, 'activate', 0, $3, $4, $5
        where not exists (select from audit.pack_activations where source = $2 and name = $3 and version = $4)
        on conflict do nothing returning request_id::text`,
      [stage, source, pack.name, pack.version, by],
    );
    return rows[0]?.request_id;
  });
}

/** A version of a pack in force in a source, as people are shown it. */
export interface StoredActivation {
  readonly source: string;
  readonly pack: string;
  readonly version: number;
  readonly fromSequence: number;
  readonly activatedAt: string;
  readonly offeredBy: string;
  readonly digest: string;
}

/** Every time that a pack came into force, by source, the newest first. */
export async function readActivations(database: Database): Promise<readonly StoredActivation[]> {
  const rows = await database.query<{
    source: string;
    name: string;
    version: number;
    from_sequence: string;
    activated_at: string;
    offered_by: string;
    digest: string;
  }>(
    `select a.source, name, version, a.from_sequence, ${instant('a.activated_at')} as activated_at, v.offered_by, v.digest
      from audit.pack_activations a join audit.pack_versions v using (name, version) order by a.source, a.activation desc`,
  );
  return rows.map((row) => ({
    source: row.source,
    pack: row.name,
    version: row.version,
    fromSequence: Number(row.from_sequence),
    activatedAt: row.activated_at,
    offeredBy: row.offered_by,
    digest: row.digest,
  }));
}
