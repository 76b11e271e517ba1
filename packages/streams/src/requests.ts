import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Book,
  type KeptRecord,
  type Ledger,
  must,
  type NewItems,
  type OfferedPack,
  type StageRequest,
} from '@overlay/model';
import { LongItems } from '@overlay/runtime';
import type { Arrow, Repaired } from './arrow.ts';
import type { Message } from './kafka.ts';
import { writtenOf } from './written.ts';

/** Raw records that are read again before anything else gets its turn. */
const SLICE_RECORDS = 200;

export interface RequestsDeps<In, Out, Value> {
  readonly arrow: Arrow<In, Out, Value>;
  readonly ledger: Ledger<Out>;
  /** Whether this program publishes what it lands. */
  readonly isPublishing: boolean;
  /** What decoding needs of the world for these messages. */
  readonly prepare: (messages: readonly Message[]) => Promise<void>;
}

/** What is left to do for people's requests once the book is open: sequences to publish again, from the first on, and who asked for it. */
export interface Republication {
  readonly from: number;
  readonly requestIds: readonly string[];
}

export interface Taken {
  /** The book as it stands after the repairs. */
  readonly book: Book;
  readonly republication: Republication | undefined;
}

/** Fulfils or refuses what people ask of a stage in one source, the oldest first, while nothing else goes on in that source. */
export async function takeRequests<In, Out, Value>(deps: RequestsDeps<In, Out, Value>, opened: Book): Promise<Taken> {
  const { ledger } = deps;
  const { source } = opened.head;
  const initial = deps.arrow.packs?.initial;
  let book = opened;
  if (initial && isNews(initial, book)) {
    await ledger.activatePack(book.head, initial, null);
    book = await ledger.open(source);
  }
  const again: StageRequest[] = [];
  for (const request of await ledger.requests([source])) {
    const refusal = await TAKEN[request.kind](deps, book, request);
    if (refusal !== undefined) await ledger.answer(request.requestId, refusal);
    else if (request.kind === 'republish') again.push(request);
    else book = await ledger.open(source);
  }
  if (again.length === 0) return { book, republication: undefined };
  const from = Math.min(...again.map(({ sequence }) => sequence));
  return { book, republication: { from, requestIds: again.map(({ requestId }) => requestId) } };
}

/** What each kind of request does at once; gives why it is refused, where it is. */
const TAKEN = { repair, republish: refusalOf, activate } as const;

/** Whether what a stage begins with is to come into force: nothing is yet, or an older version of the same pack. */
function isNews(initial: OfferedPack, { packs = [] }: Book): boolean {
  const newest = packs.at(-1);
  return !newest || (newest.name === initial.name && newest.version < initial.version);
}

/** Puts a version of the pack in force from the next sequence on. */
async function activate<In, Out, Value>(
  { arrow, ledger }: RequestsDeps<In, Out, Value>,
  { head, packs = [] }: Book,
  { pack, requestId }: StageRequest,
): Promise<string | undefined> {
  must(pack, 'a request to activate names a version of a pack');
  if (!arrow.packs?.initial) return `${arrow.stage} does not decide by which pack a source is read`;
  const newest = packs.at(-1);
  if (newest?.name === pack.name && newest.version === pack.version) {
    await ledger.answer(requestId, null);
    return undefined;
  }
  if (newest?.name === pack.name && newest.version > pack.version)
    return `version ${newest.version} of pack ${pack.name} is in force from sequence ${newest.fromSequence} on: raise the version`;
  await ledger.activatePack(head, pack, requestId);
  return undefined;
}

async function refusalOf<In, Out, Value>(
  { isPublishing, arrow }: RequestsDeps<In, Out, Value>,
  { head }: Book,
  { sequence }: StageRequest,
): Promise<string | undefined> {
  if (!isPublishing) return `${arrow.stage} publishes nothing (PUBLISH=off)`;
  return sequence > head.landed ? `${arrow.stage} has landed up to sequence ${head.landed} only` : undefined;
}

/** Reads the raw records once more and lands what they make; gives why not, where they make nothing. */
async function repair<In, Out, Value>(
  deps: RequestsDeps<In, Out, Value>,
  { head, memory, packs = [] }: Book,
  request: StageRequest,
): Promise<string | undefined> {
  const { arrow, ledger } = deps;
  const { source, sequence: repairs } = request;
  const unit = await ledger.setAside(source, repairs);
  if (!arrow.repair) return `${arrow.stage} has no raw records to read again`;
  if (!unit) return `nothing is set aside under sequence ${repairs} of source ${source}`;
  if (unit.repairedBy !== null) return `sequence ${repairs} was repaired by sequence ${unit.repairedBy}`;
  const lists: LongItems<unknown>[] = [];
  const newItems: NewItems = (lengthOf) => {
    const list = new LongItems(lengthOf);
    lists.push(list as LongItems<unknown>);
    return list;
  };
  try {
    const sequence = head.landed + 1;
    const recall = (key: string) => memory.get(key);
    const { transactionId, timestamp } = unit;
    const job = { source, sequence, repairs, unit: transactionId, timestamp, recall, newItems, packs };
    const repaired = await readAgain(deps, request, arrow.repair(job), newItems);
    if (repaired.kind === 'refused') return repaired.why;
    must(head.position, 'a source with something set aside has a position');
    await ledger.land(
      {
        head,
        landed: sequence,
        position: head.position,
        gtids: head.gtids,
        records: [writtenOf(repaired.out, arrow)],
        remember: new Map(repaired.remember),
        deadLetters: [],
        repeats: [],
        schemaVersions: repaired.schemaVersions ?? [],
        answers: request.requestId,
      },
      () => {},
    );
    return undefined;
  } finally {
    for (const list of lists) list.release();
  }
}

async function readAgain<In, Out, Value>(
  { arrow, ledger, prepare }: RequestsDeps<In, Out, Value>,
  request: StageRequest,
  repairing: ReturnType<NonNullable<Arrow<In, Out, Value>['repair']>>,
  newItems: NewItems,
): Promise<Repaired<Out>> {
  const decode = arrow.input.open(newItems, () => false);
  const read = async (messages: readonly Message[]): Promise<void> => {
    await prepare(messages);
    for (const decoded of messages.map(decode)) {
      const needs = repairing.needsOf?.(decoded) ?? [];
      if (needs.length > 0) await arrow.provide?.(needs);
      repairing.take(decoded);
    }
    await nextTurn();
  };
  let count = 0;
  let slice: Message[] = [];
  for await (const record of ledger.keptRecords(request)) {
    const message = messageOf(record);
    if (!message) return { kind: 'refused', why: GONE };
    count++;
    slice.push(message);
    if (slice.length < SLICE_RECORDS) continue;
    await read(slice);
    slice = [];
  }
  if (count === 0) return { kind: 'refused', why: 'none of its raw records was kept: hand in corrected ones' };
  await read(slice);
  return repairing.end();
}

const GONE =
  'the bytes of its raw records cannot be read any more, their key has expired or is another one: hand in corrected ones';

const messageOf = ({ offset, key, value }: KeptRecord): Message | undefined =>
  value === undefined ? undefined : { offset, key, value, timestamp: '0' };
