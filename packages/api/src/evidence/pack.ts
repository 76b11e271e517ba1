import { createHash } from 'node:crypto';
import { closeSync, createReadStream, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type NoteVerifier, parseTransactionEntry, proveInclusion, rootOf, writeTlogProof } from '@overlay/evidence';
import type { Zone } from '@overlay/narratives';
import {
  type Database,
  type LoggedSequence,
  type LogHead,
  makeReadRoots,
  readCheckpoints,
  readGaps,
  readLogged,
  readLogHeads,
  readSequencesBetween,
  readSources,
  type StoredCheckpoint,
} from '@overlay/storage';
import { z } from 'zod';
import { type Answer, answer, refuse } from '../answer.ts';
import { chooseDays, chooseSource } from '../choose.ts';
import { jsonOrUndefined, openCheckpoint, readOrRefuse } from './keys.ts';
import { type Checked, checkEntry, digestOf, ProvedEvent, provedEvent } from './proof.ts';

export interface PackAsk {
  readonly source?: string | undefined;
  /** A sequence or a day, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

interface PackDeps {
  readonly database: Database;
  readonly zone: Zone;
  readonly now: () => Date;
}

/** What is in an evidence pack, in short: its file `manifest.json`. */
export const Manifest = z.object({
  format: z.literal('audit-evidence-pack/v1'),
  source: z.string(),
  firstSequence: z.int(),
  lastSequence: z.int(),
  transactions: z.int(),
  events: z.int(),
  /** Name → SHA-256 in hexadecimal. */
  files: z.record(z.string(), z.string()),
});
export type Manifest = z.infer<typeof Manifest>;

const Line = z.object({ entry: z.string(), tlogProof: z.string(), events: z.array(ProvedEvent) });

/** Sequences that are read at a time. */
const PAGE_SEQUENCES = 200;
const SEQUENCE = /^[1-9]\d{0,14}$/;
const GAPS_MAX = 1000;
const FILES = {
  transactions: 'transactions.jsonl',
  checkpoint: 'checkpoint.txt',
  coverage: 'coverage.txt',
  readme: 'README.txt',
};

/** Writes everything of a stretch of the log into an empty folder: events, proofs, the checkpoint, and what it covers and what not. */
export async function writePack(deps: PackDeps, directory: string, ask: PackAsk): Promise<Answer<Manifest>> {
  const { database } = deps;
  const chosen = await chooseStretch(deps, ask);
  if (!chosen.ok) return chosen;
  const { source, from, to } = chosen.value;
  const head = (await readLogHeads(database)).find((one) => one.source === source);
  const checkpoint = (await readCheckpoints(database, source)).at(-1);
  if (!head || !checkpoint || from < head.first || to - head.first >= checkpoint.size)
    return refuse(
      'conflict',
      `no checkpoint covers sequences ${from} to ${to} of ${source}`,
      'the notary signs within seconds; does it run? what landed before there was evidence is in no log',
    );
  mkdirSync(directory, { recursive: true });
  if (readdirSync(directory).length > 0) return refuse('conflict', `${directory} is not empty`, 'name a new folder');
  const stretch = { ...chosen.value, head, checkpoint };
  const written = await writeTransactions(database, join(directory, FILES.transactions), stretch);
  const gaps = (await readGaps(database, GAPS_MAX)).filter(
    (gap) => gap.source === source && gap.afterSequence >= from - 1 && gap.afterSequence <= to,
  );
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text, { flag: 'wx' });
  write(FILES.checkpoint, checkpoint.note);
  write(FILES.coverage, coverageText({ ...stretch, ...written, gaps, at: deps.now() }));
  write(FILES.readme, README);
  const manifest: Manifest = {
    format: 'audit-evidence-pack/v1',
    source,
    firstSequence: from,
    lastSequence: to,
    transactions: written.transactions,
    events: written.events,
    files: await digestsOf(directory),
  };
  write('manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
  return answer(manifest);
}

interface Stretch {
  readonly source: string;
  readonly from: number;
  readonly to: number;
  readonly head: LogHead;
  readonly checkpoint: StoredCheckpoint;
}

interface Written {
  readonly transactions: number;
  readonly events: number;
  /** How many sequences of each kind. */
  readonly kinds: ReadonlyMap<string, number>;
}

async function writeTransactions(
  database: Database,
  file: string,
  { source, from, to, head, checkpoint }: Stretch,
): Promise<Written> {
  const read = makeReadRoots(database, head);
  const kinds = new Map<string, number>();
  let [transactions, events] = [0, 0];
  const handle = openSync(file, 'wx');
  try {
    for (let first = from; first <= to; first += PAGE_SEQUENCES) {
      for (const logged of await readLogged(database, source, first, Math.min(first + PAGE_SEQUENCES - 1, to))) {
        const index = logged.sequence - head.first;
        const hashes = await proveInclusion(index, checkpoint.size, read);
        const line = lineOf(logged, writeTlogProof({ index, hashes, checkpoint: checkpoint.note }));
        writeSync(handle, `${JSON.stringify(line)}\n`);
        const kind = parseTransactionEntry(logged.entry)?.kind ?? '';
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        transactions++;
        events += logged.events.length;
      }
    }
  } finally {
    closeSync(handle);
  }
  return { transactions, events, kinds };
}

async function digestsOf(directory: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const name of Object.values(FILES)) digests[name] = await sha256Of(join(directory, name));
  return digests;
}

const lineOf = ({ entry, events }: LoggedSequence, tlogProof: string): z.infer<typeof Line> => ({
  entry,
  tlogProof,
  events: events.map(provedEvent),
});

