import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { checkpointText, parseCheckpoint } from './checkpoint.ts';
import { EMPTY_ROOT, leafHash } from './merkle.ts';
import {
  cosignatureTime,
  makeSigner,
  makeVerifier,
  parseNote,
  parseSignatures,
  signatureLine,
  signersOf,
  writeNote,
} from './signed-note.ts';
import { parseTlogProof, writeTlogProof } from './tlog-proof.ts';

const makePem = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** The example of C2SP signed-note, as Go's `note` package has it too. */
const EXAMPLE_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const EXAMPLE = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

test('the example of signed-note has the signature that it says', () => {
  const note = parseNote(EXAMPLE);
  if (!note) throw new Error('it is a note');
  const verifier = makeVerifier(EXAMPLE_KEY);
  expect(signersOf(note, [verifier])).toEqual([verifier]);
  expect(writeNote(note)).toBe(EXAMPLE);
  expect(signersOf({ ...note, text: note.text.replace('answer', 'problem') }, [verifier])).toEqual([]);
});

test('what is signed is verified by its key alone, also with a cosignature that holds the time', () => {
  const log = makeSigner('audit.example/shop', makePem());
  const witness = makeSigner('witness.example', makePem(), () => 1_700_000_000_123);
  const text = checkpointText({ origin: 'audit.example/shop', size: 20_852_163, root: leafHash('x') });
  const note = parseNote(writeNote({ text, signatures: [log.sign(text), witness.sign(text)] }));
  if (!note) throw new Error('it is a note');
  expect(signersOf(note, [log.verifier, witness.verifier])).toEqual([log.verifier, witness.verifier]);
  expect(signersOf(note, [makeSigner('audit.example/shop', makePem()).verifier])).toEqual([]);
  expect(note.signatures.map(cosignatureTime)[1]).toBe(1_700_000_000);
  expect(parseCheckpoint(note.text)).toEqual({ origin: 'audit.example/shop', size: 20_852_163, root: leafHash('x') });
  // One byte of the time is other: nothing of the note is believed.
  const [first, second] = note.signatures;
  if (!first || !second) throw new Error('both are there');
  const bytes = Buffer.from(second.bytes);
  bytes.writeUInt8((bytes[11] ?? 0) ^ 1, 11);
  expect(signersOf({ text, signatures: [first, { ...second, bytes }] }, [log.verifier, witness.verifier])).toEqual([]);
});

test('texts that are no notes, checkpoints, proofs or keys are told from those that are', () => {
  for (const text of ['', 'a\n', 'a\n\n', 'a\n\n— b', 'a\n\n— b c\n', 'a\n\n— b YWI=\n', 'a\n— b YWJjZGVmZw==\n'])
    expect(parseNote(text)).toBeUndefined();
  const root = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
  expect(parseCheckpoint(`o\n0\n${root}\nmore\n`)?.size).toBe(0);
  for (const text of ['', `o\n01\n${root}\n`, `o\n-1\n${root}\n`, `o\n1\n${root}`, `\n1\n${root}\n`, 'o\n1\nAA==\n'])
    expect(parseCheckpoint(text)).toBeUndefined();
  for (const key of ['', 'a', EXAMPLE_KEY.replace('c74f20a3', 'c74f20a4'), EXAMPLE_KEY.replace('+AR', '+BR')])
    expect(() => makeVerifier(key)).toThrow(Error);
});

test('a proof comes back from its text', () => {
  const proof = { index: 7, hashes: [EMPTY_ROOT, leafHash('a')], checkpoint: EXAMPLE };
  expect(parseTlogProof(writeTlogProof(proof))).toEqual(proof);
  expect(parseTlogProof(writeTlogProof({ ...proof, hashes: [] }))).toEqual({ ...proof, hashes: [] });
  const text = writeTlogProof(proof);
  for (const other of [
    '',
    text.replace('@v1', '@v2'),
    text.replace('index 7', 'index 07'),
    text.replace('\n', '\nx\n'),
  ])
    expect(parseTlogProof(other)).toBeUndefined();
  expect(parseSignatures(signatureLine({ name: 'a', bytes: Buffer.alloc(70, 1) }))).toEqual([
    { name: 'a', bytes: Buffer.alloc(70, 1) },
  ]);
});
