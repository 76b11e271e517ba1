import { gradeOf, type Landing, type Ledger, type WrittenRecord } from '@overlay/model';
import { type Program, retry } from '@overlay/runtime';
import type { StageConfig } from './config.ts';
import type { Publisher } from './publisher.ts';
import { BACKLOG_BYTES_MAX, type SourceReader } from './source-reader.ts';

export interface SourceWriterDeps<Out> {
  readonly stage: string;
  readonly ledger: Ledger<Out>;
  readonly publisher: Publisher;
  readonly program: Program<StageConfig>;
  /** Aborts when the partition is no longer ours. */
  readonly signal: AbortSignal;
  /** Called when the head moved on: its offset may be committed. */
  readonly onLanded: () => void;
  /** Called when nothing goes on in this source for the reader's gap, after what came before it has landed. */
  readonly onGap: () => void;
  /** Called once when landing or publishing failed for good. */
  readonly onFailed: (thrown: unknown) => void;
}

/** Landed records that wait for publishing or are being published. */
interface Outbox<Out> {
  records: WrittenRecord<Out>[];
  /** Bytes of the input that they were made from. */
  bytes: number;
}

/**
 * Lands, publishes and notes what one source's reader decided, beside the reading: one landing and one publishing at a time, each of
 * whatever has gathered meanwhile. Both queues are bounded: a slow database or broker makes {@link room} wait.
 */
export class SourceWriter<In, Out, Value> {
  readonly #reader: SourceReader<In, Out, Value>;
  readonly #deps: SourceWriterDeps<Out>;
  readonly #closed = new AbortController();
  readonly #signal: AbortSignal;
  readonly #outbox: Outbox<Out> = { records: [], bytes: 0 };
  #isLanding = false;
  #isPublishing = false;
  #progress = Promise.withResolvers<void>();

  constructor(reader: SourceReader<In, Out, Value>, deps: SourceWriterDeps<Out>) {
    this.#reader = reader;
    this.#deps = deps;
    this.#signal = AbortSignal.any([deps.signal, this.#closed.signal]);
  }

  /** Begins to land what the reader has, unless that is under way. */
  wake(): void {
    if (!this.#isLanding) void this.#unlessFailed(() => this.#landAll());
  }

  /** Resolves once the reader may decide on more. */
  async room(): Promise<void> {
    while (this.#isLanding && this.#reader.backlogBytes > BACKLOG_BYTES_MAX && !this.#signal.aborted)
      await this.#progress.promise;
  }

  /** Resolves once everything that was decided has landed, or nothing goes on. */
  async landed(): Promise<void> {
    this.wake();
    while (this.#isLanding && !this.#signal.aborted) await this.#progress.promise;
  }

  /** No further step begins; resolves when the one that is under way has ended. */
  async close(): Promise<void> {
    this.#closed.abort('closed');
    while (this.#isLanding || this.#isPublishing) await this.#progress.promise;
    this.#reader.release();
  }

  async #unlessFailed(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      if (this.#signal.aborted) return;
      this.#closed.abort('failed');
      this.#deps.onFailed(thrown);
    } finally {
      this.#move();
    }
  }

  #move(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }

  async #landAll(): Promise<void> {
    this.#isLanding = true;
    try {
      while (!this.#signal.aborted) {
        const bytes = this.#reader.backlogBytes;
        const landing = this.#reader.takeLanding();
        if (!landing) break;
        await this.#land(landing, bytes);
        this.#move();
        while (this.#outbox.bytes > BACKLOG_BYTES_MAX && !this.#signal.aborted) await this.#progress.promise;
      }
    } finally {
      this.#isLanding = false;
    }
    if (this.#reader.gap && !this.#signal.aborted) this.#deps.onGap();
  }

  async #land(landing: Landing<Out>, bytes: number): Promise<void> {
    const { stage, ledger, program } = this.#deps;
    const { metrics, crashAt, logger } = program;
    const labels = { stage, source: this.#reader.source };
    const landed = await this.#timed('land', 'postgres', () =>
      ledger.land(landing, (point) => crashAt(`land.${point}`)),
    );
    if (landed.kind === 'gap') {
      this.#reader.refuse(landed.gap);
      return;
    }
    crashAt('land.after_commit');
    this.#reader.landed(landed.head);
    metrics.landedSequence.set(labels, landed.head.landed);
    metrics.items.inc(
      labels,
      landing.records.reduce((sum, { bodies }) => sum + bodies.length, 0),
    );
    for (const { database, table, rows } of landing.unexplained ?? [])
      metrics.unexplainedRows.inc({ ...labels, table: `${database}.${table}` }, rows);
    for (const actor of landing.actors ?? []) metrics.transactionActors.inc({ ...labels, grade: gradeOf(actor) });
    for (const { database, table, column, why } of landing.sensitive ?? []) {
      metrics.sensitiveColumns.inc({ ...labels, table: `${database}.${table}` });
      logger.warn({ ...labels, database, table, column, why }, 'column looks sensitive and has no policy');
    }
    if (landing.records.length > 0 && program.config.PUBLISH === 'on') {
      this.#outbox.records.push(...landing.records);
      this.#outbox.bytes += bytes;
      if (!this.#isPublishing) void this.#unlessFailed(() => this.#publishAll());
      return;
    }
    this.#reader.release(landing.records);
    this.#deps.onLanded();
  }

  async #publishAll(): Promise<void> {
    this.#isPublishing = true;
    try {
      while (this.#outbox.records.length > 0 && !this.#signal.aborted) {
        const { bytes } = this.#outbox;
        const records = this.#outbox.records.splice(0);
        await this.#publish(records);
        this.#outbox.bytes -= bytes;
        this.#move();
      }
    } finally {
      this.#isPublishing = false;
    }
  }

  async #publish(records: readonly WrittenRecord<Out>[]): Promise<void> {
    const { publisher, program } = this.#deps;
    program.crashAt('publish.before');
    await this.#timed('publish', 'kafka', () => publisher.publish(records));
    program.crashAt('publish.after');
    await this.note(records.at(-1)?.record.sequence ?? 0);
    this.#reader.release(records);
    this.#deps.onLanded();
  }

  /** Writes down that everything up to `sequence` is on the output topic. */
  async note(sequence: number): Promise<void> {
    const { ledger, program } = this.#deps;
    await this.#timed('note', 'postgres', () => ledger.notePublished(this.#reader.source, sequence));
    program.crashAt('note.after');
  }

  async #timed<Result>(step: string, dependency: string, work: () => Promise<Result>): Promise<Result> {
    const { stage, program } = this.#deps;
    const end = program.metrics.seconds.startTimer({ stage, step });
    const result = await retry(dependency, { health: program.health, signal: this.#signal }, work);
    end();
    return result;
  }
}
