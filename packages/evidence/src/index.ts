export { actEntry, type LoggedAct } from './act-entry.ts';
export { canonicalJson } from './canonical.ts';
export { type Checkpoint, checkpointText, parseCheckpoint } from './checkpoint.ts';
export { CompactRange } from './compact-range.ts';
export { DIGEST_OF_NOTHING, digest, digestAfter } from './digest.ts';
export { type EventRow, eventRowBytes } from './event-row.ts';
export { EventTree, eventDigest } from './event-tree.ts';
export { identify, UUID_DIGIT_PLACES, UUID_LENGTH } from './identity.ts';
export { fromBase64, HASH_BYTES, type Hash, leafHash, packHashes, rootOf, toBase64, unpackHashes } from './merkle.ts';
export { makeNonceKeys, makeNonces } from './nonces.ts';
export {
  includes,
  isConsistent,
  proveConsistency,
  proveInclusion,
  type ReadRoots,
  rangeAt,
  type TreeHead,
} from './proof.ts';
export {
  cosignatureTime,
  makeSigner,
  makeVerifier,
  type NoteSignature,
  type NoteSigner,
  type NoteVerifier,
  parseNote,
  parseSignatures,
  type SignedNote,
  signatureLine,
  signersOf,
  writeNote,
} from './signed-note.ts';
export { type Subtree, TILE_WIDTH, type Tile, TiledLog, tilePartOf } from './tile.ts';
export { parseTlogProof, type TlogProof, writeTlogProof } from './tlog-proof.ts';
export { type LoggedTransaction, parseTransactionEntry, transactionEntry } from './transaction-entry.ts';
