import { digest } from '@overlay/evidence';
import {
  type DeadLetter,
  type Decision,
  type DenseRecord,
  type Fault,
  type Gap,
  GtidSet,
  type Head,
  type Landing,
  must,
  type NewItems,
  type Recall,
  type Repeat,
  type Verdict,
  type WrittenRecord,
} from '@overlay/model';
import { LongItems } from '@overlay/runtime';
import type { Arrow, Decoded } from './arrow.ts';
import type { Message, Watermarks } from './kafka.ts';
import { writtenOf } from './written.ts';

/** Input that was decided on and has not landed, in bytes; above it a reader waits. The same bounds what landed and is not published. */
export const BACKLOG_BYTES_MAX = 8 * 1024 * 1024;

/** Where a reader stands in a topic. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** What a reader begins with: the stage's book as it stands in the database. */
export interface Book {
  readonly head: Head;
  readonly memory: Map<string, unknown>;
  readonly accepted: ReadonlySet<string>;
}

/** How often a verdict was given; `code` is the kind of an emitted record, the reason of a skip or the code of a fault or gap. */
export interface Tally {
  readonly verdict: string;
  readonly code: string;
  readonly count: number;
}

/** What was decided since the last landing. */
interface Pending<Out> {
  records: WrittenRecord<Out>[];
  remember: Map<string, unknown>;
  deadLetters: DeadLetter[];
  repeats: Repeat[];
  /** The last message that is accounted for. */
  settled: Message | undefined;
  /** Bytes of the messages up to it. */
  bytes: number;
}

/** Records that wait for more of them before they make a whole. */
export interface Waiting {
  /** What is open, where the stage has a name for it. */
  readonly subject: string | null;
  /** Number of records that were read of it. */
  readonly records: number;
  /** Publishing time of the first and of the last of them, in milliseconds since the epoch. */
  readonly since: number;
  readonly last: number;
}

/**
 * Follows one source through one partition: proves that the record at the stored position is still there, drops repeats, stops on a jump,
 * decides on each record and gathers what is to land. It does no I/O: the stage asks it and does.
 */
export class SourceReader<In, Out, Value> {
  readonly #arrow: Arrow<In, Out, Value>;
  readonly #place: Place;
  readonly #tallies = new Map<string, Tally>();
  readonly #accepted: ReadonlySet<string>;
  readonly #memory: Map<string, unknown>;
  readonly #gtids: GtidSet;
  readonly #decode: (message: Message) => Decoded<In>;
  readonly #decide: (record: In) => Decision<DenseRecord<Out>, Value>;
  #head: Head;
  #landed: number;
  #isSeeking = false;
  #lastOffset: number;
  #lastTimestamp = 0;
  #pending: Pending<Out> = emptyPending();
  #waiting: Waiting | undefined;
  /** Bytes that were read since the last whole. */
  #waitingBytes = 0;
  /** Lists that may stand in files. */
  readonly #lists = new Set<LongItems<unknown>>();
  #gap: Gap | undefined;
  #isLost = false;

  constructor(arrow: Arrow<In, Out, Value>, { head, memory, accepted }: Book, place: Place, watermarks: Watermarks) {
    this.#arrow = arrow;
    this.#place = place;
    this.#head = head;
    this.#landed = head.landed;
    this.#memory = memory;
    this.#accepted = accepted;
    this.#gtids = GtidSet.parse(head.gtids);
    const newItems: NewItems = (lengthOf) => this.#newItems(lengthOf);
    this.#decode = arrow.input.open(newItems);
    const recall: Recall<Value> = (key) => this.#memory.get(key) as Value | undefined;
    const { source, landed } = head;
    this.#decide = arrow.fold.open({ source, landed, gtids: this.#gtids, recall, accepted, newItems });
    this.#lastOffset = this.#begin(watermarks) - 1;
  }

