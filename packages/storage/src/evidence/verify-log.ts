import {
  type Checkpoint,
  type CompactRange,
  type Hash,
  packHashes,
  rangeAt,
  rootOf,
  TILE_WIDTH,
  toBase64,
} from '@overlay/evidence';
import type { Database } from '../database.ts';
import { type CheckedRange, checkRange, withPart } from './check-range.ts';
import { type Finding, joinFindings } from './finding.ts';
import { LOG_SIZES, type LogHead } from './log-heads.ts';
import { makeReadRoots } from './read-tree.ts';

/** A checkpoint whose signature was good, and where it came from. */
export interface KnownCheckpoint extends Pick<Checkpoint, 'size' | 'root'> {
  readonly from: string;
}

export interface VerifyAsk {
  readonly head: LogHead;
  /** Every root that the log must have had. */
  readonly checkpoints: readonly KnownCheckpoint[];
  /** Leaves before this one are taken as they are: a checkpoint of this size is believed. Default: 0, everything is recomputed. */
  readonly since?: number;
  /** Ranges that are recomputed at a time, each on a connection of its own. */
  readonly jobs: number;
  readonly onProgress?: (done: { readonly leaves: number; readonly events: number }) => void;
}

export interface VerifiedLog {
  readonly size: number;
  /** Of the tree that the rows give. */
  readonly root: Hash;
  /** Leaves and events that were recomputed. */
  readonly leaves: number;
  readonly events: number;
  readonly findings: readonly Finding[];
}

/** Leaves of one range. */
const RANGE_LEAVES = 8 * TILE_WIDTH;

/**
 * Recomputes a log from its stored rows, and compares it with its head, its tiles and every checkpoint. What is found is in the order of the log;
 * when rows, leaves, tiles and head agree with each other and not with a checkpoint, it is said between which checkpoints they were changed.
 */
export async function verifyLog(database: Database, ask: VerifyAsk): Promise<VerifiedLog> {
  const { head, checkpoints, since = 0 } = ask;
  const begin = since - (since % TILE_WIDTH);
  const inside = checkpoints.filter(({ size }) => size >= since && size <= head.size);
  const ranges = await checkRanges(
    database,
    ask,
    begin,
    inside.map(({ size }) => size),
  );
  const before = await rangeAt(begin, makeReadRoots(database, head));
  const { roots, whole, tiles } = assemble(before, ranges, [
    ...new Set([...inside.map(({ size }) => size), head.size]),
  ]);
  const findings = ranges.flatMap((range) => range.findings);
  if (head.beyond !== null)
    findings.push(found(head, head.beyond, 'rows stand behind the end of the log, from here on'));
  if (!packHashes(whole.nodes).equals(packHashes(head.frontier)))
    findings.push(found(head, null, `the head says another tree of ${head.size} leaves than the rows give`));
  findings.push(...(await compareUpperTiles(database, head, begin === 0 ? tiles : undefined)));
  findings.push(
    ...compareCheckpoints(
      head,
      checkpoints.filter(({ size }) => size >= since),
      roots,
    ),
  );
  return {
    size: head.size,
    root: whole.root(),
    leaves: head.size - begin,
    events: ranges.reduce((sum, { events }) => sum + events, 0),
    findings: joinFindings(findings),
  };
}

