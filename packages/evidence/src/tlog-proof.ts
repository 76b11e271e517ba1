import { fromBase64, type Hash, toBase64 } from './merkle.ts';

/** A proof that a leaf is in a log, with the checkpoint that it is proved against (C2SP tlog-proof). */
export interface TlogProof {
  readonly index: number;
  readonly hashes: readonly Hash[];
  /** A signed note. */
  readonly checkpoint: string;
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';

export const writeTlogProof = ({ index, hashes, checkpoint }: TlogProof): string =>
  `${FIRST_LINE}\nindex ${index}\n${hashes.map((hash) => `${toBase64(hash)}\n`).join('')}\n${checkpoint}`;

/** The proof that a text holds; undefined when it is none. */
export function parseTlogProof(text: string): TlogProof | undefined {
  const end = text.indexOf('\n\n');
  const [first, indexLine = '', ...lines] = end < 0 ? [] : text.slice(0, end).split('\n');
  const [, index] = /^index (0|[1-9]\d{0,14})$/.exec(indexLine) ?? [];
  const hashes = lines.map(fromBase64).filter((hash) => hash !== undefined);
  if (first !== FIRST_LINE || index === undefined || hashes.length !== lines.length) return undefined;
  return { index: Number(index), hashes, checkpoint: text.slice(end + 2) };
}
