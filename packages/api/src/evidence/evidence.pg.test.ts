import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  checkpointText,
  type Hash,
  identify,
  leafHash,
  makeSigner,
  rootOf,
  toBase64,
  writeNote,
} from '@overlay/evidence';
import type { WrittenRecord } from '@overlay/model';
import {
  changeEvents,
  type Database,
  makeDataKeys,
  makeLedger,
  readLogged,
  storeCheckpoint,
  type WrittenChange,
} from '@overlay/storage';
import { type Api, checkPack, checkProof, makeApi } from '../index.ts';
import { makeScratch, testRecord } from '../testing/index.ts';

const SOURCE = 'shop';
const SEQUENCES = 700;
/** The checkpoint is over these. */
const SIGNED = 650;

const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const signer = makeSigner(`audit.example/${SOURCE}`, pem);
const keys = [signer.verifier];
const otherKeys = [
  makeSigner(
    `audit.example/${SOURCE}`,
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ).verifier,
];

let database: Database;
let drop: () => Promise<void>;
let api: Api;
let directory: string;

beforeAll(async () => {
  ({ database, drop } = await makeScratch());
  api = makeApi({ database, record: testRecord(database), now: () => new Date('2026-11-21T05:00:30Z') });
  directory = mkdtempSync(join(tmpdir(), 'overlay-evidence-'));
  const ledger = makeLedger<WrittenChange>(database, {
    stage: 'normalizer',
    table: changeEvents,
    evidence: { nonceKey: Buffer.alloc(32, 3).toString('base64') },
    dataKeys: makeDataKeys(database, Buffer.alloc(32, 4).toString('base64')),
  });
  const { head } = await ledger.open(SOURCE);
  const records = Array.from({ length: SEQUENCES }, (_, index) => transaction(index + 1));
  const position = { topic: 'cdc', partition: 0, offset: '1', digest: '' };
  const nothing = { gtids: '', remember: new Map(), deadLetters: [], repeats: [] };
  await ledger.land({ head, landed: SEQUENCES, position, records, ...nothing }, () => {});
  await storeCheckpoint(database, SOURCE, SIGNED, await signed(SIGNED));
});
afterAll(() => drop?.());

function transaction(sequence: number): WrittenRecord<WrittenChange> {
  const items = Array.from({ length: 1 + (sequence % 5) }, (_, index) => ({
    eventId: identify('change', sequence, index + 1),
    database: 'shop',
    table: 'orders',
    operation: 'INSERT',
    body: `{"total":"${sequence}.50"}`,
    sealedValues: null,
  }));
  return {
    record: {
      source: SOURCE,
      sequence,
      kind: 'transaction',
      transactionId: `a:${sequence}`,
      timestamp: '2026-11-20T05:06:07.000008Z',
      items,
    },
    bodies: items.map(({ body }) => body),
  };
}

async function signed(size: number): Promise<string> {
  const leaves: Hash[] = (await readLogged(database, SOURCE, 1, size)).map(({ entry }) => leafHash(entry));
  const text = checkpointText({ origin: signer.verifier.name, size, root: rootOf(leaves) });
  return writeNote({ text, signatures: [signer.sign(text)] });
}

async function proofOf(sequence: number, ordinal: number): Promise<string> {
  const proved = await api.prove(identify('change', sequence, ordinal));
  if (!proved.ok) throw new Error(proved.refusal.message);
  return JSON.stringify(proved.value);
}

test('every event below the checkpoint is proved, wherever it stands', async () => {
  for (const [sequence, ordinal] of [
    [1, 1],
    [1, 2],
    [256, 2],
    [257, 1],
    [512, 3],
    [649, 5],
    [650, 1],
  ] as const) {
    const checked = checkProof(await proofOf(sequence, ordinal), keys);
    expect(checked).toMatchObject({ ok: true, value: { signers: ['audit.example/shop'] } });
  }
});

test('a proof in which anything was changed proves nothing, nor does one under another key', async () => {
  const proof = await proofOf(300, 1);
  expect(checkProof(proof, otherKeys)).toMatchObject({ ok: false, why: expect.stringContaining('signature') });
  expect(checkProof(proof, [])).toMatchObject({ ok: false });
  const edits: readonly (readonly [string, string])[] = [
    ['300.50', '300.51'],
    ['"ordinal":1', '"ordinal":2'],
    ['"operation":"INSERT"', '"operation":"DELETE"'],
    ['"table":"orders"', '"table":"others"'],
    ['"sequence":300', '"sequence":301'],
    ['kind transaction', 'kind snapshot'],
    ['a:300', 'a:301'],
    ['index 299', 'index 298'],
    ['\\n650\\n', '\\n651\\n'],
  ];
  for (const [from, to] of edits) {
    expect([from, proof.includes(from)]).toEqual([from, true]);
    expect([from, checkProof(proof.replace(from, to), keys).ok]).toEqual([from, false]);
  }
  expect(checkProof('{}', keys).ok).toBe(false);
});

