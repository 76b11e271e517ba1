import { digest } from '@overlay/evidence';
import {
  type Book,
  type Decision,
  type DenseRecord,
  type Fault,
  type Gap,
  GtidSet,
  type Head,
  type Landing,
  must,
  type PackVersion,
  type Recall,
  type Step,
  type Verdict,
  type Waiting,
  type WrittenRecord,
} from '@overlay/model';
import type { Arrow, Decoded } from './arrow.ts';
import { beginningOf, subjectOf } from './beginning.ts';
import { Following } from './following.ts';
import { Gathered } from './gathered.ts';
import type { Message, Watermarks } from './kafka.ts';
import { nameOf, type Place } from './place.ts';
import { Tallies, type Tally } from './tallies.ts';
import { Unsettled } from './unsettled.ts';
import { Waits } from './waits.ts';

/** Input that was decided on and has not landed, in bytes; above it a reader waits. The same bounds what landed and is not published. */
export const BACKLOG_BYTES_MAX = 8 * 1024 * 1024;
/** What is kept of a unit, in bytes, to take it once more where it stands. */
const UNSETTLED_BYTES_MAX = 8 * 1024 * 1024;
const NOTHING: readonly string[] = [];

type Emit<Out> = Extract<Verdict<DenseRecord<Out>>, { kind: 'emit' }>;

/**
 * Follows one source through one partition: proves that the record at the stored position is still there, drops repeats, stops on a jump,
 * decides on each record and gathers what is to land. It does no I/O: the stage asks it and does.
 */
export class SourceReader<In, Out, Value> {
  readonly #arrow: Arrow<In, Out, Value>;
  readonly #place: Place;
  readonly #tallies = new Tallies();
  #statementBytes: number[] = [];
  readonly #accepted: ReadonlySet<string>;
  readonly #memory: Map<string, unknown>;
  readonly #gtids: GtidSet;
  readonly #decode: (message: Message) => Decoded<In>;
  #decide: Step<In, DenseRecord<Out>, Value>;
  #head: Head;
  readonly #packs: readonly PackVersion[] | undefined;
  readonly #following: Following;
  #isSeeking = false;
  #lastOffset: number;
  #lastTimestamp = 0;
  readonly #gathered: Gathered<Out>;
  readonly #waits = new Waits();
  readonly #unsettled: Unsettled;
  #gap: Gap | undefined;
  /** Units that turned out to be unreadable, and the one that did so last. */
  readonly #unreadable: Set<string>;
  #poisoned: string | undefined;
  /** What is being decided on in several steps, or cannot be decided on before something is at hand. */
  #paused: { readonly record: In; readonly message: Message; readonly needs: readonly string[] } | undefined;
  /** The message that was handed in last, and those that are to be taken once more before the next one. */
  #current: Message | undefined;
  #again: Message[] = [];
  #isLost = false;

  /** @param poisoned units that an earlier reader found to be unreadable; their records are kept */
  constructor(
    arrow: Arrow<In, Out, Value>,
    { head, memory, accepted, packs, looksAhead = false }: Book,
    place: Place,
    watermarks: Watermarks,
    poisoned: ReadonlySet<string> = new Set(),
  ) {
    this.#arrow = arrow;
    this.#place = place;
    this.#head = head;
    this.#following = new Following(head.landed, looksAhead ? watermarks.high : 0);
    this.#memory = memory;
    this.#accepted = accepted;
    this.#gtids = GtidSet.parse(head.gtids);
    this.#gathered = new Gathered(place, arrow);
    this.#decode = arrow.input.open(this.#gathered.newItems, this.#following.isAhead);
    this.#packs = packs;
    this.#unreadable = new Set(poisoned);
    this.#unsettled = new Unsettled(arrow.input.isDense ? 0 : UNSETTLED_BYTES_MAX);
    this.#decide = this.#openFold();
    this.#lastOffset = this.#begin(watermarks) - 1;
  }

