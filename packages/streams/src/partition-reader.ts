import { setTimeout as sleep } from 'node:timers/promises';
import { type Gap, type Ledger, sourceOfRawTopic } from '@overlay/model';
import { type Program, retry, Trouble } from '@overlay/runtime';
import type { Arrow } from './arrow.ts';
import type { StageConfig } from './config.ts';
import type { Batch, Broker, Consumer, Watermarks } from './kafka.ts';
import { partitionOf } from './partition.ts';
import type { Publisher } from './publisher.ts';
import { type Place, SourceReader } from './source-reader.ts';

/** Pause between two looks for a person's decision about a gap. */
const DECISION_MS = 1000;
const HEARTBEAT_MS = 1000;

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
  readonly prepare: (batch: Batch) => Promise<void>;
  /** Reports a bug: the process ends. */
  readonly fail: (thrown: unknown) => void;
}

/**
 * The life of one assigned partition, from assignment to the next rebalance: opens the heads of its sources, publishes what an earlier life
 * landed and did not publish, seeks, and then turns batches into landings.
 */
export class PartitionReader<In, Out, Value> {
  readonly #deps: PartitionReaderDeps<In, Out, Value>;
  readonly #readers = new Map<string, SourceReader<In, Out, Value>>();
  readonly #held = new Set<string>();
  readonly #left = new AbortController();
  readonly #signal: AbortSignal;
  /** What is under way: opening and taking never overlap. */
  #turn: Promise<void> = Promise.resolve();
  /** The offset that the next batch should begin with, and one that came instead although we had sought the former. */
  #expected = 0;
  #soughtInVain = -1;

  constructor(deps: PartitionReaderDeps<In, Out, Value>) {
    this.#deps = deps;
    this.#signal = AbortSignal.any([deps.program.signal, this.#left.signal]);
    this.#begin();
  }

  /** The partition was taken away: nothing of this life goes on. */
  abandon(): void {
    this.#left.abort('abandoned');
  }

  get isAbandoned(): boolean {
    return this.#left.signal.aborted;
  }