  #newItems<Item>(lengthOf: (item: Item) => number): LongItems<Item> {
    const list = new LongItems(lengthOf);
    this.#lists.add(list as LongItems<unknown>);
    return list;
  }

  /** Compares the stored position with what the topic keeps; gives the offset to read from. */
  #begin({ low, high }: Watermarks): number {
    const { position } = this.#head;
    if (this.#accepted.has(this.#subject)) return low;
    if (!position) {
      if (low > 0) this.recordsLost(low, 0); // a source begins with its snapshot: what is gone was part of it
      return low;
    }
    const offset = Number(position.offset);
    const isElsewhere = position.topic !== this.#place.topic || position.partition !== this.#place.partition;
    if (isElsewhere || offset >= high) {
      const where = `${position.topic}/${position.partition} offset ${position.offset}`;
      this.#loseTrack('topic.recreated', `the stored position ${where} is not in the topic, which ends at ${high}`);
    } else if (low > offset + 1) this.recordsLost(low, offset + 1);
    this.#isSeeking = low <= offset;
    return this.#isSeeking ? offset : low;
  }

  /** Names the stored position, so that a person who accepts that it no longer holds accepts just that: reading then begins at the oldest. */
  get #subject(): string {
    const { offset = 'start', digest: seen = '' } = this.#head.position ?? {};
    return `${this.#place.topic}/${this.#place.partition}@${offset} ${seen.slice(0, 8)}`.trimEnd();
  }

  #loseTrack(code: 'topic.recreated' | 'topic.records_lost', detail: string): void {
    this.#stop({ code, subject: this.#subject, detail });
  }

  get place(): Place {
    return this.#place;
  }

  get source(): string {
    return this.#head.source;
  }

  get head(): Head {
    return this.#head;
  }

  get nextOffset(): number {
    return this.#lastOffset + 1;
  }

  /** Publishing time of the last record that was taken, in milliseconds; 0 before the first. */
  get lastTimestamp(): number {
    return this.#lastTimestamp;
  }

  /** Bytes of input that were decided on and are not part of a landing yet. */
  get backlogBytes(): number {
    return this.#pending.bytes;
  }

  /** What has begun and is not whole, if anything is. */
  get waiting(): Waiting | undefined {
    return this.#waiting;
  }

  /** Why this source stops here, once it does. Nothing after the gap is taken. */
  get gap(): Gap | undefined {
    return this.#gap;
  }

  /** True when the topic was put back under our feet: begin again from the stored position. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Everything up to this offset was other sources' records, or has been taken. */
  saw(offset: number): void {
    if (!this.#isSeeking && !this.#gap && !this.#isLost) this.#lastOffset = Math.max(this.#lastOffset, offset);
  }

  /** Records from the offset `from` to below `low` are gone although they were not read. */
  recordsLost(low: number, from = this.nextOffset): void {
    // Where records carry sequences, those tell better: a deleted record may have been another source's, or a repeat.
    if (this.#arrow.input.isDense) return;
    this.#loseTrack('topic.records_lost', `offsets ${from} to ${low - 1} are gone from ${this.#place.topic}`);
  }

  #count(verdict: string, code: string): void {
    const key = `${verdict} ${code}`;
    this.#tallies.set(key, { verdict, code, count: (this.#tallies.get(key)?.count ?? 0) + 1 });
  }

  /** The verdicts since the last call. */
  takeTallies(): readonly Tally[] {
    const tallies = [...this.#tallies.values()];
    this.#tallies.clear();
    return tallies;
  }

  #stop(gap: Gap): void {
    this.#gap = gap;
    this.#count('gap', gap.code);
  }

  /** Takes the next message. */
  take(message: Message): void {
    if (this.#gap || this.#isLost) return;
    const offset = Number(message.offset);
    if (this.#isSeeking) {
      this.#seek(offset, message);
      return;
    }
    if (offset <= this.#lastOffset) {
      this.#isLost = true;
      return;
    }
    this.#lastTimestamp = Number(message.timestamp);
    this.#waitingBytes += message.value?.length ?? 0;
    this.#takeDecoded(this.#decode(message), message);
    if (!this.#gap) this.#lastOffset = offset;
  }

  #seek(offset: number, message: Message): void {
    const position = this.#head.position;
    must(position, 'a reader seeks a stored position');
    if (offset < Number(position.offset)) return;
    this.#isSeeking = false;
    this.#lastOffset = offset;
    if (offset === Number(position.offset) && digest(message.key, message.value) === position.digest) return;
    this.#loseTrack(
      'topic.recreated',
      `the record at offset ${position.offset} of ${position.topic} is not the one that was read there`,
    );
  }

  #takeDecoded(decoded: Decoded<In>, message: Message): void {
    switch (decoded.kind) {
      case 'partial':
        this.#wait(null);
        return;
      case 'skip':
        this.#count('skip', decoded.why);
        this.#settle(message);
        return;
      case 'reject':
        this.#refuse(decoded.fault, message);
        return;
      case 'record':
        if (decoded.sequence === undefined || this.#follows(decoded.sequence, message))
          this.#decideOn(decoded.record, message);
    }
  }

  /** A record of our own topics that cannot be read may stand for a sequence: its bytes are kept, and the source stops before it. */
  #refuse(fault: Fault, message: Message): void {
    this.#deadLetter(fault, message);
    const subject = `${this.#place.topic}/${this.#place.partition}@${message.offset}`;
    if (this.#arrow.input.isDense && !this.#accepted.has(subject)) {
      this.#stop({
        code: 'record.unreadable',
        subject,
        detail: `the record at ${subject} cannot be read: ${fault.detail}`,
      });
    } else this.#settle(message);
  }

  #decideOn(record: In, message: Message): void {
    let decision = this.#decide(record);
    while (decision.again) {
      this.#apply({ ...decision, isSettled: false }, message);
      decision = this.#decide(record);
    }
    this.#apply(decision, message);
  }

  /** Whether a record with this sequence is the next one; a repeat is dropped, a jump is a gap. */
  #follows(sequence: number, message: Message): boolean {
    if (sequence <= this.#landed) {
      this.#count('skip', 'repeat');
      this.#settle(message);
      return false;
    }
    if (sequence === this.#landed + 1) return true;
    const subject = String(sequence);
    if (this.#accepted.has(subject)) {
      this.#landed = sequence - 1;
      return true;
    }
    const detail = `sequence ${sequence} came after ${this.#landed}: ${sequence - this.#landed - 1} records are missing from ${this.#place.topic}`;
    this.#stop({ code: 'sequence.jump', subject, detail });
    return false;
  }

  #apply(decision: Decision<DenseRecord<Out>, Value>, message: Message): void {
    if (decision.gtid !== undefined) this.#gtids.add(decision.gtid);
    for (const [key, value] of decision.remember ?? []) {
      if (value === null) this.#memory.delete(key);
      else this.#memory.set(key, value);
      this.#pending.remember.set(key, value);
    }
    this.#judge(decision.verdict, message);
    if (decision.isSettled === false) this.#wait(decision.open ?? null);
    else if (!this.#gap) this.#settle(message);
  }

  #wait(subject: string | null): void {
    const at = this.#lastTimestamp;
    const { records, since, ...before } = this.#waiting ?? { records: 0, since: at, subject: null };
    this.#waiting = { subject: subject ?? before.subject, records: records + 1, since, last: at };
  }

  #judge(verdict: Verdict<DenseRecord<Out>>, message: Message): void {
    switch (verdict.kind) {
      case 'emit': {
        must(verdict.out.sequence === this.#landed + 1, 'a stage emits one record for each sequence');
        this.#landed = verdict.out.sequence;
        this.#pending.records.push(writtenOf(verdict.out, this.#arrow.bodyOf));
        this.#count('emit', verdict.out.kind);
        for (const fault of verdict.faults ?? [])
          this.#deadLetter({ ...fault, sequence: verdict.out.sequence }, message);
        return;
      }
      case 'skip':
        this.#count('skip', verdict.why);
        if (verdict.repeats) this.#pending.repeats.push(verdict.repeats);
        return;
      case 'reject':
        this.#deadLetter(verdict.fault, message);
        return;
      case 'gap':
        this.#stop(verdict.gap);
    }
  }

  #deadLetter(fault: Fault, { offset, key, value }: Message): void {
    this.#count('reject', fault.code);
    this.#pending.deadLetters.push({ sequence: fault.sequence ?? null, fault, ...this.#place, offset, key, value });
  }

  #settle(message: Message): void {
    this.#pending.settled = message;
    this.#pending.bytes += this.#waitingBytes;
    this.#waitingBytes = 0;
    this.#waiting = undefined;
  }

  /** What is to land now, if anything is; it is no longer pending. Its head is that of the last landing, so one lands at a time. */
  takeLanding(): Landing<Out> | undefined {
    const { settled, records, remember, deadLetters, repeats } = this.#pending;
    if (!settled && deadLetters.length === 0) return undefined;
    const stored = this.#head.position;
    const position = settled
      ? { ...this.#place, offset: settled.offset, digest: digest(settled.key, settled.value) }
      : (stored ?? { ...this.#place, offset: '-1', digest: '' });
    const gtids = this.#gtids.toString();
    this.#pending = emptyPending();
    return { head: this.#head, landed: this.#landed, position, gtids, records, remember, deadLetters, repeats };
  }

  /** A landing was committed: `head` is where the stage stands now. */
  landed(head: Head): void {
    this.#head = head;
  }

  /** A landing showed that the source's history was rewritten: nothing that was decided after it counts. */
  refuse(gap: Gap): void {
    this.#pending = emptyPending();
    this.#stop(gap);
  }

  /** Lets go of the files behind these records, or behind everything. */
  release(records?: readonly WrittenRecord<unknown>[]): void {
    const lists = records ? records.map(({ record }) => record.items) : this.#lists;
    for (const list of lists) {
      if (!(list instanceof LongItems)) continue;
      list.release();
      this.#lists.delete(list);
    }
  }
}

const emptyPending = (): Pending<never> => ({
  records: [],
  remember: new Map(),
  deadLetters: [],
  repeats: [],
  settled: undefined,
  bytes: 0,
});
