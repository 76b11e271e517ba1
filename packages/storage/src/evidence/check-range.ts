import { CompactRange, type Hash, TILE_WIDTH } from '@overlay/evidence';
import { must } from '@overlay/model';
import type { ClientBase } from 'pg';
import type { Finding } from './finding.ts';
import { storedHashes } from './log-heads.ts';
import { rowsOf } from './log-rows.ts';

/** Leaves of one source's log; `first` is the sequence of leaf 0. */
export interface LeafRange {
  readonly source: string;
  readonly first: number;
  readonly from: number;
  /** The leaves before `from` of the tile that it stands in; none where a tile begins. */
  readonly open?: readonly Hash[];
  /** Before this one. */
  readonly to: number;
}

/** What the rows of a range give, and where they differ from what is stored beside them. */
export interface CheckedRange {
  /** Roots of its full tiles. */
  readonly tiles: readonly Hash[];
  /** For each size that was asked for, and the end: the nodes of the tree within the tile that it ends in, the largest first. */
  readonly within: ReadonlyMap<number, readonly Hash[]>;
  /** The leaves of the tile that is not full at the end. */
  readonly open: readonly Hash[];
  readonly events: number;
  readonly findings: readonly Finding[];
}

/** Of a sequence that is gone: there is no such leaf. */
const NO_LEAF: Hash = '\0'.repeat(32);

/** Recomputes the leaves of a range from the stored rows, and compares them with the stored tiles. */
export async function checkRange(
  client: ClientBase,
  { source, first, from, to, open = [] }: LeafRange,
  sizes: readonly number[] = [],
): Promise<CheckedRange> {
  must(open.length === from % TILE_WIDTH, 'the leaves before a range fill its tile up to there');
  const stored = await readTiles(client, source, Math.floor(from / TILE_WIDTH), Math.floor(to / TILE_WIDTH));
  const wanted = new Set([...sizes, to]);
  const findings: Finding[] = [];
  const tiles: Hash[] = [];
  const within = new Map<number, readonly Hash[]>();
  let events = 0;
  let size = from;
  let tree = new CompactRange();
  let leaves: Hash[] = [...open];
  for (const leaf of open) tree.push(leaf);
  const closeTile = (): void => {
    const tile = size / TILE_WIDTH - 1;
    findings.push(...compareTile(stored.get(tile), leaves, { source, sequence: first + tile * TILE_WIDTH }));
    tiles.push(tree.root());
    [tree, leaves] = [new CompactRange(), []];
  };
  await rowsOf(source).recompute(
    client,
    { source, from: first + from, to: first + to - 1 },
    (recomputed) => {
      const leaf = recomputed.leaf ?? NO_LEAF;
      tree.push(leaf);
      leaves.push(leaf);
      size++;
      events += recomputed.events;
      if (wanted.has(size)) within.set(size, [...tree.nodes]);
      if (leaves.length === TILE_WIDTH) closeTile();
    },
    (finding) => findings.push(finding),
  );
  return { tiles, within, open: leaves, events, findings };
}

function compareTile(
  stored: readonly Hash[] | undefined,
  leaves: readonly Hash[],
  { source, sequence }: { readonly source: string; readonly sequence: number },
): readonly Finding[] {
  const other = leaves.findIndex((leaf, index) => leaf !== stored?.[index]);
  if (other < 0) return [];
  if (!stored) return [{ source, first: sequence, last: sequence + TILE_WIDTH - 1, what: 'their tile is missing' }];
  const first = sequence + other;
  return [{ source, first, last: first, what: 'its tile has another leaf than its rows give' }];
}

async function readTiles(
  client: ClientBase,
  source: string,
  from: number,
  to: number,
): Promise<ReadonlyMap<number, readonly Hash[]>> {
  const { rows } = await client.query<{ tile: string; hashes: Buffer }>(
    'select tile, hashes from audit.evidence_tiles where source = $1 and level = 0 and tile >= $2 and tile < $3',
    [source, from, to],
  );
  return new Map(rows.map(({ tile, hashes }) => [Number(tile), storedHashes(hashes)]));
}

/** Goes on with the tree of all tiles before, by the nodes within the next one. */
export function withPart(before: CompactRange, size: number, nodes: readonly Hash[]): CompactRange {
  const range = before.copy();
  let rest = size - range.size;
  for (const node of nodes) {
    const height = Math.floor(Math.log2(rest));
    range.pushTree(node, height);
    rest -= 2 ** height;
  }
  return range;
}