  get readers(): Iterable<SourceReader<In, Out, Value>> {
    return this.#readers.values();
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
  #begin(): void {
    this.#next(() => this.#openAll()).catch((thrown) => {
      if (!this.#signal.aborted) this.#deps.fail(thrown);
    });
  }

  /** Does `work` after what is under way, however that ends. */
  #next(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #openAll(): Promise<void> {
    const { consumer, program, place } = this.#deps;
    const retrying = { health: program.health, signal: this.#signal };
    this.#readers.clear();
    for (const source of this.#sources) await this.#openSource(source);
    while (!consumer()) await sleep(10, undefined, { signal: this.#signal });
    const { low } = await retry('kafka', retrying, () => this.#watermarks());
    const offsets = [...this.#readers.values()].filter((reader) => !reader.gap).map((reader) => reader.nextOffset);
    const from = offsets.length > 0 ? Math.min(...offsets) : low;
    this.#seek(from);
    consumer()?.resume(place.topic, place.partition); // an earlier life may have paused it
    for (const reader of this.#readers.values()) await this.#holdAtGap(reader);
  }

  async #openSource(source: string): Promise<void> {
    const { arrow, ledger, program, place } = this.#deps;
    const { health, metrics, logger } = program;
    const retrying = { health, signal: this.#signal };
    const book = await retry('postgres', retrying, () => ledger.open(source));
    const watermarks = await retry('kafka', retrying, () => this.#watermarks());
    const reader = new SourceReader(arrow, book, place, watermarks);
    this.#readers.set(source, reader);
    if (!this.#held.has(source)) metrics.held.set({ stage: arrow.stage, source }, 0);
    metrics.landedSequence.set({ stage: arrow.stage, source }, book.head.landed);
    const { landed, published } = book.head;
    logger.info({ source, landed, published, offset: String(reader.nextOffset) }, 'source opened');
    if (published < landed) await this.#publishAgain(reader);
  }

  async #watermarks(): Promise<Watermarks> {
    const { topic, partition } = this.#deps.place;
    const found = (await this.#deps.broker.watermarks(topic)).get(partition);
    if (!found) throw new Trouble('kafka.topic_missing', `partition ${partition} of ${topic}`);
    return found;
  }

  async #publishAgain(reader: SourceReader<In, Out, Value>): Promise<void> {
    const { ledger, publisher, program } = this.#deps;
    const { source, head } = reader;
    program.crashAt('republish.before');
    await retry('kafka', { health: program.health, signal: this.#signal }, () =>
      publisher.publish(ledger.unpublished(source, head.published, head.landed)),
    );
    program.crashAt('republish.after');
    await this.#note(reader);
    program.logger.info({ source, from: head.published + 1, to: head.landed }, 'records published again');
  }

  /**
   * Takes one batch to its end: everything in it that makes a whole has landed, is published, noted and committed. The group hears that we
   * live meanwhile; when it says that the place is lost, this ends at once.
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

  async #takeNow(batch: Batch): Promise<void> {
    const { program, arrow } = this.#deps;
    const { crashAt } = program;
    if (batch.isStale() || this.#signal.aborted) return;
    crashAt('read.before');
    if (!(await this.#isNext(batch))) return;
    await this.#deps.prepare(batch);
    await this.#timed('decide', async () => this.#decide(batch));
    crashAt('read.after');
    for (const reader of this.#readers.values()) {
      if (batch.isStale() || this.#signal.aborted) return;
      if (!(await this.#settle(reader, arrow.stage))) return;
    }
    crashAt('commit.before');
    await this.#commit(batch);
    crashAt('commit.after');
  }

  #decide({ topic, messages }: Batch): void {
    const { arrow, program } = this.#deps;
    for (const message of messages) {
      const source = arrow.input.sourceOf(topic, message);
      const reader = this.#readers.get(source);
      if (reader) reader.take(message);
      else
        program.metrics.records.inc({ stage: arrow.stage, source: '', verdict: 'skip', code: 'source of nobody here' });
    }
    for (const reader of this.#readers.values()) reader.saw(Number(messages.at(-1)?.offset));
  }

  async #commit({ topic, partition }: Batch): Promise<void> {
    const { consumer, program } = this.#deps;
    const offsets = [...this.#readers.values()].flatMap(({ head }) =>
      head.position ? [Number(head.position.offset) + 1] : [],
    );
    if (offsets.length === 0) return;
    const commit = async () => consumer()?.commit(topic, partition, String(Math.min(...offsets)));
    await this.#timed('commit', () => retry('kafka', { health: program.health, signal: this.#signal }, commit));
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
  async #isNext({ messages }: Batch): Promise<boolean> {
    const first = Number(messages[0]?.offset);
    if (first !== this.#expected && this.#soughtInVain !== first) {
      this.#soughtInVain = first;
      this.#seek(this.#expected);
      return false;
    }
    if (first < this.#expected) return this.#again('the topic was put back under our feet');
    if (first > this.#expected) {
      const { low } = await retry('kafka', { health: this.#deps.program.health, signal: this.#signal }, () =>
        this.#watermarks(),
      );
      for (const reader of this.#readers.values()) if (low > reader.nextOffset) reader.recordsLost(low);
    }
    this.#expected = Number(messages.at(-1)?.offset) + 1;
    return true;
  }

  /** Lands and publishes what one source has pending. False when the place was lost and the partition begins again. */
  async #settle(reader: SourceReader<In, Out, Value>, stage: string): Promise<boolean> {
    if (reader.isLost) return this.#again('the topic was put back under our feet');
    try {
      await this.#land(reader);
    } catch (thrown) {
      if (!(thrown instanceof Trouble) || thrown.code !== 'stage.fenced') throw thrown;
      this.#deps.program.metrics.fenced.inc({ stage, source: reader.source });
      return this.#again(thrown.message);
    }
    await this.#holdAtGap(reader);
    return true;
  }

  async #again(why: string): Promise<false> {
    this.#deps.program.logger.warn({ ...this.#deps.place, why }, 'partition begins again');
    await this.#openAll();
    return false;
  }

  async #timed<Result>(step: string, work: () => Promise<Result>): Promise<Result> {
    const { arrow, program } = this.#deps;
    const end = program.metrics.seconds.startTimer({ stage: arrow.stage, step });
    const result = await work();
    end();
    return result;
  }

  async #land(reader: SourceReader<In, Out, Value>): Promise<void> {
    const { arrow, ledger, publisher, program } = this.#deps;
    const { metrics, crashAt, health } = program;
    const labels = { stage: arrow.stage, source: reader.source };
    for (const { verdict, code, count } of reader.takeTallies())
      metrics.records.inc({ ...labels, verdict, code }, count);
    const landing = reader.landing();
    if (!landing) return;
    const retrying = { health, signal: this.#signal };
    const landed = await this.#timed('land', () =>
      retry('postgres', retrying, () => ledger.land(landing, (point) => crashAt(`land.${point}`))),
    );
    if (landed.kind === 'gap') {
      reader.refuse(landed.gap);
      return;
    }
    crashAt('land.after_commit');
    reader.commit(landed.head);
    const { records } = landing;
    metrics.landedSequence.set(labels, landed.head.landed);
    metrics.items.inc(
      labels,
      records.reduce((sum, { bodies }) => sum + bodies.length, 0),
    );
    if (records.length === 0) return;
    crashAt('publish.before');
    await this.#timed('publish', () => retry('kafka', retrying, () => publisher.publish(records)));
    crashAt('publish.after');
    await this.#note(reader);
  }

  async #note(reader: SourceReader<In, Out, Value>): Promise<void> {
    const { ledger, program } = this.#deps;
    await this.#timed('note', () =>
      retry('postgres', { health: program.health, signal: this.#signal }, () =>
        ledger.notePublished(reader.source, reader.head.landed),
      ),
    );
    reader.published();
    program.crashAt('note.after');
  }

  async #holdAtGap(reader: SourceReader<In, Out, Value>): Promise<void> {
    if (reader.gap && !this.#held.has(reader.source)) await this.#hold(reader, reader.gap);
  }

  /** Records the gap and waits, beside the other sources, for a person's decision; then the partition begins again. */
  async #hold(reader: SourceReader<In, Out, Value>, gap: Gap): Promise<void> {
    const { arrow, ledger, program, place, consumer } = this.#deps;
    const { source, head } = reader;
    const retrying = { health: program.health, signal: this.#signal };
    this.#held.add(source);
    const at = { ...place, offset: String(reader.nextOffset) };
    const { gapId } = await retry('postgres', retrying, () => ledger.recordGap(head, gap, at));
    program.metrics.held.set({ stage: arrow.stage, source }, 1);
    program.logger.error({ source, gapId, code: gap.code, detail: gap.detail }, 'source is held because of a gap');
    const isAllHeld = [...this.#readers.keys()].every((name) => this.#held.has(name));
    if (isAllHeld) consumer()?.pause(place.topic, place.partition);
    this.#awaitDecision(gapId, source).catch((thrown) => {
      if (!this.#signal.aborted) this.#deps.fail(thrown);
    });
  }

  async #awaitDecision(gapId: string, source: string): Promise<void> {
    const { ledger, program } = this.#deps;
    for (;;) {
      await sleep(DECISION_MS, undefined, { signal: this.#signal });
      const decision = await retry('postgres', { health: program.health, signal: this.#signal }, () =>
        ledger.gapDecision(gapId),
      );
      if (decision === null) continue;
      program.logger.info({ source, gapId, decision }, 'a person decided about the gap');
      this.#held.delete(source);
      this.#begin();
      return;
    }
  }
}
