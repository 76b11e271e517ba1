import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  CompactRange,
  eventDigest,
  eventRowBytes,
  type Hash,
  leafHash,
  makeNonceKeys,
  makeNonces,
  rootOf,
  transactionEntry,
  unpackHashes,
} from '@overlay/evidence';
import { microsecondsOf, type RecordKind, type WrittenRecord } from '@overlay/model';
import fc from 'fast-check';
import { makeDataKeys } from '../data-keys.ts';
import { makeLedger } from '../ledger.ts';
import { changeEvents, type WrittenChange } from '../record-tables.ts';
import { makeScratch, type Scratch } from '../testing/scratch.ts';
import type { Finding } from './finding.ts';
import { recompute } from './recompute.ts';

const SECRET = Buffer.alloc(32, 5);

let scratch: Scratch;
beforeAll(async () => {
  scratch = await makeScratch();
});
afterAll(() => scratch?.drop());

/** A copy of the stage that has just been started. */
const freshLedger = (secret = SECRET) =>
  makeLedger<WrittenChange>(scratch.database, {
    stage: 'normalizer',
    table: changeEvents,
    evidence: { nonceKey: secret.toString('base64') },
    dataKeys: makeDataKeys(scratch.database, Buffer.alloc(32, 7).toString('base64')),
  });

interface Sample {
  readonly kind: RecordKind;
  readonly id: string;
  readonly bodies: readonly string[];
}

function written(source: string, sequence: number, { kind, id, bodies }: Sample): WrittenRecord<WrittenChange> {
  const items = bodies.map((body, index) => ({
    eventId: `00000000-0000-5000-8000-${String(sequence * 1000 + index).padStart(12, '0')}`,
    database: 'shop',
    table: 'things\0\ud800',
    operation: 'INSERT',
    body,
    sealedValues: index % 2 === 0 ? null : '[{"sealed":"beside what is hashed","subject":"s"}]',
  }));
  const timestamp = `2026-03-0${1 + (sequence % 9)}T05:06:07.000008Z`;
  const isSetAside = kind === 'set_aside';
  return {
    record: { source, sequence, kind, transactionId: id, timestamp, items, ...(kind === 'repair' && { repairs: 1 }) },
    bodies,
    ...(isSetAside && { rawDigest: 'ab'.repeat(32) }),
  };
}

/** The leaf by the definitions alone, without COPY. */
function expectedLeaf({ record, bodies, rawDigest }: WrittenRecord<WrittenChange>): Hash {
  const next = makeNonces(makeNonceKeys(SECRET)(record.transactionId));
  const [changes, texts] = [[...record.items], [...bodies]];
  const digests = changes.map((change, index) => {
    const row = eventRowBytes({
      source: record.source,
      sequence: record.sequence,
      ordinal: index + 1,
      commitUs: microsecondsOf(record.timestamp),
      eventId: change.eventId,
      database: change.database,
      table: change.table.replaceAll('\0', '\uFFFD'),
      operation: change.operation,
      body: texts[index] ?? '',
    });
    return eventDigest(next(), row, 0, row.length);
  });
  return leafHash(
    transactionEntry({
      ...record,
      transactionId: record.transactionId.replaceAll('\0', '\uFFFD'),
      commitTime: record.timestamp,
      count: digests.length,
      root: rootOf(digests),
      rawDigest,
    }),
  );
}

async function land(
  ledger: ReturnType<typeof freshLedger>,
  source: string,
  records: readonly WrittenRecord<WrittenChange>[],
  at: (point: string) => void = () => {},
): Promise<void> {
  const { head } = await ledger.open(source);
  const landed = records.at(-1)?.record.sequence ?? head.landed;
  const position = { topic: 't', partition: 0, offset: String(landed), digest: 'd' };
  await ledger.land(
    { head, landed, position, gtids: '', records, remember: new Map(), deadLetters: [], repeats: [] },
    at,
  );
}

async function rootInHead(source: string): Promise<Hash> {
  const [row] = await scratch.database.query<{ size: string; frontier: Buffer }>(
    'select evidence_size as size, evidence_frontier as frontier from audit.heads where source = $1',
    [source],
  );
  return new CompactRange(Number(row?.size), unpackHashes(row?.frontier ?? Buffer.alloc(0))).root();
}

