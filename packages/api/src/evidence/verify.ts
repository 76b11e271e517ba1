import { type Checkpoint, type NoteVerifier, parseCheckpoint, parseNote } from '@overlay/evidence';
import {
  type Database,
  type Finding,
  type KnownCheckpoint,
  type LogHead,
  readCheckpoints,
  readDefinitions,
  readHeadless,
  readLogHeads,
  type StoredCheckpoint,
  verifyLog,
} from '@overlay/storage';
import { type Answer, answer, refuse } from '../answer.ts';
import type { Verification } from '../contract/index.ts';
import { type Anchored, keysOf, type OpenedCheckpoint, openCheckpoint } from './keys.ts';

export interface VerifyAsk {
  /** Of one source; else of all. */
  readonly source?: string | undefined;
  /** A signed note that is believed: only what came after it is recomputed. */
  readonly since?: string | undefined;
  /** Public keys of notaries and witnesses, from outside the database. */
  readonly keys: readonly NoteVerifier[];
  /** Checkpoints from outside the database. */
  readonly anchors: readonly Anchored[];
  /** Digests of definitions from outside the database. */
  readonly definitions?: Readonly<Record<string, string>> | undefined;
  readonly onProgress?:
    | ((done: { readonly source: string; readonly leaves: number; readonly size: number }) => void)
    | undefined;
}

/** Ranges that are recomputed at a time; Postgres gives each a process of its own. */
const JOBS = 4;

/** Recomputes the evidence logs from the stored rows, and compares them with all that is known of them. */
export async function verify(database: Database, ask: VerifyAsk): Promise<Answer<Verification>> {
  // Checkpoints first: of those that are signed meanwhile, the heads would be too old.
  const stored = new Map<string, readonly StoredCheckpoint[]>();
  for (const { source } of await readLogHeads(database)) stored.set(source, await readCheckpoints(database, source));
  const heads = (await readLogHeads(database)).filter(
    ({ source }) => ask.source === undefined || source === ask.source,
  );
  const since = ask.since === undefined ? undefined : openCheckpoint(ask.since, ask.keys);
  if (ask.since !== undefined && !since)
    return refuse(
      'invalid',
      'the checkpoint to begin with has no good signature of a known key',
      'give the public key of its log with --keys',
    );
  const known = new Set(
    ask.anchors.map(({ source }) => source).filter((source) => ask.source === undefined || source === ask.source),
  );
  if (heads.length === 0 && known.size === 0)
    return refuse(
      'not_found',
      'there is no evidence log',
      'a log begins with the first record that the normalizer lands',
    );
  const logs = [];
  for (const head of heads)
    logs.push(await verifyOne(database, ask, { head, stored: stored.get(head.source) ?? [], since }));
  const gone = [...known].filter((source) => !heads.some((head) => head.source === source));
  const headless = ask.source === undefined ? await readHeadless(database) : [];
  const findings: Finding[] = [
    ...gone.map((source) => nowhere(source, 'the log is gone: an anchor has checkpoints of it')),
    ...headless
      .filter((source) => !gone.includes(source))
      .map((source) => nowhere(source, 'rows without the head of a log')),
  ];
  return answer({
    logs,
    findings: [...findings, ...(await compareDefinitions(database, ask.definitions))].map(finding),
    unchecked: uncheckedOf(
      ask,
      heads.map(({ source }) => source).filter((source) => stored.get(source)?.length),
    ),
  });
}

/** What is known of one log before its rows are read. */
interface KnownLog {
  readonly head: LogHead;
  readonly stored: readonly StoredCheckpoint[];
  readonly since: OpenedCheckpoint | undefined;
}