  /** The fold as it goes on after the last whole. */
  #openFold(): Step<In, DenseRecord<Out>, Value> {
    const recall: Recall<Value> = (key) => this.#memory.get(key) as Value | undefined;
    return this.#arrow.fold.open({
      source: this.source,
      landed: this.#following.landed,
      gtids: this.#gtids,
      recall,
      accepted: this.#accepted,
      poisoned: this.#unreadable,
      newItems: this.#gathered.newItems,
      ...(this.#packs && { packs: this.#packs }),
    });
  }

  /** Where to read from. */
  #begin(watermarks: Watermarks): number {
    const subject = subjectOf(this.#head, this.#place);
    const { offset, isSeeking, lost } = beginningOf(this.#head, this.#place, watermarks, this.#accepted.has(subject));
    this.#isSeeking = isSeeking;
    if (lost === 'position') {
      const detail = `the stored position ${subject} is not in the topic, which ends at ${watermarks.high}`;
      this.#loseTrack('topic.recreated', detail);
    } else if (lost) this.recordsLost(watermarks.low, lost.from);
    return offset;
  }

  #loseTrack(code: 'topic.recreated' | 'topic.records_lost', detail: string): void {
    this.#stop({ code, subject: subjectOf(this.#head, this.#place), detail });
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

  /** How many versions of the pack it knows of. */
  get packs(): number {
    return this.#packs?.length ?? 0;
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
    return this.#gathered.bytes;
  }

  /** What has begun and is not whole, if anything is. */
  get waiting(): Waiting | undefined {
    return this.#waits.current;
  }

  /** Why this source stops here, once it does. Nothing after the gap is taken. */
  get gap(): Gap | undefined {
    return this.#gap;
  }

  /**
   * A unit that turned out to be unreadable, and is too long to be taken once more from what is kept of it: nothing after is taken; a reader that knows of
   * it begins again from the stored position.
   */
  get poisoned(): string | undefined {
    return this.#poisoned;
  }

  get #isStopped(): boolean {
    return this.#gap !== undefined || this.#poisoned !== undefined || this.#isLost;
  }

  /** True when the topic was put back under our feet: begin again from the stored position. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Everything up to this offset was other sources' records, or has been taken. */
  saw(offset: number): void {
    if (this.#isSeeking || this.#isStopped) return;
    this.#lastOffset = Math.max(this.#lastOffset, offset);
    const jumped = this.#following.jumpedAt(this.#lastOffset);
    if (jumped !== undefined) this.#stopAtJump(jumped);
  }

  /** Records from the offset `from` to below `low` are gone although they were not read. */
  recordsLost(low: number, from = this.nextOffset): void {
    // Where records carry sequences, those tell better: a deleted record may have been another source's, or a repeat.
    if (this.#arrow.input.isDense) return;
    this.#loseTrack('topic.records_lost', `offsets ${from} to ${low - 1} are gone from ${this.#place.topic}`);
  }

  #count(verdict: string, code: string): void {
    this.#tallies.count(verdict, code);
  }

  /** The verdicts since the last call. */
  takeTallies(): readonly Tally[] {
    return this.#tallies.take();
  }

  /** Bytes of each statement that rode with a record, since the last call. */
  takeStatementBytes(): readonly number[] {
    const taken = this.#statementBytes;
    if (taken.length > 0) this.#statementBytes = [];
    return taken;
  }

  #noteStatement(record: In): void {
    const bytes = this.#arrow.input.statementBytesOf?.(record);
    if (bytes !== undefined) this.#statementBytes.push(bytes);
  }

  #stop(gap: Gap): void {
    this.#gap = gap;
    this.#count('gap', gap.code);
  }

  /** Takes the next message. */
  take(message: Message): void {
    if (this.#isStopped) return;
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
    this.#current = message;
    this.#takeOne(message);
    if (this.#poisoned !== undefined) this.#takeAgain();
    this.#taken();
  }

  #taken(): void {
    if (this.#current && !this.#gap && !this.#paused) this.#lastOffset = Number(this.#current.offset);
  }

  /**
   * Set while the last message is not decided on: what the fold needs before it can be, or nothing where it only takes several steps. {@link goOn} before
   * the next message.
   */
  get needs(): readonly string[] | undefined {
    return this.#paused?.needs;
  }

  /** What it will need for messages that follow, as far as can be told now. */
  needsOf(messages: readonly Message[]): readonly string[] {
    return messages.flatMap((message) => {
      const decoded = this.#decode(message);
      return decoded.kind === 'record' ? (this.#decide.needsOf?.(decoded.record) ?? []) : [];
    });
  }

  /** The next step of what is paused. */
  goOn(): void {
    must(this.#paused, 'only what is paused goes on');
    const { record, message } = this.#paused;
    this.#paused = undefined;
    this.#decideOn(record, message);
    this.#takeAgain();
    this.#taken();
  }

  #takeOne(message: Message): void {
    this.#unsettled.add(message);
    this.#takeDecoded(this.#decode(message), message);
  }

  /** Takes what is to be taken once more: a unit that turned out to be unreadable, from its first message, if that much is kept of it. */
  #takeAgain(): void {
    for (;;) {
      if (this.#poisoned !== undefined && !this.#beginUnitAgain(this.#poisoned)) return;
      const next = this.#isStopped || this.#paused ? undefined : this.#again.shift();
      if (!next) return;
      this.#takeOne(next);
    }
  }

  /** Goes back to the last whole, as after a restart, knowing what is to be set aside. False when not all that came since is kept. */
  #beginUnitAgain(unit: string): boolean {
    const kept = this.#unsettled.takeAll();
    if (!kept) return false;
    this.#again = [...kept, ...this.#again];
    must(!this.#unreadable.has(unit), 'what is known to be unreadable is set aside, not found again');
    this.#unreadable.add(unit);
    this.#poisoned = undefined;
    this.#gathered.forgetOpen();
    this.#waits.end();
    this.#decide = this.#openFold();
    return true;
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
        this.#waits.add(null, this.#lastTimestamp);
        return;
      case 'ahead':
        this.#count('skip', 'ahead of what is due');
        this.#following.pass(decoded.sequence);
        return;
      case 'skip':
        this.#count('skip', decoded.why);
        if (!this.#waits.current) this.#settle(message); // not in the middle of what is not whole
        return;
      case 'reject':
        this.#refuse(decoded.fault, message);
        return;
      case 'record':
        this.#noteStatement(decoded.record);
        if (decoded.sequence === undefined || this.#follows(decoded.sequence, message))
          this.#decideOn(decoded.record, message);
    }
  }

  /** A record of our own topics that cannot be read may stand for a sequence: its bytes are kept, and the source stops before it. */
  #refuse(fault: Fault, message: Message): void {
    this.#deadLetter(fault, message);
    const subject = nameOf(this.#place, message.offset);
    if (this.#arrow.input.isDense && !this.#accepted.has(subject)) {
      this.#stop({
        code: 'record.unreadable',
        subject,
        detail: `the record at ${subject} cannot be read: ${fault.detail}`,
      });
    } else this.#settle(message);
  }

  #decideOn(record: In, message: Message): void {
    const needs = this.#decide.needsOf?.(record) ?? NOTHING;
    if (needs.length > 0) {
      this.#paused = { record, message, needs };
      return;
    }
    let decision = this.#decide(record);
    while (decision.again) {
      this.#apply({ ...decision, isSettled: false }, message);
      // What ended there is whole without this record. Landed with a position before its own first one, it would be read, and told, once more.
      const before = this.#unsettled.beforeLast;
      if (decision.isSettled !== false && before && !this.#isStopped) this.#settle(before);
      decision = this.#decide(record);
    }
    if (decision.isUnderWay) this.#paused = { record, message, needs: NOTHING };
    else this.#apply(decision, message);
  }

  /** Whether a record with this sequence is the next one; a repeat is dropped, a jump is a gap. */
  #follows(sequence: number, message: Message): boolean {
    const found = this.#following.take(sequence);
    if (found === 'jump') this.#stopAtJump(sequence);
    if (found === 'repeat') {
      this.#count('skip', 'repeat');
      this.#settle(message);
    }
    return found === 'due';
  }

  #stopAtJump(sequence: number): void {
    const { landed } = this.#following;
    const detail = `sequence ${sequence} came after ${landed}: ${sequence - landed - 1} records are missing from ${this.#place.topic}`;
    this.#stop({ code: 'sequence.jump', subject: String(sequence), detail });
  }

  #apply(decision: Decision<DenseRecord<Out>, Value>, message: Message): void {
    if (this.#asksAboutKept(decision)) return;
    if (decision.gtid !== undefined) this.#gtids.add(decision.gtid);
    this.#remember(decision.remember ?? []);
    this.#gathered.note(decision, message);
    this.#judge(decision, message);
    if (decision.isSettled === false) this.#waits.add(decision.open ?? null, this.#lastTimestamp);
    else if (!this.#gap) this.#settle(message);
  }

  #remember(changes: NonNullable<Decision<DenseRecord<Out>, Value>['remember']>): void {
    for (const [key, value] of changes) {
      if (value === null) this.#memory.delete(key);
      else this.#memory.set(key, value);
    }
  }

  #judge({ verdict, keeps }: Decision<DenseRecord<Out>, Value>, message: Message): void {
    switch (verdict.kind) {
      case 'emit':
        this.#emit(verdict, message, keeps !== undefined);
        return;
      case 'skip':
        this.#count('skip', verdict.why);
        if (verdict.repeats) this.#gathered.repeat(verdict.repeats);
        return;
      case 'reject':
        if (keeps) this.#count('reject', verdict.fault.code);
        else this.#reject(verdict.fault, message);
        return;
      case 'poison':
        if (this.#arrow.poison === 'stop') this.#ask(verdict.unit, verdict.fault);
        if (!this.#gap) this.#poisoned = verdict.unit;
        return;
      case 'gap':
        this.#stop(verdict.gap);
    }
  }

  #emit({ out, faults = [] }: Emit<Out>, message: Message, keeps: boolean): void {
    must(out.sequence === this.#following.landed + 1, 'a stage emits one record for each sequence');
    this.#following.goOn();
    this.#gathered.emit(out);
    this.#unreadable.delete(out.transactionId);
    this.#count('emit', out.kind);
    if (!keeps) for (const fault of faults) this.#deadLetter({ ...fault, sequence: out.sequence }, message);
  }

  /** A record by itself that cannot be read. */
  #reject(fault: Fault, message: Message): void {
    this.#deadLetter(fault, message);
    if (this.#arrow.poison === 'stop') this.#ask(nameOf(this.#place, message.offset), fault);
  }

  /** Asks about records that turn out to stand by themselves, in the middle of what is whole. */
  #asksAboutKept({ verdict, isSettled = true }: Decision<DenseRecord<Out>, Value>): boolean {
    if (this.#arrow.poison !== 'stop' || !isSettled) return false;
    if (verdict.kind === 'emit' && verdict.out.kind === 'set_aside') return false;
    for (const [subject, fault] of this.#gathered.doubtful()) this.#ask(subject, fault);
    return this.#gap !== undefined;
  }

  /** Stops before what cannot be read, unless a person said to set it aside. */
  #ask(subject: string, { detail }: Fault): void {
    if (!this.#gap && !this.#accepted.has(subject))
      this.#stop({ code: 'transaction.poisoned', subject, detail: `${subject} cannot be read: ${detail}` });
  }

  #deadLetter(fault: Fault, message: Message): void {
    this.#count('reject', fault.code);
    this.#gathered.deadLetter(fault, message);
  }

  #settle(message: Message): void {
    if (this.#following.isPassing) return;
    this.#gathered.settle(message, this.#unsettled.settle(message));
    this.#waits.end();
  }

  /** What is to land now, if anything is; it is no longer pending. Its head is that of the last landing, so one lands at a time. */
  takeLanding(): Landing<Out> | undefined {
    const gathered = this.#gathered.take(this.#head);
    return gathered && { ...gathered, landed: this.#following.landed, gtids: this.#gtids.toString() };
  }

  /** A landing was committed: `head` is where the stage stands now. */
  landed(head: Head): void {
    this.#head = head;
    this.#gathered.landed();
  }

  /** A landing showed that the source's history was rewritten: nothing that was decided after it counts. */
  refuse(gap: Gap): void {
    this.#gathered.drop();
    this.#stop(gap);
  }

  /** Lets go of the files behind these records, or behind everything. */
  release(records?: readonly WrittenRecord<unknown>[]): void {
    this.#gathered.release(records);
  }
}
