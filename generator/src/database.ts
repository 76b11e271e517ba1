import { type Connection, createConnection } from 'mysql2/promise';
import { describe, Failure } from './failure.ts';
import { CREATE_DATABASE, TABLES } from './schema.ts';
import { resetSessionSql } from './sql.ts';

export type { Connection };

export type Row = Readonly<Record<string, unknown>>;

const CONNECT_TIMEOUT_MS = 10_000;
/** One generator at a time: it keeps stock and the next ids in memory. A killed one holds it until the server has done its last text. */
const WRITER_LOCK = 'audit-overlay-generator';
const WRITER_LOCK_S_MAX = '5';

/**
 * One connection that takes several statements in a text, in no database yet: a name in the address does not count. The
 * message of a failure never shows the password.
 */
export async function connect(url: string): Promise<Connection> {
  const where = hostOf(url);
  const address = new URL(url);
  address.pathname = '';
  try {
    return await createConnection({
      uri: address.href,
      multipleStatements: true,
      dateStrings: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
    });
  } catch (thrown) {
    const { code, text } = describe(thrown);
    if (code === 'ER_ACCESS_DENIED_ERROR') {
      throw new Failure(`MySQL at ${where} refuses this user or password (${text}): correct --mysql-url`, 1, thrown);
    }
    throw new Failure(
      `cannot reach MySQL at ${where} (${code}): start it, or correct --mysql-url or MYSQL_URL`,
      1,
      thrown,
    );
  }
}

/** One connection for the time of its use; what MySQL refuses is said for people. */
export async function withConnection<Result>(
  url: string,
  use: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await connect(url);
  try {
    return await use(connection);
  } catch (thrown) {
    if (thrown instanceof Failure || !(thrown instanceof Error && 'sqlState' in thrown)) throw thrown;
    throw new Failure(`MySQL refuses (${describe(thrown).code}): ${thrown.message}`, 1, thrown);
  } finally {
    await connection.end().catch(() => connection.destroy());
  }
}

/** Creates what is missing and touches nothing that is there, so a second call writes nothing to the binlog. */
export async function createSchema(connection: Connection, database: string): Promise<string[]> {
  const known = await select(connection, 'SELECT 1 FROM information_schema.schemata WHERE schema_name = ?', [database]);
  if (known.length === 0) await connection.query(`${CREATE_DATABASE} ${quoteName(database)}`);
  await connection.changeUser({ database });
  const present = await presentTables(connection, database);
  const created: string[] = [];
  for (const { name, ddl } of TABLES) {
    if (present.has(name)) continue;
    await connection.query(ddl);
    created.push(name);
  }
  return created;
}

/** Enters a database that has the schema. */
export async function useDatabase(connection: Connection, database: string): Promise<void> {
  const present = await presentTables(connection, database);
  const missing = TABLES.filter(({ name }) => !present.has(name)).map(({ name }) => name);
  if (missing.length > 0) {
    throw new Failure(`database ${database} lacks the tables ${missing.join(', ')}: run \`schema\` first`);
  }
  await connection.changeUser({ database });
}

export async function refuseNonEmpty(connection: Connection, database: string): Promise<void> {
  for (const { name } of TABLES) {
    const rows = await select(connection, `SELECT 1 FROM ${name} LIMIT 1`);
    if (rows.length === 0) continue;
    throw new Failure(
      `database ${database} is not empty (table ${name} has rows), and a history starts from nothing: go on with it by --resume, continue it with \`live\`, or drop the database and run \`schema\` again`,
    );
  }
}

/** Simulated commit times need a privilege; asked for before anything is written. */
export async function requireClockPrivilege(connection: Connection): Promise<void> {
  try {
    await connection.query(resetSessionSql());
  } catch (thrown) {
    const { code, text } = describe(thrown);
    throw new Failure(
      `this MySQL user may not set original_commit_timestamp, which gives a history its own time (${code}: ${text}): GRANT SESSION_VARIABLES_ADMIN ON *.* TO it, or use an administrator in --mysql-url`,
      1,
      thrown,
    );
  }
}

/**
 * Lets commits go without waiting for the disk while `work` runs, and puts the server's settings back after it, also after
 * a failure. Not if this process is killed, and a crash of the machine meanwhile may leave the binlog behind the tables.
 */
export async function withoutDiskWaits<Result>(connection: Connection, work: () => Promise<Result>): Promise<Result> {
  const [before] = await select(
    connection,
    'SELECT @@sync_binlog AS binlog, @@innodb_flush_log_at_trx_commit AS flush',
  );
  const set = async (binlog: number, flush: number): Promise<void> => {
    await connection.query(`SET GLOBAL sync_binlog=${binlog};SET GLOBAL innodb_flush_log_at_trx_commit=${flush}`);
  };
  try {
    await set(0, 2);
  } catch (thrown) {
    const { code, text } = describe(thrown);
    throw new Failure(`--no-disk-waits needs SYSTEM_VARIABLES_ADMIN (${code}: ${text}): leave it out`, 1, thrown);
  }
  try {
    return await work();
  } finally {
    await set(Number(before?.binlog), Number(before?.flush));
  }
}

/** Held until the connection ends. */
export async function becomeOnlyWriter(connection: Connection, database: string): Promise<void> {
  const [row] = await select(connection, 'SELECT GET_LOCK(?, ?) AS held', [
    `${WRITER_LOCK}:${database}`,
    WRITER_LOCK_S_MAX,
  ]);
  if (row?.held !== 1) {
    throw new Failure(
      `another generator is writing to database ${database}: stop it first, two would take the same ids`,
    );
  }
}

export async function select(connection: Connection, sql: string, values: string[] = []): Promise<Row[]> {
  const [rows] = await connection.query(sql, values);
  if (!Array.isArray(rows)) throw new Error(`not a SELECT: ${sql}`);
  return rows as Row[];
}

async function presentTables(connection: Connection, database: string): Promise<Set<string>> {
  const sql = 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?';
  return new Set((await select(connection, sql, [database])).map((row) => String(row.name)));
}

function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

function hostOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port === '' ? '3306' : port}`;
}
