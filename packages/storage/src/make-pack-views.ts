import { Pack } from '@overlay/packs';
import type { ClientBase } from 'pg';
import type { Database } from './database.ts';
import { type PackView, packViewsOf, quote } from './pack-views.ts';
import { fillRollups, type NamedRollup } from './rollups.ts';

/** A pack asks for a view whose name is taken. */
export class ViewTaken extends Error {
  override readonly name = 'ViewTaken';
}

/** The newest version of every pack that is or was in force in a source. */
export async function readNewestPacks(database: Database): Promise<readonly Pack[]> {
  const rows = await database.query<{ content: unknown }>(
    `select distinct on (name) content from audit.pack_versions join audit.pack_activations using (name, version)
      order by name, version desc`,
  );
  return rows.map(({ content }) => Pack.parse(content));
}

interface Stored {
  readonly view_name: string;
  readonly pack: string;
  readonly definition: string;
  readonly rollup: unknown;
}

/**
 * Brings the views of a pack in schema `analyst`, and what they add up, to what the pack says now, all or nothing. Views that the pack no longer gives
 * are dropped; other packs' views stay. Returns the names of views that were made, replaced or dropped; none when all is as it should be. A new roll-up
 * counts what landed before it, while no event can land. Throws {@link ViewTaken}; and what Postgres says when something of others rests on a view
 * whose columns change.
 */
export async function makePackViews(database: Database, pack: Pack): Promise<readonly string[]> {
  return database.transaction(async (client) => {
    await client.query('lock table audit.pack_views in share row exclusive mode');
    const { rows: stored } = await client.query<Stored>(
      'select view_name, pack, definition, rollup from audit.pack_views where to_regclass(format($1, view_name)) is not null',
      ['analyst.%I'],
    );
    const views = packViewsOf(pack);
    const left = stored.filter(
      (known) => known.pack === pack.name && !views.some(({ name }) => name === known.view_name),
    );
    for (const { view_name } of left) await dropView(client, view_name);
    const changed = left.map(({ view_name }) => view_name);
    const toFill: NamedRollup[] = [];
    for (const view of views) {
      const known = stored.find(({ view_name }) => view_name === view.name);
      await checkName(client, view.name, pack.name, known);
      if (known?.definition === definitionOf(view)) continue;
      await makeView(client, view, pack);
      if (view.rollup !== null && JSON.stringify(known?.rollup) !== JSON.stringify(view.rollup))
        toFill.push({ name: view.name, rollup: view.rollup });
      changed.push(view.name);
    }
    await fillRollups(client, toFill);
    await client.query('update audit.pack_views set version = $2 where pack = $1', [pack.name, pack.version]);
    return changed;
  });
}

async function checkName(client: ClientBase, name: string, pack: string, known: Stored | undefined): Promise<void> {
  if (known?.pack === pack) return;
  const { rows } = await client.query<{ isTaken: boolean }>(
    `select to_regclass(format($1, $2::text)) is not null as "isTaken"`,
    ['analyst.%I', name],
  );
  if (rows[0]?.isTaken === true)
    throw new ViewTaken(
      `the pack ${pack} asks for the view analyst.${name}, which ${known ? `the pack ${known.pack} has made` : 'is there already'}: give its event type another name`,
    );
}

async function dropView(client: ClientBase, name: string): Promise<void> {
  await client.query(`drop view analyst."${name}"`);
  await client.query('delete from audit.daily_rollups where view_name = $1', [name]);
  await client.query('delete from audit.pack_views where view_name = $1', [name]);
}

async function makeView(client: ClientBase, view: PackView, { name, version }: Pack): Promise<void> {
  if (!(await canReplace(client, view))) await client.query(`drop view if exists analyst."${view.name}"`);
  await client.query(definitionOf(view));
  await client.query(`grant select on analyst."${view.name}" to audit_analyst, audit_reader`);
  await client.query(
    `insert into audit.pack_views (view_name, pack, version, definition, rollup) values ($1, $2, $3, $4, $5)
      on conflict (view_name) do update set pack = $2, version = $3, definition = $4, rollup = $5`,
    [view.name, name, version, definitionOf(view), view.rollup && JSON.stringify(view.rollup)],
  );
}

/** Postgres replaces a view in place, under whatever rests on it, when its columns stay as they are and new ones come last. */
async function canReplace(client: ClientBase, { name, columns }: PackView): Promise<boolean> {
  const { rows } = await client.query<{ name: string; type: string }>(
    `select attname::text as name, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = to_regclass(format($1, $2::text)) and attnum > 0 order by attnum`,
    ['analyst.%I', name],
  );
  return rows.every((known, index) => known.name === columns[index]?.name && known.type === columns[index]?.type);
}

/** The statements that make a view and describe it. */
function definitionOf({ name, comment, columns, from }: PackView): string {
  const list = columns.map((column) => `${column.expression} as "${column.name}"`);
  return [
    `create or replace view analyst."${name}" as select ${list.join(', ')} from ${from}`,
    `comment on view analyst."${name}" is ${quote(comment)}`,
    ...columns.map((column) => `comment on column analyst."${name}"."${column.name}" is ${quote(column.comment)}`),
  ].join(';\n');
}
