import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '@overlay/storage';
import { SERVICES } from './pipeline.ts';
import type { Steps } from './steps.ts';

const LOOK_MS = 300;
const STALL_MS_MAX = 120_000;
const SUMMARY_MS_MAX = 60_000;

/** Looks at how far the stages are. */
export class CaughtUp {
  readonly #database: Database;
  readonly #source: string;

  constructor(databaseUrl: string, source: string) {
    this.#database = new Database(databaseUrl, 1);
    this.#source = source;
  }

  /** Resolves when every stage has landed and published `sequences`; throws when none has moved for two minutes. */
  async until(sequences: number, detail: Steps['detail']): Promise<void> {
    let before = '';
    for (let moved = Date.now(); Date.now() - moved < STALL_MS_MAX; await sleep(LOOK_MS)) {
      const published = await this.#published();
      if (SERVICES.every((service) => (published.get(service) ?? 0) >= sequences)) return;
      const now = SERVICES.map((service) => `${service} ${published.get(service) ?? 0}`).join(', ');
      if (now !== before) moved = Date.now();
      before = now;
      detail({ kind: 'step', text: `of ${sequences} transactions: ${now}` });
    }
    throw new Error(`the stages stand still before ${sequences}: ${before}. Their logs are in the stack's folder`);
  }

  async #published(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#database.query<{ stage: string; published: string }>(
      'select stage, published from audit.heads where source = $1',
      [this.#source],
    );
    return new Map(rows.map(({ stage, published }) => [stage, Number(published)]));
  }

  /** Resolves when the newest summary covers everything that landed. */
  async untilSummary(): Promise<void> {
    for (const begin = Date.now(); Date.now() - begin < SUMMARY_MS_MAX; await sleep(LOOK_MS)) {
      const [row] = await this.#database.query<{ isThere: boolean }>(
        `select coalesce(max(as_of_sequence), 0) >= (select landed from audit.heads where stage = 'summarizer' and source = $1) as "isThere"
          from audit.narratives where source = $1 and kind = 'daily_summary'`,
        [this.#source],
      );
      if (row?.isThere) return;
    }
    throw new Error('the summarizer has written no summary within a minute');
  }

  /** The newest entity of a type that something happened to, as `type:id`. */
  async newestEntity(type: string): Promise<string> {
    const [row] = await this.#database.query<{ entity_id: string }>(
      'select entity_id from audit.business_events where source = $1 and entity_type = $2 order by sequence desc, ordinal desc limit 1',
      [this.#source, type],
    );
    if (!row) throw new Error(`nothing happened to any ${type}`);
    return `${type}:${row.entity_id}`;
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
