import { Misconfigured, messageOf, secret, Trouble } from '@overlay/runtime';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2';

/** What a program that asks a source is told. */
export const sourceConfig = {
  SOURCE_URL: secret()
    .refine(isSourceUrl, { error: 'is not mysql://user:password@host:port/database' })
    .describe(
      'the MySQL server under audit and its captured database, mysql://user:password@host:port/database; only read',
    ),
};

function isSourceUrl(text: string): boolean {
  return URL.canParse(text) && /^mysqls?:$/.test(new URL(text).protocol) && new URL(text).pathname.length > 1;
}

const CONNECT_MS_MAX = 5000;
/** Prepared statements that a connection keeps at the server. */
const STATEMENTS_MAX = 8;
/** Errors of a server that is there and does not let this login do what it asks. */
const REFUSALS =
  /^ER_(ACCESS_DENIED|DBACCESS_DENIED|SPECIFIC_ACCESS_DENIED|TABLEACCESS_DENIED|COLUMNACCESS_DENIED|BAD_DB)/;

/** Whether a server refused a statement because a right is missing. */
export const isRefusal = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && REFUSALS.test(String(thrown.code));

/**
 * A connection to a source, which is only read: values come as text, exact, and in UTC. Troubles: `source.unreachable`; throws Misconfigured when the server
 * refuses the login or the database.
 */
export class Source {
  readonly database: string;
  readonly #connection: Connection;

  private constructor(connection: Connection, database: string) {
    this.#connection = connection;
    this.database = database;
  }

  static async connect(url: string): Promise<Source> {
    const { protocol, hostname, port, username, password, pathname, host } = new URL(url);
    const database = decodeURIComponent(pathname.slice(1));
    const connection = createConnection({
      host: hostname,
      port: Number(port || 3306),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database,
      connectTimeout: CONNECT_MS_MAX,
      timezone: 'Z',
      dateStrings: true,
      supportBigNumbers: true,
      bigNumberStrings: true,
      maxPreparedStatements: STATEMENTS_MAX,
      ...(protocol === 'mysqls:' && { ssl: {} }),
    });
    connection.on('error', () => {}); // told by the statement that meets it
    await connection
      .promise()
      .connect()
      .catch((thrown: unknown) => {
        if (isRefusal(thrown)) throw new Misconfigured([`SOURCE_URL: ${host} refuses it: ${messageOf(thrown)}`]);
        throw new Trouble('source.unreachable', `${host}: ${messageOf(thrown)}`, thrown);
      });
    const source = new Source(connection, database);
    await source.query("set session time_zone = '+00:00'");
    await source.query('set session transaction read only');
    return source;
  }

  /** Rows by column. A server that is gone is a Trouble; whatever else it says is thrown as it comes. */
  async query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    try {
      const [rows] = await this.#connection.promise().query<(Row & RowDataPacket)[]>(sql, [...values]);
      return rows;
    } catch (thrown) {
      throw isFatal(thrown) ? new Trouble('source.unreachable', messageOf(thrown), thrown) : thrown;
    }
  }

  /** Rows of values in the order of the columns, as they come from the server. */
  async queryArrays(sql: string, values: readonly unknown[] = []): Promise<readonly (readonly unknown[])[]> {
    try {
      const [rows] = await this.#connection
        .promise()
        .query<RowDataPacket[][]>({ sql, rowsAsArray: true, values: [...values] });
      return rows;
    } catch (thrown) {
      throw isFatal(thrown) ? new Trouble('source.unreachable', messageOf(thrown), thrown) : thrown;
    }
  }

  /**
   * The same a page at a time, in the order in which the server gives them and by the binary protocol, which has floating point as it is; while a page is in work, the server waits. Whatever `onPage` throws ends the reading,
   * and the connection with it.
   */
  async eachPage(sql: string, pageRows: number, onPage: (rows: Page) => Promise<void>): Promise<void> {
    const core = this.#connection;
    let page: unknown[][] = [];
    let worked: Promise<void> = Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (thrown: unknown): void => {
      reject(isFatal(thrown) ? new Trouble('source.unreachable', messageOf(thrown), thrown) : thrown);
    };
    /** Nothing is queued behind a page that is full; behind the last one another command may be, which a paused connection would forget. */
    const hand = (isLast: boolean): void => {
      const rows = page;
      page = [];
      if (!isLast) core.pause();
      worked = worked.then(() => onPage(rows)).then(() => (isLast ? undefined : core.resume()));
      worked.catch((thrown) => {
        core.destroy();
        fail(thrown);
      });
    };
    core
      .execute<RowDataPacket[][]>({ sql, rowsAsArray: true })
      .on('result', (row) => {
        if (!Array.isArray(row)) return;
        page.push(row);
        if (page.length >= pageRows) hand(false);
      })
      .on('error', fail)
      .on('end', () => {
        if (page.length > 0) hand(true);
        worked.then(resolve, () => {});
      });
    return promise;
  }

  async close(): Promise<void> {
    await this.#connection
      .promise()
      .end()
      .catch(() => this.#connection.destroy());
  }
}

/** Rows of values in the order of the columns: text, floating point as numbers, bytes as a Buffer, null. */
export type Page = readonly (readonly unknown[])[];

const isFatal = (thrown: unknown): boolean => thrown instanceof Error && 'fatal' in thrown && thrown.fatal === true;
