import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import {
  type Checkpoint,
  checkpointText,
  type Hash,
  leafHash,
  makeSigner,
  parseNote,
  proveConsistency,
  rootOf,
  signersOf,
  toBase64,
  writeNote,
} from '@overlay/evidence';
import { addCheckpoint } from './add-checkpoint.ts';

const makePem = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const log = makeSigner('audit.example/shop', makePem());
const witness = makeSigner('witness.example', makePem(), () => 1_700_000_000_000);
const leaves: Hash[] = Array.from({ length: 20 }, (_, index) => leafHash(`leaf ${index}`));
const others: Hash[] = leaves.with(3, leafHash('another'));

function makeWitness() {
  const kept = new Map<string, Checkpoint>();
  const seen = {
    read: (origin: string) => kept.get(origin),
    write: (one: Checkpoint) => void kept.set(one.origin, one),
  };
  return (request: string) => addCheckpoint({ seen, logs: [log.verifier], signer: witness }, request);
}

function noteOf(of: readonly Hash[], size: number, signer = log): string {
  const text = checkpointText({ origin: signer.verifier.name, size, root: rootOf(of.slice(0, size)) });
  return writeNote({ text, signatures: [signer.sign(text)] });
}

async function requestOf(of: readonly Hash[], old: number, size: number, note = noteOf(of, size)): Promise<string> {
  const proof = await proveConsistency(old, size, async (trees) =>
    trees.map(({ height, index }) => rootOf(of.slice(index * 2 ** height, (index + 1) * 2 ** height))),
  );
  return `old ${old}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${note}`;
}

test('a log that grows is cosigned, each time from where it was seen last', async () => {
  const ask = makeWitness();
  for (const [old, size] of [
    [0, 7],
    [7, 7],
    [7, 20],
  ] as const) {
    const { status, body } = ask(await requestOf(leaves, old, size));
    expect(status).toBe(200);
    const note = parseNote(`${noteOf(leaves, size)}${body}`);
    if (!note) throw new Error('it is a note');
    expect(signersOf(note, [log.verifier, witness.verifier])).toHaveLength(2);
  }
});

test('a log that does not go on from what was seen is refused, whatever is claimed', async () => {
  const ask = makeWitness();
  expect(ask(await requestOf(leaves, 0, 7)).status).toBe(200);
  expect(ask(await requestOf(others, 7, 20)).status).toBe(422);
  expect(ask(await requestOf(others, 7, 7))).toMatchObject({ status: 409, body: '7\n' });
  expect(ask(await requestOf(leaves, 0, 20))).toMatchObject({ status: 409, type: 'text/x.tlog.size', body: '7\n' });
  expect(ask(await requestOf(leaves, 5, 7))).toMatchObject({ status: 409, body: '7\n' });
  expect(ask((await requestOf(leaves, 7, 20)).replace('old 7', 'old 21')).status).toBe(400);
  expect(ask(await requestOf(leaves, 7, 20)).status).toBe(200);
});

test('what is not signed by the log, of no known log, or no request at all is refused', async () => {
  const ask = makeWitness();
  const forger = makeSigner('audit.example/shop', makePem());
  const stranger = makeSigner('audit.example/other', makePem());
  expect(ask(await requestOf(leaves, 0, 7, noteOf(leaves, 7, forger))).status).toBe(403);
  expect(ask(await requestOf(leaves, 0, 7, noteOf(leaves, 7, stranger))).status).toBe(404);
  for (const request of [
    '',
    'old 0',
    `old 00\n\n${noteOf(leaves, 7)}`,
    `old 0\nxx\n\n${noteOf(leaves, 7)}`,
    'old 0\n\nno note',
  ])
    expect(ask(request).status).toBe(400);
});