async function recomputed(source: string, to: number) {
  const [leaves, findings]: [(Hash | undefined)[], Finding[]] = [[], []];
  await scratch.database.transaction((client) =>
    recompute(
      client,
      { source, from: 1, to },
      ({ leaf }) => leaves.push(leaf),
      (finding) => findings.push(finding),
    ),
  );
  return { leaves, findings };
}

const id = fc.oneof(fc.uuid(), fc.string({ unit: 'binary', minLength: 1 }));
const body = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify({ text }));
const sample: fc.Arbitrary<Sample> = fc.oneof(
  fc.record({ kind: fc.constantFrom('transaction', 'repair'), id, bodies: fc.array(body, { maxLength: 7 }) }),
  fc.record({ kind: fc.constantFrom('set_aside', 'truncate'), id, bodies: fc.constant([]) }),
);

test('every sequence is a leaf over everything that its rows say, however it was batched, restarted or cut off', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(sample, { minLength: 1, maxLength: 30 }),
      fc.array(fc.record({ records: fc.integer({ min: 1, max: 9 }), restarts: fc.boolean(), dies: fc.boolean() }), {
        minLength: 1,
      }),
      async (samples, steps) => {
        const source = `batches${++run}`;
        const records = samples.map((one, index) => written(source, index + 1, one));
        let ledger = freshLedger();
        for (let at = 0, step = 0; at < records.length; step++) {
          const { records: count, restarts, dies } = steps[step % steps.length] ?? { records: 1 };
          const some = records.slice(at, at + count);
          if (restarts) ledger = freshLedger();
          const die = (point: string) => {
            if (point === 'before_commit') throw new Error('died');
          };
          if (dies) await expect(land(ledger, source, some, die)).rejects.toThrow('died');
          await land(ledger, source, some);
          at += count;
        }
        const leaves = records.map(expectedLeaf);
        expect(await rootInHead(source)).toBe(rootOf(leaves));
        expect(await recomputed(source, leaves.length)).toEqual({ leaves, findings: [] });
      },
    ),
    { numRuns: 25 },
  );
});

test('tiles are written when they are full, and who takes over goes on from them', async () => {
  const samples = Array.from({ length: 1100 }, (_, index) => ({
    kind: 'transaction' as const,
    id: `a:${index}`,
    bodies: index % 3 === 0 ? [] : ['{}'],
  }));
  const records = samples.map((one, index) => written('tiles', index + 1, one));
  for (const [from, to] of [
    [0, 255],
    [255, 256],
    [256, 600],
    [600, 1030],
    [1030, 1100],
  ])
    await land(freshLedger(), 'tiles', records.slice(from, to));
  const leaves = records.map(expectedLeaf);
  expect(await rootInHead('tiles')).toBe(rootOf(leaves));
  const tiles = await scratch.database.query<{ level: number; tile: string; hashes: Buffer }>(
    "select level, tile, hashes from audit.evidence_tiles where source = 'tiles' order by level, tile",
  );
  expect(tiles.map(({ level, tile }) => [level, tile])).toEqual([0, 1, 2, 3].map((tile) => [0, String(tile)]));
  expect(tiles.flatMap(({ hashes }) => unpackHashes(hashes))).toEqual(leaves.slice(0, 1024));
});

test('another key gives another log of the same rows', async () => {
  const one = [{ kind: 'transaction' as const, id: 'a:1', bodies: ['{}'] }];
  await land(
    freshLedger(),
    'key',
    one.map((some) => written('key', 1, some)),
  );
  const before = await rootInHead('key');
  await scratch.database.query("delete from audit.heads where source = 'key'");
  await scratch.database.query("delete from audit.transactions where source = 'key'");
  await scratch.database.query("delete from audit.change_events where source = 'key'");
  await land(
    freshLedger(Buffer.alloc(32, 6)),
    'key',
    one.map((some) => written('key', 1, some)),
  );
  expect(await rootInHead('key')).not.toBe(before);
});

test('a log that landed before there was evidence goes on, and its leaves begin with the next sequence', async () => {
  await land(freshLedger(), 'old', [written('old', 1, { kind: 'truncate', id: 'a:1', bodies: [] })]);
  for (const statement of [
    'alter table audit.heads disable trigger forward_only',
    "update audit.heads set evidence_size = null, evidence_frontier = null where source = 'old'",
    'alter table audit.heads enable trigger forward_only',
  ])
    await scratch.database.query(statement);
  const second = written('old', 2, { kind: 'transaction', id: 'a:2', bodies: ['{}'] });
  await land(freshLedger(), 'old', [second]);
  expect(await rootInHead('old')).toBe(rootOf([expectedLeaf(second)]));
});

