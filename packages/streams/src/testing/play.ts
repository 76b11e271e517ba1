import type { Book, DeadLetter, Gap, Landing, SchemaVersion, WrittenRecord } from '@overlay/model';
import type { Arrow } from '../arrow.ts';
import type { Message } from '../kafka.ts';
import { SourceReader } from '../source-reader.ts';

/** What happened to a topic's values when a stage read them. */
export interface Played<Out> {
  readonly records: readonly WrittenRecord<Out>[];
  readonly deadLetters: readonly DeadLetter[];
  readonly schemaVersions: readonly SchemaVersion[];
  readonly gap: Gap | undefined;
  /** How often reading began, from what had landed. */
  readonly beginnings: number;
  /** The book as it stands at the end. */
  readonly book: Book;
}

export interface Playing {
  readonly source: string;
  readonly topic: string;
  readonly accepted?: readonly string[];
  /** Numbers of values after which what was decided lands; at the end it always does. Default: after each. */
  readonly landsAfter?: ReadonlySet<number>;
  /** Numbers of values after which the program dies, each once, and begins again from what landed. */
  readonly diesAfter?: readonly number[];
}

/** Reads values as a stage reads them from a partition, without the world: with landings and deaths where they are asked for. */
export function play<In, Out, Value>(
  arrow: Arrow<In, Out, Value>,
  values: readonly (Buffer | null)[],
  playing: Playing,
): Played<Out> {
  return new Player(arrow, values, playing).run();
}

class Player<In, Out, Value> {
  readonly #arrow: Arrow<In, Out, Value>;
  readonly #messages: readonly Message[];
  readonly #playing: Playing;
  readonly #records: WrittenRecord<Out>[] = [];
  readonly #deadLetters: DeadLetter[] = [];
  readonly #schemaVersions: SchemaVersion[] = [];
  readonly #deaths: Set<number>;
  #poisoned = new Set<string>();
  #book: Book;
  #beginnings = 0;
  #reader: SourceReader<In, Out, Value>;

  constructor(arrow: Arrow<In, Out, Value>, values: readonly (Buffer | null)[], playing: Playing) {
    this.#arrow = arrow;
    this.#playing = playing;
    this.#messages = values.map((value, offset) => ({ offset: String(offset), key: null, value, timestamp: '1' }));
    this.#deaths = new Set(playing.diesAfter);
    const { source, accepted = [] } = playing;
    const place = { stage: arrow.stage, source, revision: 0, landed: 0, published: 0, position: null, gtids: '' };
    this.#book = { head: place, memory: new Map(), accepted: new Set(accepted) };
    this.#reader = this.#open();
  }

  #open(): SourceReader<In, Out, Value> {
    const { head, memory, accepted } = this.#book;
    const { topic } = this.#playing;
    this.#beginnings++;
    const copy = { head, memory: new Map(memory), accepted };
    return new SourceReader(
      this.#arrow,
      copy,
      { topic, partition: 0 },
      { low: 0, high: this.#messages.length },
      this.#poisoned,
    );
  }

  run(): Played<Out> {
    for (let at = this.#reader.nextOffset; at < this.#messages.length && !this.#reader.gap; at++) {
      const message = this.#messages[at];
      if (message) this.#reader.take(message);
      while (this.#reader.needs) this.#reader.goOn();
      if (this.#reader.poisoned !== undefined) {
        this.#poisoned.add(this.#reader.poisoned);
        this.#land();
        at = this.#again();
      } else if (this.#deaths.delete(at)) {
        this.#poisoned = new Set();
        at = this.#again();
      } else if (this.#playing.landsAfter?.has(at) ?? true) this.#land();
    }
    this.#land();
    return {
      records: this.#records,
      deadLetters: this.#deadLetters,
      schemaVersions: this.#schemaVersions,
      gap: this.#reader.gap,
      beginnings: this.#beginnings,
      book: this.#book,
    };
  }

  #again(): number {
    this.#reader.release();
    this.#reader = this.#open();
    return this.#reader.nextOffset - 1;
  }

  #land(): void {
    const landing = this.#reader.takeLanding();
    if (!landing) return;
    for (const { record, bodies, ...rest } of landing.records)
      this.#records.push({ record: { ...record, items: [...record.items] }, bodies: [...bodies], ...rest });
    this.#deadLetters.push(...landing.deadLetters);
    this.#schemaVersions.push(...(landing.schemaVersions ?? []));
    this.#book = { ...this.#book, head: headAfter(landing), memory: memoryAfter(this.#book.memory, landing) };
    this.#reader.landed(this.#book.head);
  }
}

const headAfter = ({ head, landed, position, gtids }: Landing<unknown>): Book['head'] => ({
  ...head,
  revision: head.revision + 1,
  landed,
  position,
  gtids,
});

function memoryAfter(memory: ReadonlyMap<string, unknown>, { remember }: Landing<unknown>): Map<string, unknown> {
  const after = new Map(memory);
  for (const [key, value] of remember) {
    if (value === null) after.delete(key);
    else after.set(key, value);
  }
  return after;
}