async function verifyOne(
  database: Database,
  ask: VerifyAsk,
  { head, stored, since }: KnownLog,
): Promise<Verification['logs'][number]> {
  const { source } = head;
  const inDatabase = stored.map(({ checkpointId, note }) => ({
    note,
    place: `checkpoint ${checkpointId} of the database`,
  }));
  const anchored = ask.anchors.filter((anchor) => anchor.source === source);
  const fromStore = openAll(source, inDatabase, ask.keys);
  const fromAnchors = openAll(source, anchored, ask.keys);
  const begin = since?.origin.endsWith(`/${source}`)
    ? [{ size: since.size, root: since.root, from: 'the checkpoint to begin with' }]
    : [];
  const verified = await verifyLog(database, {
    head,
    checkpoints: [...fromStore.checkpoints, ...fromAnchors.checkpoints, ...begin],
    ...(begin[0] && { since: begin[0].size }),
    jobs: JOBS,
    onProgress: ({ leaves }) => ask.onProgress?.({ source, leaves, size: head.size }),
  });
  const newest = fromAnchors.checkpoints.reduce((size, checkpoint) => Math.max(size, checkpoint.size), 0);
  return {
    source,
    firstSequence: head.first,
    lastSequence: head.first + head.size - 1,
    size: verified.size,
    root: Buffer.from(verified.root, 'latin1').toString('base64'),
    recomputed: verified.leaves,
    events: verified.events,
    checkpoints: fromStore.checkpoints.length,
    anchors: fromAnchors.checkpoints.length,
    anchoredUpTo: newest === 0 ? null : head.first + newest - 1,
    findings: [...verified.findings, ...fromStore.findings, ...fromAnchors.findings].map(finding),
  };
}

interface Opened {
  readonly size: number;
  readonly root: string;
  readonly isWitnessed: boolean;
}

/** A checkpoint of the log with a good signature; any, where no key of the log is known. */
function openOne(source: string, note: string, keys: readonly NoteVerifier[]): Opened | undefined {
  const unsigned = (): (Checkpoint & { readonly isWitnessed: boolean }) | undefined => {
    const checkpoint = parseCheckpoint(parseNote(note)?.text ?? '');
    return checkpoint && { ...checkpoint, isWitnessed: false };
  };
  const checkpoint = keysOf(source, keys).length > 0 ? openCheckpoint(note, keys) : unsigned();
  return checkpoint?.origin.endsWith(`/${source}`) ? checkpoint : undefined;
}

/** The checkpoints of one place in their order, and what is wrong with some, or with the order. */
function openAll(
  source: string,
  notes: readonly { readonly note: string; readonly place: string }[],
  keys: readonly NoteVerifier[],
): { readonly checkpoints: readonly KnownCheckpoint[]; readonly findings: readonly Finding[] } {
  const checkpoints: KnownCheckpoint[] = [];
  const findings: Finding[] = [];
  let [longest, isWitnessed] = [0, false];
  for (const { note, place } of notes) {
    const opened = openOne(source, note, keys);
    if (!opened) {
      findings.push(nowhere(source, `${place} has no good signature: it was forged`));
      continue;
    }
    const { size, root } = opened;
    if (size < longest)
      findings.push(
        nowhere(source, `${place} is of ${size} leaves, one before it of ${longest}: an old one was put there again`),
      );
    checkpoints.push({ size, root, from: place });
    longest = Math.max(longest, size);
    isWitnessed ||= opened.isWitnessed;
  }
  if (checkpoints.length > 0 && !isWitnessed && keys.some((key) => key.isWitness))
    findings.push(
      nowhere(
        source,
        `none of ${checkpoints.length} checkpoints (${notes[0]?.place} and on) has a cosignature of a witness`,
      ),
    );
  return { checkpoints, findings };
}

async function compareDefinitions(database: Database, expected: VerifyAsk['definitions']): Promise<readonly Finding[]> {
  if (!expected) return [];
  const stored = await readDefinitions(database);
  const names = [...new Set([...Object.keys(expected), ...Object.keys(stored)])].sort();
  return names
    .filter((name) => stored[name] !== expected[name])
    .map((name) => {
      if (stored[name] === undefined) return nowhere(null, `${name} is gone`);
      return nowhere(null, expected[name] === undefined ? `${name} was added` : `${name} was changed`);
    });
}

/** What nothing was compared with, because it was not given. */
function uncheckedOf({ keys, anchors, definitions }: VerifyAsk, signed: readonly string[]): string[] {
  const unknown = signed.filter((source) => keysOf(source, keys).length === 0);
  return [
    ...(keys.length === 0
      ? ['no public keys: signatures were not checked']
      : unknown.map((source) => `no public key of the log ${source}: its signatures were not checked`)),
    ...(anchors.length === 0
      ? ['no anchors: who can write to the database can have changed rows, leaves, tiles, head and checkpoints alike']
      : []),
    ...(definitions === undefined ? ['no definitions: views and functions were not compared'] : []),
  ];
}

const nowhere = (source: string | null, what: string): Finding => ({
  source: source ?? '',
  first: null,
  last: null,
  what,
});

const finding = ({ source, first, last, what }: Finding) => ({ source, first, last, what });
