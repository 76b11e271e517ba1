import {
  EventTree,
  type Hash,
  leafHash,
  makeNonceKeys,
  packHashes,
  type Tile,
  TiledLog,
  transactionEntry,
} from '@overlay/evidence';
import { type Head, must, type WrittenRecord } from '@overlay/model';
import { parseKey } from '@overlay/sealing';
import type { ClientBase } from 'pg';
import { withoutNul } from '../copy.ts';
import { readTiledLog } from './stored-tree.ts';

/** Makes the leaves of one landing while its rows are written. */
export interface LandingLeaves {
  /** The events of the record at this place come next. */
  readonly begin: (place: number) => void;
  /** Takes the next event by the bytes of its row. */
  readonly take: (bytes: Buffer, from: number, to: number) => void;
  /** Once all rows are written: what stands beside each record's row. */
  readonly leafOf: (place: number) => { readonly nonceKey: string | null; readonly leaf: Hash };
}

/** The evidence logs that this program writes: one for each source, whose tree it remembers as it landed last. */
export interface LandingLogs {
  readonly leavesOf: (records: readonly WrittenRecord<unknown>[]) => LandingLeaves;
  /** Appends leaves to the log as the locked head has it; writes the tiles that they fill, and where the tree stands now, into the head. */
  readonly append: (client: ClientBase, head: Head, leaves: readonly Hash[]) => Promise<TiledLog>;
  /** The landing committed: the next one goes on from this tree. */
  readonly landed: (head: Head, log: TiledLog) => void;
}

/** @param nonceKey the text of EVIDENCE_NONCE_KEY */
export function makeLandingLogs(nonceKey: string): LandingLogs {
  const secret = parseKey(nonceKey);
  if (!secret) throw new RangeError('the key of nonces is not 32 bytes in base64');
  const nonceKeyOf = makeNonceKeys(secret);
  const known = new Map<string, { readonly revision: number; readonly log: TiledLog }>();
  return {
    leavesOf: (records) => makeLeaves(records, nonceKeyOf),
    async append(client, head, leaves) {
      const remembered = known.get(head.source);
      const before = remembered?.revision === head.revision ? remembered.log : await readHeadLog(client, head);
      const { log, tiles } = before.append(leaves);
      await writeTiles(client, head.source, tiles);
      await client.query(
        'update audit.heads set evidence_size = $3, evidence_frontier = $4 where stage = $1 and source = $2',
        [head.stage, head.source, log.range.size, packHashes(log.range.nodes)],
      );
      return log;
    },
    landed: ({ source, revision }, log) => void known.set(source, { revision, log }),
  };
}

function makeLeaves(
  records: readonly WrittenRecord<unknown>[],
  nonceKeyOf: (transactionId: string) => string,
): LandingLeaves {
  const keys = records.map(({ record }) => nonceKeyOf(record.transactionId));
  const trees = keys.map((key) => new EventTree(key));
  let current: EventTree | undefined;
  return {
    begin(place) {
      current = trees[place];
    },
    take: (bytes, from, to) => current?.add(bytes, from, to),
    leafOf(place) {
      const written = records[place];
      const tree = trees[place];
      must(written !== undefined && tree !== undefined, 'a leaf belongs to a record of the landing');
      const { record, bodies, rawDigest } = written;
      must(tree.count === bodies.length, 'every event of a record is in its tree');
      const entry = transactionEntry({
        source: record.source,
        sequence: record.sequence,
        kind: record.kind,
        transactionId: withoutNul(record.transactionId),
        commitTime: record.timestamp,
        count: tree.count,
        root: tree.root(),
        rawDigest,
        repairs: record.repairs,
      });
      return { nonceKey: tree.count === 0 ? null : (keys[place] ?? null), leaf: leafHash(entry) };
    },
  };
}

async function readHeadLog(client: ClientBase, { stage, source, landed }: Head): Promise<TiledLog> {
  const { rows } = await client.query<{ size: string | null; frontier: Buffer | null }>(
    'select evidence_size as size, evidence_frontier as frontier from audit.heads where stage = $1 and source = $2',
    [stage, source],
  );
  const [row] = rows;
  if (row?.size == null || !row.frontier) return new TiledLog();
  return readTiledLog(client, { source, landed, size: Number(row.size), frontier: row.frontier });
}

async function writeTiles(client: ClientBase, source: string, tiles: readonly Tile[]): Promise<void> {
  if (tiles.length === 0) return;
  await client.query(
    `insert into audit.evidence_tiles (source, level, tile, hashes)
      select $1, level, tile, hashes from unnest($2::smallint[], $3::bigint[], $4::bytea[]) as filled (level, tile, hashes)`,
    [
      source,
      tiles.map(({ level }) => level),
      tiles.map(({ index }) => index),
      tiles.map(({ hashes }) => packHashes(hashes)),
    ],
  );
}
