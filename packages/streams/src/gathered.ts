import { digest } from '@overlay/evidence';
import type {
  DeadLetter,
  Decision,
  DenseRecord,
  Fault,
  Head,
  Items,
  Landing,
  NewItems,
  Repeat,
  SchemaVersion,
  SensitiveColumn,
  TransactionActor,
  UnexplainedChange,
  WrittenRecord,
} from '@overlay/model';
import { Aside, faultOf, letterOf, type SetAside } from './aside.ts';
import type { Message } from './kafka.ts';
import { Lists } from './lists.ts';
import { nameOf, type Place } from './place.ts';
import { type Writing, writtenOf } from './written.ts';

/** What was decided since the last landing. */
interface Pending<Out> {
  records: WrittenRecord<Out>[];
  remember: Map<string, unknown>;
  deadLetters: DeadLetter[];
  asides: SetAside[];
  repeats: Repeat[];
  schemaVersions: SchemaVersion[];
  unexplained: UnexplainedChange[];
  actors: TransactionActor[];
  sensitive: SensitiveColumn[];
  /** The last message that is accounted for. */
  settled: Message | undefined;
  /** Bytes of the messages up to it. */
  bytes: number;
}

const emptyPending = (): Pending<never> => ({
  records: [],
  remember: new Map(),
  deadLetters: [],
  asides: [],
  repeats: [],
  schemaVersions: [],
  unexplained: [],
  actors: [],
  sensitive: [],
  settled: undefined,
  bytes: 0,
});

/** Gathers what is to land, with the lists and the raw records that it holds on to until it has landed or was published. */
export class Gathered<Out> {
  readonly #place: Place;
  readonly #writing: Writing<Out>;
  readonly #lists = new Lists();
  readonly #aside = new Aside();
  #pending: Pending<Out> = emptyPending();
  /** What was set aside in the landing that is under way. */
  #landing: readonly SetAside[] = [];

  constructor(place: Place, writing: Writing<Out>) {
    this.#place = place;
    this.#writing = writing;
  }

  readonly newItems: NewItems = (lengthOf) => this.#lists.make(lengthOf);

  /** Bytes of input that were decided on and are not part of a landing yet. */
  get bytes(): number {
    return this.#pending.bytes;
  }

  /** Takes what a decision says beside its verdict. */
  note(decision: Decision<DenseRecord<Out>, unknown>, message: Message): void {
    for (const [key, value] of decision.remember ?? []) this.#pending.remember.set(key, value);
    this.#pending.schemaVersions.push(...(decision.schemaVersions ?? []));
    this.#pending.unexplained.push(...(decision.unexplained ?? []));
    if (decision.actor) this.#pending.actors.push(decision.actor);
    this.#pending.sensitive.push(...(decision.sensitive ?? []));
    if (decision.keeps) this.#aside.keep(message, faultOf(decision.verdict), decision.keeps);
  }

  /** Takes a record with its bytes; of one that is set aside, the raw records become dead letters of its sequence. */
  emit(record: DenseRecord<Out>): void {
    const written = writtenOf(record, this.#writing);
    const isAside = record.kind === 'set_aside' && !this.#aside.isEmpty;
    this.#lists.emit(written);
    this.#pending.records.push(
      isAside ? { ...written, rawDigest: this.#takeAside(record.sequence).rawDigest } : written,
    );
  }

  #takeAside(sequence: number | null): SetAside {
    const aside = this.#aside.take(sequence, this.#place);
    this.#pending.asides.push(aside);
    return aside;
  }

  repeat(repeat: Repeat): void {
    this.#pending.repeats.push(repeat);
  }

  deadLetter(fault: Fault, message: Message): void {
    this.#pending.deadLetters.push(letterOf(fault, message, this.#place));
  }

  /** The raw records that were kept and belong to nothing yet, by their places, with what is wrong with each. */
  *doubtful(): Generator<readonly [subject: string, fault: Fault]> {
    for (const { offset, fault } of this.#aside.faults) yield [nameOf(this.#place, offset), fault];
  }

  /** Everything up to this message is accounted for: so many bytes more. What was kept and belongs to nothing stands by itself. */
  settle(message: Message, bytes: number): void {
    if (!this.#aside.isEmpty) this.#takeAside(null);
    this.#pending.settled = message;
    this.#pending.bytes += bytes;
    this.#lists.releaseOpen();
  }

  /** Lets go of what is not whole: it will be read once more. */
  forgetOpen(): void {
    this.#aside.forget();
    this.#lists.releaseOpen();
  }

  /** What is to land after this head, if anything is; it is not pending any more. */
  take(head: Head): Omit<Landing<Out>, 'landed' | 'gtids'> | undefined {
    const { settled, asides, bytes: _, ...decided } = this.#pending;
    const deadLetters = lettersOf(this.#pending);
    if (!settled && deadLetters.length === 0) return undefined;
    const position = settled
      ? { ...this.#place, offset: settled.offset, digest: digest(settled.key, settled.value) }
      : (head.position ?? { ...this.#place, offset: '-1', digest: '' });
    this.#pending = emptyPending();
    this.#landing = asides;
    return { head, position, ...decided, deadLetters };
  }

  /** What was taken has landed. */
  landed(): void {
    for (const aside of this.#landing) aside.release();
    this.#landing = [];
  }

  /** What was taken may not land, and nothing that was decided after it counts. */
  drop(): void {
    this.#releaseAsides();
    this.#pending = emptyPending();
  }

  #releaseAsides(): void {
    for (const aside of [...this.#landing, ...this.#pending.asides]) aside.release();
  }

  /** Lets go of the files behind these records, or behind everything. */
  release(records?: readonly WrittenRecord<unknown>[]): void {
    if (records) {
      this.#lists.release(records);
      return;
    }
    this.#lists.releaseAll();
    this.#releaseAsides();
    this.#aside.forget();
  }
}

/** All dead letters of a landing, those by themselves first. */
function lettersOf({ deadLetters, asides }: Pending<unknown>): Items<DeadLetter> {
  if (asides.length === 0) return deadLetters;
  const lists = [deadLetters, ...asides.map(({ letters }) => letters)];
  return {
    length: lists.reduce((sum, { length }) => sum + length, 0),
    *[Symbol.iterator]() {
      for (const list of lists) yield* list;
    },
  };
}
