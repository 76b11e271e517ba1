import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  checkpointText,
  type Hash,
  leafHash,
  makeSigner,
  proveConsistency,
  proveInclusion,
  type ReadRoots,
  rootOf,
  toBase64,
  writeNote,
} from '@overlay/evidence';
import { makeRandom } from '../kit/random.ts';
import type { Fault } from './arena.ts';

const ORACLE = join(import.meta.dirname, '../../sumdb-oracle');

/** A question for the oracle, and whether it has to say yes. */
interface Question {
  readonly kind: 'record' | 'tree' | 'note';
  readonly isGood: boolean;
  readonly [field: string]: unknown;
}

type Random = ReturnType<typeof makeRandom>;

/** Proofs and checkpoints of ours before the verifier of Go's checksum database, and as many in which one thing was changed. */
export const proofs: Fault = {
  name: 'F43',
  what: 'a thousand proofs and checkpoints, and as many mutated ones, judged by golang.org/x/mod/sumdb',
  async play(arena) {
    const random = makeRandom(arena.seed, 'proofs');
    const rounds = arena.isShort ? 350 : 1500;
    const entries = Array.from({ length: 3000 }, (_, index) => `audit-transaction/v1\nsequence ${index + 1}\n`);
    const leaves = entries.map((entry) => leafHash(entry));
    const read: ReadRoots = async (trees) =>
      trees.map(({ height, index }) => rootOf(leaves.slice(index * 2 ** height, (index + 1) * 2 ** height)));
    const { privateKey } = generateKeyPairSync('ed25519');
    const signer = makeSigner('audit.example/f43', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const questions: Question[] = [];
    for (let round = 0; round < rounds; round++) {
      const size = random.whole(2, leaves.length);
      const root = rootOf(leaves.slice(0, size));
      const index = random.whole(0, size - 1);
      const oldSize = random.whole(1, size - 1);
      const inclusion = {
        kind: 'record' as const,
        entry: entries[index],
        index,
        size,
        root: toBase64(root),
        proof: (await proveInclusion(index, size, read)).map(toBase64),
      };
      const consistency = {
        kind: 'tree' as const,
        size,
        root: toBase64(root),
        oldSize,
        oldRoot: toBase64(rootOf(leaves.slice(0, oldSize))),
        proof: (await proveConsistency(oldSize, size, read)).map(toBase64),
      };
      const signed = checkpointText({ origin: signer.verifier.name, size, root });
      const note = {
        kind: 'note' as const,
        note: writeNote({ text: signed, signatures: [signer.sign(signed)] }),
        verifier: signer.verifier.vkey,
      };
      for (const question of [inclusion, consistency, note])
        questions.push({ ...question, isGood: true }, { ...mutated(question, random), isGood: false });
    }
    const answers = await askOracle(questions);
    arena.check(
      'every question has an answer',
      answers.length === questions.length ? [] : [`${answers.length} of ${questions.length}`],
    );
    const wrong = questions.filter(({ isGood }, index) => (answers[index] === 'ok') !== isGood);
    arena.check(
      'good ones are accepted',
      wrong
        .filter(({ isGood }) => isGood)
        .slice(0, 3)
        .map((question) => JSON.stringify(question)),
    );
    arena.check(
      'mutated ones are refused',
      wrong
        .filter(({ isGood }) => !isGood)
        .slice(0, 3)
        .map((question) => JSON.stringify(question)),
    );
    return { good: questions.length / 2, mutated: questions.length / 2 };
  },
};

/**
 * The same question with one thing in it that is not so. Sizes are left: a path does not say how large its tree is where another size has one of the
 * same form; the signature over size and root does.
 */
function mutated<Asked extends { readonly kind: string }>(question: Asked, random: Random): Asked & Question {
  const fields = Object.entries(question).filter(
    ([name, value]) => !FIXED.has(name) && (!Array.isArray(value) || value.length > 0),
  );
  const [name, value] = random.pick(fields);
  return { ...question, [name]: otherThan(value, random) } as Asked & Question;
}

/** The end of a note: the last character of its signature, the filling, the line break. */
const LAST_CHARACTERS = 3;

const FIXED: ReadonlySet<string> = new Set(['kind', 'verifier', 'size']);

function otherThan(value: unknown, random: Random): unknown {
  if (typeof value === 'number') return value + 1;
  if (Array.isArray(value)) {
    const at = random.whole(0, value.length - 1);
    return random.whole(0, 1) === 0 ? value.toSpliced(at, 1) : value.with(at, flipped(String(value[at])));
  }
  const given = String(value);
  if (/^[A-Za-z0-9+/]{43}=$/.test(given)) return flipped(given);
  // A text: one of its characters, but not the last of a signature, of which base64 uses a part of the bits.
  const at = random.whole(0, given.length - LAST_CHARACTERS - 1);
  return `${given.slice(0, at)}${given[at] === 'x' ? 'y' : 'x'}${given.slice(at + 1)}`;
}

function flipped(base64: string): string {
  const hash: Hash = Buffer.from(base64, 'base64').toString('latin1');
  return toBase64(`${String.fromCharCode(hash.charCodeAt(0) ^ 1)}${hash.slice(1)}`);
}

async function askOracle(questions: readonly Question[]): Promise<readonly string[]> {
  const oracle = spawn('go', ['run', '.'], { cwd: ORACLE, stdio: ['pipe', 'pipe', 'inherit'] });
  const failed = new Promise<never>((_, reject) =>
    oracle.once('error', (cause) => reject(new Error('Go is missing: install golang-go', { cause }))),
  );
  oracle.stdin.end(questions.map((question) => `${JSON.stringify(question)}\n`).join(''));
  const said = await Promise.race([text(oracle.stdout), failed]);
  return said.trimEnd().split('\n');
}