async function chooseStretch(
  { database, zone, now }: PackDeps,
  ask: PackAsk,
): Promise<Answer<{ source: string; from: number; to: number }>> {
  const chosen = chooseSource(ask.source, await readSources(database));
  if (!chosen.ok) return chosen;
  const ofDay = (text: string | undefined) => (text !== undefined && SEQUENCE.test(text) ? undefined : text);
  const days = chooseDays({ from: ofDay(ask.from), to: ofDay(ask.to) }, zone, now());
  if (!days.ok) return days;
  const found = await readSequencesBetween(database, chosen.value, days.value);
  const from = ask.from !== undefined && SEQUENCE.test(ask.from) ? Number(ask.from) : found?.from;
  const to = ask.to !== undefined && SEQUENCE.test(ask.to) ? Number(ask.to) : found?.to;
  if (from === undefined || to === undefined || from > to)
    return refuse(
      'not_found',
      `nothing of ${chosen.value} is in that stretch`,
      'give sequences or days with --from and --to',
    );
  return answer({ source: chosen.value, from, to });
}

/** Checks a pack by itself and the public keys of its log, without any database. */
export async function checkPack(
  directory: string,
  keys: readonly NoteVerifier[],
): Promise<Checked<Manifest & { readonly signers: readonly string[] }>> {
  const parsed = Manifest.safeParse(jsonOrUndefined(readOrRefuse(join(directory, 'manifest.json'))));
  if (!parsed.success) return { ok: false, why: 'manifest.json is not that of an evidence pack' };
  const manifest = parsed.data;
  const checkpoint = openCheckpoint(readOrRefuse(join(directory, FILES.checkpoint)), keys);
  if (!checkpoint) return { ok: false, why: `${FILES.checkpoint} has no good signature of a known key` };
  const why = (await otherFile(directory, manifest)) ?? (await checkTransactions(directory, manifest, keys));
  return why === undefined ? { ok: true, value: { ...manifest, signers: checkpoint.signers } } : { ok: false, why };
}

async function otherFile(directory: string, { files }: Manifest): Promise<string | undefined> {
  const digests = await digestsOf(directory);
  const other = Object.values(FILES).find((name) => files[name] !== digests[name]);
  return other && `${other} is not the file of the manifest`;
}

async function checkTransactions(
  directory: string,
  { source, firstSequence, lastSequence, events }: Manifest,
  keys: readonly NoteVerifier[],
): Promise<string | undefined> {
  let [due, count] = [firstSequence, 0];
  for await (const text of createInterface({ input: createReadStream(join(directory, FILES.transactions)) })) {
    const line = Line.safeParse(jsonOrUndefined(text));
    const why = line.success ? faultOf(line.data, source, due, keys) : 'its line is malformed';
    if (why !== undefined) return `sequence ${due}: ${why}`;
    due++;
    count += line.data?.events.length ?? 0;
  }
  if (due !== lastSequence + 1) return `sequences ${due} to ${lastSequence} are not those that are there`;
  return count === events ? undefined : `${count} events are there, the manifest says ${events}`;
}

function faultOf(
  { entry, tlogProof, events }: z.infer<typeof Line>,
  source: string,
  due: number,
  keys: readonly NoteVerifier[],
): string | undefined {
  const transaction = parseTransactionEntry(entry);
  if (!transaction || transaction.source !== source || transaction.sequence !== due)
    return 'another sequence stands in its place';
  if (events.length !== transaction.count || rootOf(events.map(digestOf)) !== transaction.root)
    return 'its events are not those that were logged';
  const checked = checkEntry(entry, tlogProof, keys);
  return checked.ok ? undefined : checked.why;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function coverageText(
  of: Stretch & Written & { readonly gaps: Awaited<ReturnType<typeof readGaps>>; readonly at: Date },
): string {
  const { first } = of.head;
  return `Coverage
========

Source                 ${of.source}
Sequences              ${of.from} to ${of.to}, each of them, ${of.transactions} in all
Row changes            ${of.events}
By kind                ${[...of.kinds].map(([kind, count]) => `${kind} ${count}`).join(', ')}
Signed                 by checkpoint.txt, over sequences ${first} to ${first + of.checkpoint.size - 1}
Made                   ${of.at.toISOString()}
Gaps on record         ${of.gaps.length === 0 ? 'none in this stretch' : ''}
${of.gaps.map(({ code, subject, afterSequence, decision }) => `  ${code} ${subject} after sequence ${afterSequence}, ${decision ?? 'undecided'}\n`).join('')}
What it shows: these are all the sequences of the stretch, in their order, with everything that the record says of each row change, as it was when
the checkpoint was signed. What is set aside could not be read: of it stand here its id, its time and the digest of its raw bytes.

What it does not show: that the source wrote everything into its binary log; who asked the source to do it; values of columns that the pack
drops or seals, of which tokens stand here; what the stages made of it (events, anomalies, summaries).
`;
}

const README = `This folder is evidence: a stretch of an audit record that can be checked without the system that made it.

  coverage.txt         what it covers, and what not
  transactions.jsonl   a line for each sequence: what was logged for it (entry), the proof that it is in the log (tlogProof), and its row
                       changes (events), each with the nonce that it was hashed with
  checkpoint.txt       the signed size and root of the log (a C2SP signed note)
  manifest.json        the digests of these files

To check it, with the public key of the log, which you have from elsewhere than from here:

  auditctl verify-proof FOLDER --keys FILE

The formats are open: the log is an RFC 6962 Merkle tree, checkpoint and proofs are those of C2SP (c2sp.org/tlog-checkpoint, tlog-proof). The
leaf of a sequence is SHA-256(0x00 || entry); the digest of an event is SHA-256(0x00 || nonce || row), and the root in the entry is that of
the tree over its events' digests. docs/reference/evidence.md says how a row is written as bytes.
`;