test('who takes over a log whose leaves do not give its frontier stops', async () => {
  const record = written('broken', 1, { kind: 'truncate', id: 'a:1', bodies: [] });
  await land(freshLedger(), 'broken', [record]);
  await scratch.database.query(
    "update audit.transactions set leaf = decode(repeat('00', 32), 'hex') where source = 'broken'",
  );
  const next = written('broken', 2, { kind: 'truncate', id: 'a:2', bodies: [] });
  await expect(land(freshLedger(), 'broken', [next])).rejects.toMatchObject({ code: 'evidence.broken' });
});

test('whatever is changed in whichever column of a row shows, with its sequence', async () => {
  const records = [1, 2, 3].map((sequence) =>
    written('edits', sequence, {
      kind: sequence === 3 ? 'repair' : 'transaction',
      id: `e:${sequence}`,
      bodies: ['{"a":"1"}', '{"a":"2"}'],
    }),
  );
  await land(freshLedger(), 'edits', records);
  const edits = [
    'update audit.change_events set body = \'{"a":"9"}\' where sequence = 2 and ordinal = 1',
    'update audit.change_events set body = \'{"a": "1"}\' where sequence = 2 and ordinal = 1', // a space
    'update audit.change_events set event_id = gen_random_uuid() where sequence = 2 and ordinal = 2',
    "update audit.change_events set database_name = 'other' where sequence = 2 and ordinal = 2",
    "update audit.change_events set table_name = 'other' where sequence = 2 and ordinal = 2",
    "update audit.change_events set operation = 'DELETE' where sequence = 2 and ordinal = 2",
    "update audit.change_events set commit_time = commit_time + interval '1 microsecond' where sequence = 2 and ordinal = 2",
    'update audit.change_events set ordinal = 3 - ordinal where sequence = 2',
    'update audit.change_events set sequence = 3 where sequence = 2 and ordinal = 2',
    'delete from audit.change_events where sequence = 2 and ordinal = 2',
    'insert into audit.change_events select * from audit.change_events where sequence = 2 and ordinal = 2',
    "update audit.transactions set kind = 'snapshot' where sequence = 2",
    "update audit.transactions set transaction_id = 'e:9' where sequence = 2",
    "update audit.transactions set commit_time = commit_time + interval '1 microsecond' where sequence = 2",
    'update audit.transactions set item_count = 3 where sequence = 2',
    "update audit.transactions set raw_digest = 'ab' where sequence = 2",
    'update audit.transactions set repairs = 1 where sequence = 2',
    "update audit.transactions set nonce_key = decode(repeat('00', 16), 'hex') where sequence = 2",
    "update audit.transactions set leaf = decode(repeat('00', 32), 'hex') where sequence = 2",
    'update audit.transactions set leaf = null where sequence = 2',
    'delete from audit.transactions where sequence = 2',
    `insert into audit.transactions (source, sequence, kind, transaction_id, commit_time, item_count)
      select source, sequence, kind, 'e:9', commit_time + interval '1 hour', 0 from audit.transactions where source = 'edits' and sequence = 2`,
  ];
  for (const edit of edits) {
    const own = edit.includes('from audit.transactions where source')
      ? edit
      : edit.replace(' where ', " where source = 'edits' and ");
    const findings: Finding[] = [];
    const undo = scratch.database.transaction(async (client) => {
      const { rowCount } = await client.query(own);
      expect([edit, rowCount]).not.toEqual([edit, 0]);
      await recompute(
        client,
        { source: 'edits', from: 1, to: 3 },
        () => {},
        (finding) => findings.push(finding),
      );
      throw new Error('undone');
    });
    await expect(undo).rejects.toThrow('undone');
    expect([edit, findings[0]?.first]).toEqual([edit, 2]);
  }
  expect((await recomputed('edits', 3)).findings).toEqual([]);
});

test('rows of any length come back in one piece', async () => {
  const lengths = [10, 100_000, 70_000, 3, 300_000, 65_536, 1, 1_000_000, 20];
  const records = lengths.map((length, index) =>
    written('long', index + 1, {
      kind: 'transaction',
      id: `l:${index}`,
      bodies: Array(3).fill(`"${'é'.repeat(length)}"`),
    }),
  );
  await land(freshLedger(), 'long', records);
  expect(await recomputed('long', lengths.length)).toEqual({ leaves: records.map(expectedLeaf), findings: [] });
});
