import { readFileSync } from 'node:fs';
import {
  type Checkpoint,
  makeVerifier,
  type NoteVerifier,
  parseCheckpoint,
  parseNote,
  signersOf,
} from '@overlay/evidence';
import { Misconfigured, messageOf } from '@overlay/runtime';
import { z } from 'zod';

/** Public keys by text, `name+id+key` each, in lines or separated by spaces or commas. Throws {@link Misconfigured}. */
export function parseKeys(text: string): readonly NoteVerifier[] {
  try {
    return text
      .split(/[\s,]+/)
      .filter((key) => key !== '')
      .map(makeVerifier);
  } catch (thrown) {
    throw new Misconfigured([messageOf(thrown)]);
  }
}

/** A log is named `<origin>/<source>`. */
const isOf = (source: string, name: string): boolean => name.endsWith(`/${source}`);

export const keysOf = (source: string, keys: readonly NoteVerifier[]): readonly NoteVerifier[] =>
  keys.filter(({ name }) => isOf(source, name));

/** A checkpoint with a good signature, and whose it has. */
export interface OpenedCheckpoint extends Checkpoint {
  readonly signers: readonly string[];
  readonly isWitnessed: boolean;
}

/** A checkpoint by its signed note; undefined when it is none, or has no good signature of the log that it is of. */
export function openCheckpoint(note: string, keys: readonly NoteVerifier[]): OpenedCheckpoint | undefined {
  const parsed = parseNote(note);
  const checkpoint = parsed && parseCheckpoint(parsed.text);
  if (!parsed || !checkpoint) return undefined;
  const signers = signersOf(parsed, keys);
  return signers.some(({ name, isWitness }) => name === checkpoint.origin && !isWitness)
    ? {
        ...checkpoint,
        signers: signers.map(({ name }) => name),
        isWitnessed: signers.some(({ isWitness }) => isWitness),
      }
    : undefined;
}

/** A checkpoint that was handed to an anchor, and the place of it there. */
export interface Anchored {
  readonly source: string;
  readonly note: string;
  readonly place: string;
}

const AnchorLine = z.object({ source: z.string(), note: z.string() });

/** What an anchor holds: lines of JSON as the notary appends them, or one signed note. Throws {@link Misconfigured} when it is neither. */
export function readAnchors(file: string): readonly Anchored[] {
  const text = readOrRefuse(file);
  const checkpoint = parseCheckpoint(parseNote(text)?.text ?? '');
  if (checkpoint) return [{ source: checkpoint.origin.split('/').at(-1) ?? '', note: text, place: file }];
  return text.split('\n').flatMap((line, index) => {
    if (line === '') return [];
    const parsed = AnchorLine.safeParse(jsonOrUndefined(line));
    if (!parsed.success) throw new Misconfigured([`${file}, line ${index + 1}: is no checkpoint of a notary`]);
    return [{ ...parsed.data, place: `${file}, line ${index + 1}` }];
  });
}

/** Throws {@link Misconfigured} when the file cannot be read. */
export function readOrRefuse(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new Misconfigured([messageOf(thrown)]);
  }
}

export function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const Definitions = z.record(z.string(), z.string());

/** What `auditctl definitions` printed. Throws {@link Misconfigured} when the file is something else. */
export function readDefinitionsFile(file: string): Readonly<Record<string, string>> {
  const parsed = Definitions.safeParse(jsonOrUndefined(readOrRefuse(file)));
  if (!parsed.success) throw new Misconfigured([`${file} is not what \`auditctl definitions\` prints`]);
  return parsed.data;
}
