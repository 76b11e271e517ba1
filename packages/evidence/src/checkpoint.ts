import { fromBase64, type Hash, toBase64 } from './merkle.ts';

/** What a log was at a moment (C2SP tlog-checkpoint): the text of a signed note. */
export interface Checkpoint {
  /** Names the log. */
  readonly origin: string;
  /** Number of leaves. */
  readonly size: number;
  readonly root: Hash;
}

export const checkpointText = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${toBase64(root)}\n`;

/** The checkpoint that the text of a note holds; undefined when it is none. Further lines are allowed, and passed over. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = '', sizeText = '', rootText = '', ...rest] = text.split('\n');
  const root = fromBase64(rootText);
  const isWhole = origin !== '' && /^(0|[1-9]\d{0,15})$/.test(sizeText) && root !== undefined && rest.at(-1) === '';
  return isWhole && Number.isSafeInteger(Number(sizeText)) ? { origin, size: Number(sizeText), root } : undefined;
}
