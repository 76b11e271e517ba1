import {
  eventDigest,
  eventRowBytes,
  fromBase64,
  includes,
  leafHash,
  type NoteVerifier,
  parseTlogProof,
  parseTransactionEntry,
  proveInclusion,
  rootOf,
  toBase64,
  writeTlogProof,
} from '@overlay/evidence';
import {
  type Database,
  type LoggedSequence,
  makeReadRoots,
  readCheckpoints,
  readLogged,
  readLogHeads,
} from '@overlay/storage';
import { z } from 'zod';
import { type Answer, answer, refuse } from '../answer.ts';
import { findNamed } from '../find.ts';
import { jsonOrUndefined, openCheckpoint } from './keys.ts';

/** An event with its nonce: all that its digest is made of. */
export const ProvedEvent = z.object({
  row: z.object({
    source: z.string(),
    sequence: z.int(),
    ordinal: z.int(),
    /** Microseconds since the epoch. */
    commitUs: z.int(),
    eventId: z.uuid(),
    database: z.string(),
    table: z.string(),
    operation: z.string(),
    /** The stored text. */
    body: z.string(),
  }),
  nonce: z.base64(),
});
export type ProvedEvent = z.infer<typeof ProvedEvent>;

/** That an event is in its transaction, and the transaction in the log that was signed. */
export const EventProof = z.object({
  format: z.literal('audit-event-proof/v1'),
  event: ProvedEvent,
  /** From the event's digest to the root of its transaction. */
  inTransaction: z.array(z.base64()),
  /** What is logged for the transaction. */
  entry: z.string(),
  /** C2SP tlog-proof of the entry, with a signed checkpoint. */
  tlogProof: z.string(),
});
export type EventProof = z.infer<typeof EventProof>;

export const provedEvent = ({ row, nonce }: LoggedSequence['events'][number]): ProvedEvent => ({
  row,
  nonce: Buffer.from(nonce, 'latin1').toString('base64'),
});

/** Proves an event by the newest checkpoint. Refused while its sequence has no checkpoint yet. */
export async function prove(database: Database, id: string): Promise<Answer<EventProof>> {
  const named = await findNamed(database, id);
  if (!named.ok) return named;
  const { found } = named.value;
  if (found.kind !== 'change_event')
    return refuse('invalid', `'${id}' is no change event`, '`auditctl trace` shows the change events that it rests on');
  const head = (await readLogHeads(database)).find(({ source }) => source === found.source);
  const checkpoint = (await readCheckpoints(database, found.source)).at(-1);
  const index = found.sequence - (head?.first ?? 1);
  if (!head || !checkpoint || index >= checkpoint.size || index < 0)
    return refuse(
      'conflict',
      'no checkpoint covers the event',
      'the notary signs within seconds; does it run? what landed before there was evidence is in no log',
    );
  const [logged] = await readLogged(database, found.source, found.sequence, found.sequence);
  const place = logged?.events.findIndex(({ row }) => row.eventId === found.id) ?? -1;
  const event = logged?.events[place];
  if (!logged || !event) return refuse('not_found', 'the event is not in its transaction', 'run `auditctl verify`');
  const digests = logged.events.map(({ digest }) => digest);
  const inTransaction = await proveInclusion(place, digests.length, async (trees) =>
    trees.map(({ height, index: at }) => rootOf(digests.slice(at * 2 ** height, (at + 1) * 2 ** height))),
  );
  const hashes = await proveInclusion(index, checkpoint.size, makeReadRoots(database, head));
  return answer({
    format: 'audit-event-proof/v1',
    event: provedEvent(event),
    inTransaction: inTransaction.map(toBase64),
    entry: logged.entry,
    tlogProof: writeTlogProof({ index, hashes, checkpoint: checkpoint.note }),
  });
}

/** What a proof shows, or why it shows nothing. */
export type Checked<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly why: string };

const wrong = (why: string): Checked<never> => ({ ok: false, why });

/** Checks a proof by itself and the public keys of its log, without any database. */
export function checkProof(
  text: string,
  keys: readonly NoteVerifier[],
): Checked<EventProof & { readonly signers: readonly string[] }> {
  const parsed = EventProof.safeParse(jsonOrUndefined(text));
  if (!parsed.success) return wrong('the file is no proof of an event');
  const { event, inTransaction, entry, tlogProof } = parsed.data;
  const transaction = parseTransactionEntry(entry);
  const hashes = inTransaction.map(fromBase64).filter((hash) => hash !== undefined);
  if (!transaction || hashes.length !== inTransaction.length) return wrong('the file is no proof of an event');
  const { row } = event;
  if (row.source !== transaction.source || row.sequence !== transaction.sequence)
    return wrong('the event is of another transaction than the entry');
  const tree = { index: row.ordinal - 1, size: transaction.count, root: transaction.root };
  if (!includes(tree, digestOf(event), hashes)) return wrong('the event is not in the transaction as it was logged');
  const inLog = checkEntry(entry, tlogProof, keys);
  return inLog.ok ? { ok: true, value: { ...parsed.data, signers: inLog.value } } : inLog;
}

export function digestOf({ row, nonce }: ProvedEvent): string {
  const bytes = eventRowBytes(row);
  return eventDigest(Buffer.from(nonce, 'base64').toString('latin1'), bytes, 0, bytes.length);
}

/** Whether an entry is in a log that was signed; by whom. */
export function checkEntry(
  entry: string,
  tlogProof: string,
  keys: readonly NoteVerifier[],
): Checked<readonly string[]> {
  const proof = parseTlogProof(tlogProof);
  if (!proof) return wrong('the proof of the log is malformed');
  const checkpoint = openCheckpoint(proof.checkpoint, keys);
  if (!checkpoint) return wrong('the checkpoint has no good signature of a known key');
  if (!checkpoint.origin.endsWith(`/${parseTransactionEntry(entry)?.source}`))
    return wrong('the checkpoint is of another log');
  if (!includes({ ...checkpoint, index: proof.index }, leafHash(entry), proof.hashes))
    return wrong('the transaction is not in the log that was signed');
  return { ok: true, value: checkpoint.signers };
}
