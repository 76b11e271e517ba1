import { packHashes, TILE_WIDTH } from '@overlay/evidence';
import { type Database, type Finding, joinFindings, type LogHead, recheck } from '@overlay/storage';
import { type Remembered, rangeOf } from './memory.ts';

/** What the rows of a log give: the tree to be signed, or what is wrong. */
export type Examined =
  | { readonly kind: 'whole'; readonly grown: Remembered }
  | { readonly kind: 'broken'; readonly findings: readonly Finding[] };

/** Leaves that are read at a time. */
const STEP_LEAVES = 16 * TILE_WIDTH;

/** Recomputes everything that came since the last checkpoint from the stored rows, and compares it with leaves, tiles and head. */
export async function examine(database: Database, before: Remembered, head: LogHead): Promise<Examined> {
  const { source } = before;
  const wrong = (first: number | null, last: number | null, what: string): Examined => ({
    kind: 'broken',
    findings: [{ source, first, last, what }],
  });
  if (head.first !== before.first)
    return wrong(null, null, `the log began with sequence ${before.first}, and now with ${head.first}`);
  const end = before.first + head.size;
  if (head.size < before.size)
    return wrong(end, before.first + before.size - 1, 'missing: the log was cut, or an old copy of it stands here');
  if (head.beyond !== null)
    return wrong(head.beyond, head.beyond, 'rows stand behind the end of the log, from here on');
  let grown = before;
  while (grown.size < head.size) {
    const to = Math.min(grown.size + STEP_LEAVES, head.size);
    const { tiles, open, findings } = await recheck(database, { ...grown, from: grown.size, to });
    if (findings.length > 0) return { kind: 'broken', findings: joinFindings(findings) };
    grown = { ...grown, size: to, tiles: [...grown.tiles, ...tiles], open };
  }
  if (!packHashes(rangeOf(grown).nodes).equals(packHashes(head.frontier)))
    return wrong(
      null,
      null,
      `the head says another tree of ${head.size} leaves than the rows give and the notary remembers`,
    );
  return { kind: 'whole', grown };
}

/**
 * Reads older tiles again, and behind the last one what is not a tile yet: what they give must be what is remembered. `from` and `count` are in
 * tiles.
 */
export async function sweep(
  database: Database,
  remembered: Remembered,
  from: number,
  count: number,
): Promise<readonly Finding[]> {
  const { source, first, size } = remembered;
  const to = Math.min((from + count) * TILE_WIDTH, size);
  if (from * TILE_WIDTH >= to) return [];
  const { tiles, open, findings } = await recheck(database, { source, first, from: from * TILE_WIDTH, to });
  if (findings.length > 0) return joinFindings(findings);
  const given = to === size ? [...tiles, ...open] : tiles;
  const known = [...remembered.tiles, ...remembered.open].slice(from, from + given.length);
  const other = given.findIndex((hash, index) => hash !== known[index]);
  if (other < 0) return [];
  const begin = Math.min(from + other, remembered.tiles.length) * TILE_WIDTH;
  const end = Math.min(begin + TILE_WIDTH, size);
  return [{ source, first: first + begin, last: first + end - 1, what: 'not what the notary signed' }];
}