async function checkRanges(
  database: Database,
  { head, jobs, onProgress }: VerifyAsk,
  begin: number,
  sizes: readonly number[],
): Promise<readonly CheckedRange[]> {
  const ranges: CheckedRange[] = [];
  const done = { leaves: 0, events: 0 };
  let next = begin;
  const work = async (): Promise<void> => {
    while (next < head.size) {
      const from = next;
      const to = Math.min(from + RANGE_LEAVES, head.size);
      next = to;
      const own = sizes.filter((size) => size > from && size <= to);
      const checked = await database.transaction((client) =>
        checkRange(client, { source: head.source, first: head.first, from, to }, own),
      );
      ranges[(from - begin) / RANGE_LEAVES] = checked;
      done.leaves += to - from;
      done.events += checked.events;
      onProgress?.(done);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return ranges;
}

/** The tree over all ranges, and its roots at some sizes. */
function assemble(before: CompactRange, ranges: readonly CheckedRange[], sizes: readonly number[]) {
  const roots = new Map<number, Hash>([[0, rootOf([])]]);
  const tiles: Hash[] = [];
  const range = before.copy();
  const within = new Map(ranges.flatMap((checked) => [...checked.within]));
  const due = [...sizes].filter((size) => size > before.size).sort((a, b) => a - b);
  if (sizes.includes(before.size)) roots.set(before.size, before.root());
  let whole = before;
  let at = 0;
  const takeUpTo = (end: number): void => {
    for (let size = due[at]; size !== undefined && size <= end; size = due[++at]) {
      whole = withPart(range, size, within.get(size) ?? []);
      roots.set(size, whole.root());
    }
  };
  for (const tile of ranges.flatMap((checked) => checked.tiles)) {
    takeUpTo(range.size + TILE_WIDTH);
    range.pushTree(tile, Math.log2(TILE_WIDTH));
    tiles.push(tile);
  }
  takeUpTo(range.size + TILE_WIDTH);
  return { roots, whole, tiles };
}

/** Tiles above the first level against the roots of the tiles below; without those, and of any level, tiles that the log is too short for. */
async function compareUpperTiles(
  database: Database,
  head: LogHead,
  roots: readonly Hash[] | undefined,
): Promise<readonly Finding[]> {
  const { source, first } = head;
  const beyond = await database.query<{ level: number; tile: string }>(
    `select t.level, t.tile from audit.evidence_tiles t join (${LOG_SIZES}) log on log.source = t.source
      where t.source = $1 and (t.tile + 1) * power(${TILE_WIDTH}, t.level + 1) > log.size`,
    [source],
  );
  const findings = beyond.map(({ level, tile }) =>
    found(head, null, `tile ${tile} of level ${level} is behind the end of the log`),
  );
  let below = roots;
  for (let level = 1; below && below.length >= TILE_WIDTH; level++) {
    const rows: readonly { tile: string; hashes: Buffer }[] = await database.query(
      'select tile, hashes from audit.evidence_tiles where source = $1 and level = $2',
      [source, level],
    );
    const stored = new Map(rows.map(({ tile, hashes }) => [Number(tile), hashes]));
    const above: Hash[] = [];
    for (let tile = 0; (tile + 1) * TILE_WIDTH <= below.length; tile++) {
      const own = below.slice(tile * TILE_WIDTH, (tile + 1) * TILE_WIDTH);
      above.push(rootOf(own));
      if (!stored.get(tile)?.equals(packHashes(own)))
        findings.push(
          found(
            head,
            first + tile * TILE_WIDTH ** (level + 1),
            `tile ${tile} of level ${level} is not the one that the rows give`,
          ),
        );
    }
    below = above;
  }
  return findings;
}

/** Every root that was signed against the one that the rows give. Where they differ first, every later one does too. */
function compareCheckpoints(
  head: LogHead,
  checkpoints: readonly KnownCheckpoint[],
  roots: ReadonlyMap<number, Hash>,
): readonly Finding[] {
  const { source, first } = head;
  const findings: Finding[] = [];
  const known = checkpoints.toSorted((a, b) => a.size - b.size);
  const longest = known.at(-1);
  if (longest && longest.size > head.size)
    findings.push({
      source,
      first: first + head.size,
      last: first + longest.size - 1,
      what: `missing: the log was cut, or an old copy of it stands here (signed: ${longest.from})`,
    });
  let good = 0;
  for (const { size, root, from } of known) {
    const own = roots.get(size);
    if (own === root) good = size;
    else if (own !== undefined) {
      const what = `not what was signed: ${size} leaves have the root ${toBase64(own)}, signed was ${toBase64(root)} (${from})`;
      findings.push({ source, first: first + good, last: first + Math.max(size, 1) - 1, what });
      break;
    }
  }
  return findings;
}

const found = ({ source }: LogHead, first: number | null, what: string): Finding => ({
  source,
  first,
  last: first,
  what,
});
