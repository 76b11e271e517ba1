import { messageOf, secret, Trouble } from '@overlay/runtime';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { z } from 'zod';
import type { Tables } from './tables.ts';

/** What a program must be told to reach the database. */
export const storageConfig = {
  DATABASE_URL: secret().describe('postgres://user:password@host:port/database'),
  DATABASE_POOL_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(4)
    .describe('most connections at a time, beside one that asks whether the database is there'),
  SELF_AUDIT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'file that a copy of each act of this program in the self-audit is appended to, a line of JSON; at 10 MB it is renamed, and 5 such files are kept',
    ),
};

/** A statement that takes longer than this has lost its connection or its mind. */
const STATEMENT_MS_MAX = 600_000;
/** A transaction that is left alone for so long lost its program; the head that it holds is let go. */
const IDLE_MS_MAX = 60_000;
const CONNECT_MS_MAX = 5000;

/** A connection that has to stand soon, however long the pool lets those wait for whom none is free. */
class Connection extends pg.Client {
  constructor(config: pg.ClientConfig = {}) {
    super({ ...config, connectionTimeoutMillis: CONNECT_MS_MAX });
  }
}

/** The database: typed queries through kysely, and transactions on a connection of their own. */
export class Database {
  readonly kysely: Kysely<Tables>;
  readonly #pool: pg.Pool;
  /** Asks for signs of life on a connection of its own: that all others are in use does not mean that the database is away. */
  readonly #pings: pg.Pool;

  constructor(url: string, poolMax: number) {
    this.#pool = makePool(url, poolMax, STATEMENT_MS_MAX);
    this.#pings = makePool(url, 1, CONNECT_MS_MAX);
    this.kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: this.#pool }) });
  }

  /** Runs `work` inside one transaction. Throws {@link Trouble} when Postgres cannot be reached, is not migrated, or the connection ends. */
  async transaction<Result>(work: (client: pg.ClientBase) => Promise<Result>): Promise<Result> {
    return this.#connected(async (client) => {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      return result;
    });
  }

  /** One statement outside any transaction, with the same troubles. */
  async query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#connected(async (client) => (await client.query<Row>(text, [...values])).rows);
  }

  /** Asks the database for a sign of life, which it has to give within 5 seconds. Throws {@link Trouble} when it does not. */
  async ping(): Promise<void> {
    await this.#pings.query('select').catch((thrown) => {
      throw unreachable(thrown);
    });
  }

  /**
   * The rows of one statement (without parameters: a cursor takes none) a page at a time, as they were when it began. Its connection is held until the
   * last page, or until the caller goes no further.
   *
   * @param text the statement, or what makes it of questions that see the database as it will
   * @param settings of Postgres, such as `work_mem = '64MB'`, for this statement alone
   */
  async *pages<Row extends pg.QueryResultRow>(
    text: string | ((client: pg.ClientBase) => Promise<string>),
    pageRows: number,
    settings: readonly string[] = [],
  ): AsyncGenerator<readonly Row[]> {
    const client = await this.#pool.connect().catch((thrown) => {
      throw troubleOf(thrown) ?? thrown;
    });
    const onError = (): void => {}; // the statement that fails says so too
    client.on('error', onError);
    let isWhole = false;
    try {
      await client.query('begin isolation level repeatable read read only');
      await client.query('set local idle_in_transaction_session_timeout = 0'); // who reads it may have other work between two pages
      for (const setting of settings) await client.query(`set local ${setting}`);
      const statement = typeof text === 'string' ? text : await text(client);
      await client.query(`declare pages no scroll cursor for ${statement}`);
      for (;;) {
        const { rows } = await client.query<Row>(`fetch ${pageRows} from pages`);
        yield rows;
        if (rows.length < pageRows) break;
      }
      await client.query('commit');
      isWhole = true;
    } catch (thrown) {
      throw troubleOf(thrown) ?? thrown;
    } finally {
      client.off('error', onError);
      client.release(!isWhole);
    }
  }

  async #connected<Result>(work: (client: pg.ClientBase) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect().catch((thrown) => {
      throw unreachable(thrown);
    });
    // A connection that ends under our hands says so twice: to the statement, which fails, and here.
    const onError = (): void => {};
    client.on('error', onError);
    let failure: unknown;
    try {
      return await work(client);
    } catch (thrown) {
      failure = thrown;
      throw troubleOf(thrown) ?? thrown;
    } finally {
      client.off('error', onError);
      client.release(failure !== undefined);
    }
  }

  async close(): Promise<void> {
    await this.kysely.destroy(); // ends the pool, but only once it was used through kysely
    if (!this.#pool.ending) await this.#pool.end();
    await this.#pings.end();
  }
}

/** @param waitMsMax how long a statement may take, and whoever finds no connection free may wait for one */
function makePool(url: string, max: number, waitMsMax: number): pg.Pool {
  const pool = new pg.Pool({
    Client: Connection,
    connectionString: url,
    max,
    connectionTimeoutMillis: waitMsMax,
    statement_timeout: waitMsMax,
    query_timeout: waitMsMax,
    idle_in_transaction_session_timeout: IDLE_MS_MAX,
    keepAlive: true,
  });
  pool.on('error', () => {}); // an idle connection that ends is replaced on the next use, which reports what is wrong
  return pool;
}

const unreachable = (thrown: unknown): Trouble =>
  troubleOf(thrown) ?? new Trouble('postgres.unreachable', messageOf(thrown), thrown);

/** SQLSTATE classes and codes, and socket errors, that say that the world failed and a later try may succeed. */
const RETRYABLE_STATE = /^(08|53|57|58|25006$|25P03$|40001$|40P01$|55P03$)/;
const RETRYABLE_SOCKET = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)/;
const RETRYABLE_TEXT =
  /Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error/;

function troubleOf(thrown: unknown): Trouble | undefined {
  if (thrown instanceof Trouble) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (['42P01', '3F000', '42883', '42703'].includes(code))
    return new Trouble('postgres.not_migrated', messageOf(thrown), thrown);
  const isWorld = RETRYABLE_STATE.test(code) || RETRYABLE_SOCKET.test(code) || RETRYABLE_TEXT.test(messageOf(thrown));
  return isWorld ? new Trouble('postgres.unreachable', messageOf(thrown), thrown) : undefined;
}
