import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type Gap, type Ledger, sourceOfRawTopic } from '@overlay/model';
import { lookEvery, type Program, retry, Trouble } from '@overlay/runtime';
import type { Arrow } from './arrow.ts';
import type { StageConfig } from './config.ts';
import type { Batch, Broker, Consumer, Message, Passed, Watermarks } from './kafka.ts';
import { partitionOf } from './partition.ts';
import type { Place } from './place.ts';
import type { Publisher } from './publisher.ts';
import { type Republication, takeRequests } from './requests.ts';
import { SourceReader } from './source-reader.ts';
import { SourceWriter } from './source-writer.ts';

/** Pause between two looks for a person's decision about a gap. */
const DECISION_MS = 1000;
/** Pause between two looks for what people ask of the stage. */
const REQUESTS_MS = 2000;
const HEARTBEAT_MS = 1000;
/** Looks in a row at which a topic must end before what was read of it, until that is believed. */
const SHORT_LOOKS = 3;
/** Messages, and about how many bytes of them, that are decided on before landing and publishing get their turn. */
const SLICE_MESSAGES = 200;
const SLICE_BYTES = 1024 * 1024;
/** Unreadable units of a source that are known at a time: those that landed are met no more, and one that was forgotten is found again. */
const POISONED_MAX = 1000;
/** Offsets are committed this long after a landing: they are for those who watch the group, the position that counts is in the database. */
const COMMIT_MS = 500;

export interface PartitionReaderDeps<In, Out, Value> {
  readonly arrow: Arrow<In, Out, Value>;
  readonly ledger: Ledger<Out>;
  readonly publisher: Publisher;
  readonly broker: Broker;
  readonly program: Program<StageConfig>;
  readonly consumer: () => Consumer | undefined;
  readonly place: Place;
  /** Partitions of the topic. */
  readonly partitions: number;
  /** What decoding a batch needs of the world. */
  readonly prepare: (messages: readonly Message[]) => Promise<void>;
  /** Reports a bug: the process ends. */
  readonly fail: (thrown: unknown) => void;
}

/**
 * The life of one assigned partition, from assignment to the next rebalance: opens the heads of its sources, publishes what an earlier life
 * landed and did not publish, seeks, and then decides on batches, while a {@link SourceWriter} for each source lands what was decided.
 */
export class PartitionReader<In, Out, Value> {
  readonly #deps: PartitionReaderDeps<In, Out, Value>;
  readonly #readers = new Map<string, SourceReader<In, Out, Value>>();
  readonly #writers = new Map<string, SourceWriter<In, Out, Value>>();
  #committing: NodeJS.Timeout | undefined;
  readonly #held = new Set<string>();
  /** By source, the units that cannot be read and are to be set aside. */
  readonly #poisoned = new Map<string, Set<string>>();
  readonly #endLooking: () => Promise<void>;
  readonly #left = new AbortController();
  readonly #signal: AbortSignal;
  /** What is under way: opening and taking never overlap. */
  #turn: Promise<void> = Promise.resolve();
  /** The offset that the next batch should begin with, and one that came instead although we had sought the former. */
  #expected = 0;
  #soughtInVain = -1;
  #shortLooks = 0;

  constructor(deps: PartitionReaderDeps<In, Out, Value>) {
    this.#deps = deps;
    this.#signal = AbortSignal.any([deps.program.signal, this.#left.signal]);
    void this.#begin();
    this.#endLooking = lookEvery(REQUESTS_MS, () => this.#lookForRequests());
  }

