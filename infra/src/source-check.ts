import mysql, { type RowDataPacket } from 'mysql2/promise';
import type { Finding } from './doctor.ts';

/** What decides whether a MySQL server tells its log everything. Table names as `database.table`. */
export interface SourceFacts {
  readonly version: string;
  /** Server settings by name, as `show variables` gives them. */
  readonly settings: Readonly<Record<string, string>>;
  /** Foreign keys whose action changes rows of the table that has them: `table (constraint)`. */
  readonly cascades: readonly string[];
  readonly withoutKey: readonly string[];
}

/** Off for the server as a whole: the text of a statement rides on each of its rows, so only sessions of applications that say who acts ask for it. */
const STATEMENT_TEXTS = 'binlog_rows_query_log_events';

const SETTINGS: Readonly<Record<string, string>> = {
  log_bin: 'ON',
  binlog_format: 'ROW',
  binlog_row_image: 'FULL',
  binlog_row_metadata: 'FULL',
  binlog_row_value_options: '',
  gtid_mode: 'ON',
  enforce_gtid_consistency: 'ON',
};

/** From this version on the server itself carries out foreign keys' actions and logs the rows that they change. */
const LOGS_CASCADES_FROM: readonly [major: number, minor: number] = [9, 6];

/** Asks a server; it is only read. `url` names the database that is to be captured. */
export async function readSourceFacts(url: string): Promise<SourceFacts> {
  const connection = await mysql.createConnection({ uri: url, connectTimeout: 5000 });
  const rows = async (sql: string, values: (string | string[])[] = []): Promise<RowDataPacket[]> =>
    (await connection.query<RowDataPacket[]>(sql, values))[0];
  try {
    const [server] = await rows('select version() as version, database() as name');
    const name = String(server?.name ?? '');
    if (name === '') throw new Error('the address names no database to look at');
    const settings = await rows('show global variables where variable_name in (?)', [
      [...Object.keys(SETTINGS), STATEMENT_TEXTS],
    ]);
    const cascades = await rows(
      `select constraint_schema as d, table_name as t, constraint_name as c from information_schema.referential_constraints
        where constraint_schema = ? and (delete_rule in ('CASCADE', 'SET NULL') or update_rule in ('CASCADE', 'SET NULL')) order by t, c`,
      [name],
    );
    const withoutKey = await rows(
      `select table_schema as d, table_name as t from information_schema.tables where table_schema = ? and table_type = 'BASE TABLE'
        and table_name not in (select table_name from information_schema.table_constraints
          where table_schema = ? and constraint_type = 'PRIMARY KEY') order by t`,
      [name, name],
    );
    return {
      version: String(server?.version),
      settings: Object.fromEntries(settings.map(({ Variable_name, Value }) => [Variable_name, String(Value)])),
      cascades: cascades.map(({ d, t, c }) => `${d}.${t} (${c})`),
      withoutKey: withoutKey.map(({ d, t }) => `${d}.${t}`),
    };
  } finally {
    await connection.end();
  }
}

/** What keeps changes of a source out of its log, or rows apart; each finding with what to do. */
export function judgeSource({ version, settings, cascades, withoutKey }: SourceFacts): Finding[] {
  const wrong = Object.entries(SETTINGS).filter(
    ([name, wanted]) => settings[name] !== undefined && settings[name] !== wanted,
  );
  const missing = Object.keys(SETTINGS).filter(
    (name) => settings[name] === undefined && name !== 'binlog_row_value_options',
  );
  return [
    {
      need: 'a binary log with whole rows and GTIDs',
      isMet: wrong.length === 0 && missing.length === 0,
      found:
        [...wrong.map(([name]) => `${name}=${settings[name]}`), ...missing.map((name) => `no ${name}`)].join(', ') ||
        'all set',
      ...(wrong.length > 0 && { mend: `set ${wrong.map(([name, wanted]) => `${name}=${wanted || "''"}`).join(' ')}` }),
    },
    {
      need: 'texts of statements are logged only by sessions that ask for it',
      isMet: settings[STATEMENT_TEXTS] !== 'ON',
      found: `${STATEMENT_TEXTS}=${settings[STATEMENT_TEXTS] ?? 'OFF'}`,
      ...(settings[STATEMENT_TEXTS] === 'ON' && {
        mend: `the text of a statement, with its values, rides on each of its rows in the raw topic: set ${STATEMENT_TEXTS}=OFF, and ON in the sessions of applications that say who acts`,
      }),
    },
    {
      need: "foreign keys' actions are logged",
      isMet: cascades.length === 0 || logsCascades(version),
      found: `MySQL ${version}, ${cascades.length === 0 ? 'no foreign key changes rows' : listed(cascades)}`,
      ...(cascades.length > 0 &&
        !logsCascades(version) && {
          mend: `MySQL before ${LOGS_CASCADES_FROM.join('.')} does not log rows that these change: upgrade, or let the program change the rows itself`,
        }),
    },
    {
      need: 'tables with a primary key',
      isMet: withoutKey.length === 0,
      found: withoutKey.length === 0 ? 'all of them' : listed(withoutKey),
      ...(withoutKey.length > 0 && {
        mend: 'their rows are in the log, but equal ones cannot be told apart, and a later snapshot cannot be asked for: add keys',
      }),
    },
  ];
}

function logsCascades(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > LOGS_CASCADES_FROM[0] || (major === LOGS_CASCADES_FROM[0] && minor >= LOGS_CASCADES_FROM[1]);
}

const listed = (names: readonly string[]): string => names.join(', ');