test('what no checkpoint covers, and what is no change event, is refused with the reason', async () => {
  expect(await api.prove(identify('change', 660, 1))).toMatchObject({ ok: false, refusal: { code: 'conflict' } });
  expect(await api.prove('a:300')).toMatchObject({ ok: false, refusal: { code: 'invalid' } });
});

test('a pack is checked by itself, and shows when a line of it is other, missing or not in its place', async () => {
  const folder = join(directory, 'pack');
  expect(await api.writePack(folder, { from: '250', to: '270' })).toMatchObject({
    ok: true,
    value: { transactions: 21 },
  });
  expect(readdirSync(folder).sort()).toEqual([
    'README.txt',
    'checkpoint.txt',
    'coverage.txt',
    'manifest.json',
    'transactions.jsonl',
  ]);
  expect(readFileSync(join(folder, 'coverage.txt'), 'utf8')).toMatch(/Sequences +250 to 270, each of them, 21 in all/);
  expect(await checkPack(folder, keys)).toMatchObject({ ok: true, value: { firstSequence: 250, lastSequence: 270 } });
  expect(await checkPack(folder, otherKeys)).toMatchObject({ ok: false });
  expect(await api.writePack(folder, { from: '250', to: '270' })).toMatchObject({
    ok: false,
    refusal: { code: 'conflict' },
  });
  const lines = readFileSync(join(folder, 'transactions.jsonl'), 'utf8').trimEnd().split('\n');
  const spoilt: Readonly<Record<string, readonly string[]>> = {
    'a value': lines.with(3, (lines[3] ?? '').replace('253.50', '253.51')),
    'one removed': lines.toSpliced(5, 1),
    'the last removed': lines.slice(0, -1),
    'two swapped': lines.with(1, lines[2] ?? '').with(2, lines[1] ?? ''),
  };
  for (const [what, others] of Object.entries(spoilt)) {
    const other = mkdtempSync(join(directory, 'other-'));
    cpSync(folder, other, { recursive: true });
    writeFileSync(join(other, 'transactions.jsonl'), others.map((line) => `${line}\n`).join(''));
    expect([what, await checkPack(other, keys)]).toMatchObject([
      what,
      { ok: false, why: expect.stringContaining('transactions.jsonl') },
    ]);
    // Also when the manifest was made to fit.
    const manifest = JSON.parse(readFileSync(join(other, 'manifest.json'), 'utf8'));
    const { createHash } = await import('node:crypto');
    manifest.files['transactions.jsonl'] = createHash('sha256')
      .update(readFileSync(join(other, 'transactions.jsonl')))
      .digest('hex');
    writeFileSync(join(other, 'manifest.json'), JSON.stringify(manifest));
    expect([what, await checkPack(other, keys)]).toMatchObject([
      what,
      { ok: false, why: expect.stringContaining('sequence') },
    ]);
  }
  expect(await api.writePack(join(directory, 'late'), { from: '640', to: '660' })).toMatchObject({ ok: false });
});

test('verify goes on from a checkpoint that is believed, and finds what was changed after it', async () => {
  const definitions = await api.definitions();
  if (!definitions.ok) throw new Error(definitions.refusal.message);
  const ask = { keys, anchors: [], definitions: definitions.value, source: SOURCE };
  const since = await signed(300);
  const whole = await api.verify(ask);
  expect(whole).toMatchObject({
    ok: true,
    value: { findings: [], logs: [{ recomputed: SEQUENCES, checkpoints: 1, findings: [] }] },
  });
  const later = await api.verify({ ...ask, since });
  // From the beginning of the tile that the checkpoint ends in.
  expect(later).toMatchObject({ ok: true, value: { logs: [{ recomputed: SEQUENCES - 256, findings: [] }] } });
  if (whole.ok && later.ok) expect(later.value.logs[0]?.root).toBe(whole.value.logs[0]?.root);
  await database.query("update audit.change_events set operation = 'DELETE' where sequence = 600 and ordinal = 1");
  expect(await api.verify({ ...ask, since })).toMatchObject({
    ok: true,
    value: { logs: [{ findings: [{ first: 301, last: 650 }, { first: 600, last: 600 }, { first: null }] }] },
  });
  await database.query("update audit.change_events set operation = 'INSERT' where sequence = 600 and ordinal = 1");
  expect(
    (await api.verify({ ...ask, since: since.replace(toBase64(leafHash('')), '').replace('300', '301') })).ok,
  ).toBe(false);
});