  /** The partition was taken away: nothing of this life goes on. */
  abandon(): void {
    this.#left.abort('abandoned');
    clearTimeout(this.#committing);
    void this.#endLooking();
    for (const writer of this.#writers.values()) void writer.close();
  }

  get isAbandoned(): boolean {
    return this.#left.signal.aborted;
  }

  get readers(): Iterable<SourceReader<In, Out, Value>> {
    return this.#readers.values();
  }

  /** The offset up to which some source has read, which a topic that is still the same one has. */
  get readTo(): number {
    return Math.max(0, ...[...this.#readers.values()].filter(({ gap }) => !gap).map(({ nextOffset }) => nextOffset));
  }

  /** Whether the topic has ended before what was read of it for several looks now: a broker that has just come back does not know its end at once. */
  seemsShort(isShort: boolean): boolean {
    this.#shortLooks = isShort ? this.#shortLooks + 1 : 0;
    return this.#shortLooks >= SHORT_LOOKS;
  }

  /** Begins from the stored heads, which finds out what has become of the topic. */
  async beginAgain(why: string): Promise<void> {
    this.#shortLooks = 0;
    await this.#next(async () => {
      await this.#again(why);
    }).catch((thrown) => this.#onOpeningFailed(thrown));
  }

  get place(): Place {
    return this.#deps.place;
  }

  get #sources(): readonly string[] {
    const { arrow, place, partitions, program } = this.#deps;
    const { SOURCES } = program.config;
    if (!arrow.input.isDense) return SOURCES.filter((source) => source === sourceOfRawTopic(place.topic));
    return SOURCES.filter((source) => partitionOf(source, partitions) === place.partition);
  }

  /** Begins from the stored heads, as soon as what is under way has ended. */
  #begin(): Promise<void> {
    return this.#next(() => this.#openAll()).catch((thrown) => this.#onOpeningFailed(thrown));
  }

  /** Does `work` after what is under way, however that ends. */
  #next(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #openAll(): Promise<void> {
    const { consumer, program, place } = this.#deps;
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
    this.#writers.clear();
    this.#readers.clear();
    for (const source of this.#sources) await this.#openSource(source);
    while (!consumer()) await sleep(10, undefined, { signal: this.#signal });
    const offsets = [...this.#readers.values()].filter((reader) => !reader.gap).map((reader) => reader.nextOffset);
    this.#seek(offsets.length > 0 ? Math.min(...offsets) : (await this.#watermarksNow()).low);
    consumer()?.resume(place.topic, place.partition); // an earlier life may have paused it
    program.logger.debug({ ...place, sources: this.#readers.size }, 'partition opened');
    for (const reader of this.#readers.values()) await this.#holdAtGap(reader);
  }

  get #retrying() {
    return { health: this.#deps.program.health, signal: this.#signal };
  }

  async #openSource(source: string): Promise<void> {
    const { arrow, ledger, program, place, publisher } = this.#deps;
    const { metrics, logger, config } = program;
    const { book, republication } = await retry('postgres', this.#retrying, async () =>
      takeRequests(
        { arrow, ledger, isPublishing: config.PUBLISH === 'on', prepare: this.#deps.prepare },
        await ledger.open(source),
      ),
    );
    // Only now: another copy may have read on while the book was opened, and a position beyond the end would look like a topic that was made again.
    const watermarks = await this.#watermarksNow();
    const reader = new SourceReader(arrow, book, place, watermarks, this.#poisoned.get(source));
    const writer = new SourceWriter(reader, {
      stage: arrow.stage,
      ledger,
      publisher,
      program,
      signal: this.#signal,
      onLanded: () => this.#commitSoon(),
      onGap: () => this.#next(() => this.#holdAtGap(reader)).catch((thrown) => this.#fail(thrown)),
      onFailed: (thrown) => this.#onWritingFailed(source, thrown),
    });
    this.#readers.set(source, reader);
    this.#writers.set(source, writer);
    if (!this.#held.has(source)) metrics.held.set({ stage: arrow.stage, source }, 0);
    metrics.landedSequence.set({ stage: arrow.stage, source }, book.head.landed);
    const { landed, published } = book.head;
    logger.info({ source, landed, published, offset: String(reader.nextOffset) }, 'source opened');
    if (config.PUBLISH === 'on' && (published < landed || republication))
      await this.#publishAgain(reader, writer, republication);
  }

  /** What another copy landed meanwhile is read anew. */
  #onOpeningFailed(thrown: unknown): void {
    if (thrown instanceof Trouble && thrown.code === 'stage.fenced' && !this.#signal.aborted) void this.#begin();
    else this.#fail(thrown);
  }

  /** A request is taken up by beginning again: nothing else goes on in the source then. */
  async #lookForRequests(): Promise<void> {
    try {
      if ((await this.#deps.ledger.requests(this.#sources)).length > 0 && !this.#signal.aborted) await this.#begin();
    } catch (thrown) {
      if (!(thrown instanceof Trouble)) this.#fail(thrown); // who watches the world says that the database is away
    }
  }

  #fail(thrown: unknown): void {
    if (!this.#signal.aborted) this.#deps.fail(thrown);
  }

  /** Another copy moved the head: whoever is right goes on from what is stored. Everything else is for whoever runs us. */
  #onWritingFailed(source: string, thrown: unknown): void {
    const { arrow, program } = this.#deps;
    if (!(thrown instanceof Trouble) || thrown.code !== 'stage.fenced') {
      this.#fail(thrown);
      return;
    }
    program.metrics.fenced.inc({ stage: arrow.stage, source });
    program.logger.warn({ ...this.#deps.place, why: thrown.message }, 'partition begins again');
    void this.#begin();
  }

  readonly #watermarksNow = (): Promise<Watermarks> => retry('kafka', this.#retrying, () => this.#watermarks());

  async #watermarks(): Promise<Watermarks> {
    const { topic, partition } = this.#deps.place;
    const found = (await this.#deps.broker.watermarks(topic)).get(partition);
    if (!found) throw new Trouble('kafka.topic_missing', `partition ${partition} of ${topic}`);
    return found;
  }

  async #publishAgain(
    reader: SourceReader<In, Out, Value>,
    writer: SourceWriter<In, Out, Value>,
    republication: Republication | undefined,
  ): Promise<void> {
    const { ledger, publisher, program } = this.#deps;
    const { source, head } = reader;
    const after = Math.min(head.published, (republication?.from ?? Number.POSITIVE_INFINITY) - 1);
    program.crashAt('republish.before');
    await retry('kafka', this.#retrying, () => publisher.publish(ledger.unpublished(source, after, head.landed)));
    program.crashAt('republish.after');
    await writer.note(head.landed);
    for (const requestId of republication?.requestIds ?? [])
      await retry('postgres', this.#retrying, () => ledger.answer(requestId, null));
    program.logger.info({ source, from: after + 1, to: head.landed }, 'records published again');
  }

  /**
   * Takes one batch: everything in it is decided on when this resolves, and lands beside. The group hears that we live meanwhile; when it
   * says that the place is lost, this ends at once.
   */
  async take(batch: Batch): Promise<void> {
    const turn = this.#next(() => this.#takeNow(batch));
    const lost = Promise.withResolvers<never>();
    const beating = setInterval(() => batch.heartbeat().catch(lost.reject), HEARTBEAT_MS);
    try {
      await Promise.race([turn, lost.promise]);
    } finally {
      clearInterval(beating);
    }
  }

  /** Goes on past a fetch that held nothing, where it begins with the offset that is due: nobody waits for what is not there. */
  pass({ firstOffset, lastOffset }: Passed): void {
    const goOn = async (): Promise<void> => {
      if (firstOffset !== this.#expected || this.#signal.aborted) return;
      this.#expected = lastOffset + 1;
      for (const reader of this.#readers.values()) reader.saw(lastOffset);
      await this.#handOver();
    };
    this.#next(goOn).catch((thrown) => this.#fail(thrown));
  }

  async #takeNow(batch: Batch): Promise<void> {
    const { program } = this.#deps;
    if (batch.isStale() || this.#signal.aborted) return;
    program.crashAt('read.before');
    if (!(await this.#isNext(batch))) return;
    if (await this.#hasOtherPack()) {
      await this.#again('another version of the pack is in force');
      return;
    }
    await this.#deps.prepare(batch.messages);
    for (let [from, to] = [0, 0]; from < batch.messages.length; from = to) {
      if (from > 0) await nextTurn();
      if (batch.isStale() || this.#signal.aborted) return;
      to = endOfSlice(batch.messages, from);
      await this.#decide(batch, from, to);
      program.crashAt('read.after');
      if (!(await this.#handOver())) return;
    }
  }

  /** A version is put in force before anything that was decided by it is published, so a look before each batch is enough for those who follow. */
  async #hasOtherPack(): Promise<boolean> {
    const { arrow, ledger } = this.#deps;
    if (!arrow.packs || arrow.packs.initial) return false;
    for (const { source, packs } of this.#readers.values()) {
      const count = await retry('postgres', this.#retrying, () => ledger.packCount(source));
      if (count !== packs) return true;
    }
    return false;
  }

  /** Lets what was decided land, and waits while too much of it has gathered. False when the partition begins again. */
  async #handOver(): Promise<boolean> {
    if ([...this.#readers.values()].some((reader) => reader.isLost))
      return this.#again('the topic was put back under our feet');
    const poisoned = [...this.#readers.values()].filter((reader) => reader.poisoned !== undefined);
    if (poisoned.length > 0) return this.#setAside(poisoned);
    for (const writer of this.#writers.values()) {
      writer.wake();
      await writer.room();
    }
    return true;
  }

  /** Goes back to before what cannot be read, once all that came before it has landed, to set it aside from its first record on. */
  async #setAside(readers: readonly SourceReader<In, Out, Value>[]): Promise<false> {
    for (const { source, poisoned } of readers) {
      const units = [...(this.#poisoned.get(source) ?? []), poisoned ?? ''];
      this.#poisoned.set(source, new Set(units.slice(-POISONED_MAX)));
      await this.#writers.get(source)?.landed();
    }
    return this.#again(`${readers.map(({ poisoned }) => poisoned).join(', ')} cannot be read, and is set aside whole`);
  }

  /** Decides on a slice; the last one goes as far as the fetch did. */
  async #decide({ topic, messages: all, lastOffset }: Batch, from: number, to: number): Promise<void> {
    const messages = all.slice(from, to);
    const { arrow, program } = this.#deps;
    const { metrics } = program;
    const end = metrics.seconds.startTimer({ stage: arrow.stage, step: 'decide' });
    for (const [index, message] of messages.entries()) {
      const source = arrow.input.sourceOf(topic, message);
      const reader = this.#readers.get(source);
      if (reader) {
        reader.take(message);
        while (reader.needs) await this.#goOn(reader, reader.needs, messages.slice(index + 1));
      } else metrics.records.inc({ stage: arrow.stage, source: '', verdict: 'skip', code: 'source of nobody here' });
    }
    for (const reader of this.#readers.values()) {
      reader.saw(to === all.length ? lastOffset : Number(messages.at(-1)?.offset));
      this.#measure(reader);
    }
    end();
  }

  #measure(reader: SourceReader<In, Out, Value>): void {
    const { arrow, program } = this.#deps;
    const labels = { stage: arrow.stage, source: reader.source };
    for (const { verdict, code, count } of reader.takeTallies())
      program.metrics.records.inc({ ...labels, verdict, code }, count);
    for (const bytes of reader.takeStatementBytes()) program.metrics.statementBytes.observe(labels, bytes);
  }

  /**
   * Lets a reader go on, however often it pauses. What it needs is brought at hand, for the messages after it too: asking once for many costs as much as once for
   * one. Where it is only long, landing, publishing and the heartbeat of the group get their turn.
   */
  async #goOn(reader: SourceReader<In, Out, Value>, needs: readonly string[], next: readonly Message[]): Promise<void> {
    const { arrow } = this.#deps;
    if (needs.length > 0) {
      const all = [...new Set([...needs, ...reader.needsOf(next)])];
      await retry('keys', this.#retrying, async () => arrow.provide?.(all));
    } else await nextTurn();
    this.#signal.throwIfAborted();
    reader.goOn();
  }

  #commitSoon(): void {
    this.#committing ??= setTimeout(() => {
      this.#committing = undefined;
      this.#commit().catch((thrown) => this.#fail(thrown));
    }, COMMIT_MS);
  }

  async #commit(): Promise<void> {
    const { consumer, program, arrow, place } = this.#deps;
    const offsets = [...this.#readers.values()].flatMap(({ head }) =>
      head.position ? [Number(head.position.offset) + 1] : [],
    );
    if (offsets.length === 0 || this.#signal.aborted) return;
    program.crashAt('commit.before');
    const end = program.metrics.seconds.startTimer({ stage: arrow.stage, step: 'commit' });
    await retry('kafka', this.#retrying, async () =>
      consumer()?.commit(place.topic, place.partition, String(Math.min(...offsets))),
    );
    end();
    program.crashAt('commit.after');
  }

  #seek(offset: number): void {
    const { place, consumer } = this.#deps;
    this.#expected = offset;
    consumer()?.seek(place.topic, place.partition, String(offset));
  }

  /**
   * Whether the batch begins with the record that is due. A fetch that was under way while we sought brings other ones: they are left, and
   * the due one is sought once more. Offsets that are skipped even then hold no record: they were deleted, or are markers of Kafka's own
   * transactions. Offsets that lie behind even then say that the topic was put back.
   */
  async #isNext({ firstOffset: first, lastOffset }: Batch): Promise<boolean> {
    if (first !== this.#expected && this.#soughtInVain !== first) {
      this.#soughtInVain = first;
      this.#seek(this.#expected);
      return false;
    }
    if (first < this.#expected) return this.#again('the topic was put back under our feet');
    if (first > this.#expected) {
      const { low } = await this.#watermarksNow();
      for (const reader of this.#readers.values()) if (low > reader.nextOffset) reader.recordsLost(low);
    }
    this.#expected = lastOffset + 1;
    return true;
  }

  async #again(why: string): Promise<false> {
    this.#deps.program.logger.warn({ ...this.#deps.place, why }, 'partition begins again');
    await this.#openAll();
    return false;
  }

  async #holdAtGap(reader: SourceReader<In, Out, Value>): Promise<void> {
    if (reader.gap && !this.#held.has(reader.source)) await this.#hold(reader, reader.gap);
    const { place, consumer } = this.#deps;
    const isAllStopped = [...this.#readers.values()].every(({ gap }) => gap !== undefined);
    if (isAllStopped) consumer()?.pause(place.topic, place.partition);
  }

  /** Records the gap and waits, beside the other sources, for a person's decision; then the partition begins again. */
  async #hold(reader: SourceReader<In, Out, Value>, gap: Gap): Promise<void> {
    const { arrow, ledger, program, place } = this.#deps;
    const { source, head } = reader;
    this.#held.add(source);
    const at = { ...place, offset: String(reader.nextOffset) };
    const { gapId } = await retry('postgres', this.#retrying, () => ledger.recordGap(head, gap, at));
    program.metrics.held.set({ stage: arrow.stage, source }, 1);
    program.logger.error({ source, gapId, code: gap.code, detail: gap.detail }, 'source is held because of a gap');
    this.#awaitDecision(gapId, source).catch((thrown) => this.#fail(thrown));
  }

  async #awaitDecision(gapId: string, source: string): Promise<void> {
    const { ledger, program } = this.#deps;
    for (;;) {
      await sleep(DECISION_MS, undefined, { signal: this.#signal });
      const decision = await retry('postgres', this.#retrying, () => ledger.gapDecision(gapId));
      if (decision === null) continue;
      program.logger.info({ source, gapId, decision }, 'a person decided about the gap');
      this.#held.delete(source);
      void this.#begin();
      return;
    }
  }
}

/** Where a slice ends that begins here: behind at least one message. */
function endOfSlice(messages: readonly Message[], from: number): number {
  let [to, bytes] = [from, 0];
  while (to < messages.length && to - from < SLICE_MESSAGES && bytes < SLICE_BYTES)
    bytes += messages[to++]?.value?.length ?? 0;
  return to;
}
