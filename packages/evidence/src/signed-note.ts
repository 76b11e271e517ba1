import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

/** A text with signatures below it (C2SP signed-note). */
export interface SignedNote {
  /** With the line break at its end: what is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  /** Four bytes that tell the keys of a name apart, then the signature. */
  readonly bytes: Buffer;
}

/** Signs texts under a name. */
export interface NoteSigner {
  readonly verifier: NoteVerifier;
  readonly sign: (text: string) => NoteSignature;
}

/** Checks the signatures of one key. */
export interface NoteVerifier {
  readonly name: string;
  readonly keyId: Buffer;
  /** Whether it is the key of a witness, which signs when it saw the note too. */
  readonly isWitness: boolean;
  /** `name+key id+base64 of algorithm and public key`, as Go's `note` package writes it. */
  readonly vkey: string;
  readonly verifies: (text: string, signature: Buffer) => boolean;
}

/** What a key signs: the text of a note itself, or, of a witness, the text and the time at which it was seen (C2SP tlog-cosignature). */
const ALGORITHMS = { note: 1, cosignature: 4 } as const;
type Algorithm = (typeof ALGORITHMS)[keyof typeof ALGORITHMS];

const KEY_ID_BYTES = 4;
const TIME_BYTES = 8;
/** What stands before the 32 bytes of an Ed25519 public key in its DER form (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const SEPARATOR = '\n\n— ';
/** More than any log or witness needs. */
const SIGNATURES_MAX = 100;

/**
 * A signer by an Ed25519 private key in PEM (`openssl genpkey -algorithm ed25519`). Throws an Error that says what is wrong with key or name.
 * A cosigner is given the clock, in milliseconds since the epoch.
 */
export function makeSigner(name: string, privatePem: string, clock?: () => number): NoteSigner {
  const key = createPrivateKey(privatePem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`the key of ${name} is not one of Ed25519`);
  const verifier = makeVerifier(vkeyOf(name, createPublicKey(key), clock ? ALGORITHMS.cosignature : ALGORITHMS.note));
  const { keyId } = verifier;
  return {
    verifier,
    sign(text) {
      if (!clock) return { name, bytes: Buffer.concat([keyId, sign(null, Buffer.from(text), key)]) };
      const time = Buffer.alloc(TIME_BYTES);
      time.writeBigUInt64BE(BigInt(Math.floor(clock() / 1000)));
      return { name, bytes: Buffer.concat([keyId, time, sign(null, cosigned(text, time), key)]) };
    },
  };
}

function vkeyOf(name: string, key: KeyObject, algorithm: Algorithm): string {
  const bytes = Buffer.concat([
    Buffer.of(algorithm),
    key.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length),
  ]);
  return `${name}+${keyIdOf(name, bytes).toString('hex')}+${bytes.toString('base64')}`;
}

function keyIdOf(name: string, algorithmAndKey: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(`${name}\n`), algorithmAndKey]);
  return hash('sha256', named, 'buffer').subarray(0, KEY_ID_BYTES);
}

/** A verifier by its text. Throws an Error that says what is wrong with it. */
export function makeVerifier(vkey: string): NoteVerifier {
  const [, name = '', id = '', base64 = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(vkey.trim()) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  const algorithm = bytes[0];
  if (bytes.length !== 33 || (algorithm !== ALGORITHMS.note && algorithm !== ALGORITHMS.cosignature))
    throw new Error(`'${vkey}' is no public key of the form name+id+key for Ed25519`);
  const keyId = keyIdOf(name, bytes);
  if (keyId.toString('hex') !== id)
    throw new Error(`the id ${id} of the key of ${name} is not that of its name and bytes`);
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, bytes.subarray(1)]), format: 'der', type: 'spki' });
  return {
    name,
    keyId,
    isWitness: algorithm === ALGORITHMS.cosignature,
    vkey: vkey.trim(),
    verifies(text, signature) {
      if (algorithm === ALGORITHMS.note) return verify(null, Buffer.from(text), key, signature);
      const time = signature.subarray(0, TIME_BYTES);
      return time.length === TIME_BYTES && verify(null, cosigned(text, time), key, signature.subarray(TIME_BYTES));
    },
  };
}

const cosigned = (text: string, time: Buffer): Buffer =>
  Buffer.from(`cosignature/v1\ntime ${time.readBigUInt64BE()}\n${text}`);

/** When a cosignature says that it was made, in seconds since the epoch; undefined when it is too short to say. */
export const cosignatureTime = ({ bytes }: NoteSignature): number | undefined =>
  bytes.length < KEY_ID_BYTES + TIME_BYTES ? undefined : Number(bytes.readBigUInt64BE(KEY_ID_BYTES));

export const signatureLine = ({ name, bytes }: NoteSignature): string => `— ${name} ${bytes.toString('base64')}\n`;

export const writeNote = ({ text, signatures }: SignedNote): string =>
  `${text}\n${signatures.map(signatureLine).join('')}`;

/** Signature lines as a note has them below its text; undefined when there is none, or one is malformed. */
export function parseSignatures(lines: string): readonly NoteSignature[] | undefined {
  if (!lines.endsWith('\n')) return undefined;
  const signatures = lines
    .slice(0, -1)
    .split('\n')
    .map((line) => {
      const [, name = '', base64 = ''] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
      return { name, bytes: Buffer.from(base64, 'base64') };
    });
  const isWhole = signatures.every(({ bytes }) => bytes.length > KEY_ID_BYTES) && signatures.length <= SIGNATURES_MAX;
  return isWhole ? signatures : undefined;
}

/** A note by its text; undefined when it is none. */
export function parseNote(note: string): SignedNote | undefined {
  const end = note.lastIndexOf(SEPARATOR);
  const signatures = end < 0 ? undefined : parseSignatures(note.slice(end + 2));
  return signatures && { text: note.slice(0, end + 1), signatures };
}

/**
 * The verifiers that a note has a good signature of. Signatures of unknown keys are passed over; a bad one of a known key is worse than none, and
 * makes the whole answer empty.
 */
export function signersOf(
  { text, signatures }: SignedNote,
  verifiers: readonly NoteVerifier[],
): readonly NoteVerifier[] {
  const good = new Set<NoteVerifier>();
  for (const { name, bytes } of signatures) {
    const keyId = bytes.subarray(0, KEY_ID_BYTES);
    const verifier = verifiers.find((known) => known.name === name && known.keyId.equals(keyId));
    if (!verifier) continue;
    if (!verifier.verifies(text, bytes.subarray(KEY_ID_BYTES))) return [];
    good.add(verifier);
  }
  return [...good];
}
