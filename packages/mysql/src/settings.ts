import { isRefusal, type Source } from './connect.ts';

/** What can keep changes out of a source's log, or make it unreadable; `docs/reference/source-checks.md` lists the same set. */
export const CHECKS = [
  'binary_log',
  'row_format',
  'full_images',
  'row_metadata',
  'whole_json',
  'gtids',
  'gtid_consistency',
  'statement_texts',
  'cascades',
  'primary_keys',
  'retention',
  'server_id',
] as const;
export type SourceCheck = (typeof CHECKS)[number];

/** What a check found. `mend`: the sentence that puts it right; only where it is lacking. */
export interface CheckFinding {
  readonly check: SourceCheck;
  readonly need: string;
  readonly isMet: boolean;
  readonly found: string;
  readonly mend?: string;
}

/** What decides whether a MySQL server tells its log everything. Table names as `database.table`. */
export interface SourceFacts {
  readonly version: string;
  /** Server settings by name, as `show global variables` gives them. */
  readonly settings: Readonly<Record<string, string>>;
  /** Foreign keys whose action changes rows of the table that has them: `table (constraint)`. */
  readonly cascades: readonly string[];
  readonly withoutKey: readonly string[];
  /** Server ids of registered replicas; undefined where this login may not see them. */
  readonly replicas?: readonly number[] | undefined;
}

/** What is known of a connector that reads the source. */
export interface ReaderFacts {
  /** The id that it shows to the server. */
  readonly serverId?: number | undefined;
  /** How far the log is behind the source, in seconds. */
  readonly lag_s?: number | undefined;
}

interface Wanted {
  readonly check: SourceCheck;
  readonly need: string;
  readonly setting: string;
  readonly value: string;
  /** Servers that do not have the setting do as is wanted. */
  readonly isOptional?: boolean;
}

const WANTED: readonly Wanted[] = [
  { check: 'binary_log', need: 'a binary log', setting: 'log_bin', value: 'ON' },
  { check: 'row_format', need: 'rows in the binary log', setting: 'binlog_format', value: 'ROW' },
  { check: 'full_images', need: 'whole rows in the binary log', setting: 'binlog_row_image', value: 'FULL' },
  { check: 'row_metadata', need: 'names of columns in the binary log', setting: 'binlog_row_metadata', value: 'FULL' },
  {
    check: 'whole_json',
    need: 'whole JSON documents in the binary log',
    setting: 'binlog_row_value_options',
    value: '',
    isOptional: true,
  },
  { check: 'gtids', need: 'GTIDs', setting: 'gtid_mode', value: 'ON' },
  {
    check: 'gtid_consistency',
    need: 'statements that GTIDs can name',
    setting: 'enforce_gtid_consistency',
    value: 'ON',
  },
];

/** Off for the server as a whole: the text of a statement rides on each of its rows, so only sessions of applications that say who acts ask for it. */
const STATEMENT_TEXTS = 'binlog_rows_query_log_events';
/** 0 keeps binary logs for ever. */
const RETENTION = 'binlog_expire_logs_seconds';
const SERVER_ID = 'server_id';
const DAY_S = 86_400;
/** A connector that is away for a weekend comes back to logs that are still there. */
const RETENTION_S_MIN = 3 * DAY_S;

/** From this version on the server itself carries out foreign keys' actions and logs the rows that they change. */
const LOGS_CASCADES_FROM: readonly [major: number, minor: number] = [9, 6];

/** Asks a server about itself and the captured database. */
export async function readSourceFacts(source: Source): Promise<SourceFacts> {
  const name = source.database;
  const [server] = await source.query<{ version: string }>('select version() as version');
  const settings = await source.query<{ Variable_name: string; Value: string }>(
    'show global variables where variable_name in (?)',
    [[...WANTED.map(({ setting }) => setting), STATEMENT_TEXTS, RETENTION, SERVER_ID]],
  );
  const cascades = await source.query<{ d: string; t: string; c: string }>(
    `select constraint_schema as d, table_name as t, constraint_name as c from information_schema.referential_constraints
      where constraint_schema = ? and (delete_rule in ('CASCADE', 'SET NULL') or update_rule in ('CASCADE', 'SET NULL')) order by t, c`,
    [name],
  );
  const withoutKey = await source.query<{ d: string; t: string }>(
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
    replicas: await readReplicas(source),
  };
}

async function readReplicas(source: Source): Promise<readonly number[] | undefined> {
  try {
    const rows = await source.query<{ Server_Id: string }>('show replicas');
    return rows.map(({ Server_Id }) => Number(Server_Id));
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    return undefined;
  }
}

/** What keeps changes of a source out of its log, or rows apart; each finding with what to do. */
export function judgeSource(facts: SourceFacts, reader: ReaderFacts = {}): readonly CheckFinding[] {
  const { version, settings, cascades, withoutKey } = facts;
  return [
    ...WANTED.map((wanted) => judgeSetting(wanted, settings[wanted.setting])),
    finding({
      check: 'statement_texts',
      need: 'texts of statements are logged only by sessions that ask for it',
      found: `${STATEMENT_TEXTS}=${settings[STATEMENT_TEXTS] ?? 'OFF'}`,
      mend:
        settings[STATEMENT_TEXTS] === 'ON' &&
        `the text of a statement, with its values, rides on each of its rows in the raw topic: set ${STATEMENT_TEXTS}=OFF, and ON in the sessions of applications that say who acts`,
    }),
    finding({
      check: 'cascades',
      need: "foreign keys' actions are logged",
      found: `MySQL ${version}, ${cascades.length === 0 ? 'no foreign key changes rows' : listed(cascades)}`,
      mend:
        cascades.length > 0 &&
        !logsCascades(version) &&
        `MySQL before ${LOGS_CASCADES_FROM.join('.')} does not log rows that these change: upgrade, or let the program change the rows itself`,
    }),
    finding({
      check: 'primary_keys',
      need: 'tables with a primary key',
      found: withoutKey.length === 0 ? 'all of them' : listed(withoutKey),
      mend:
        withoutKey.length > 0 &&
        'their rows are in the log, but equal ones cannot be told apart, and a later snapshot cannot be asked for: add keys',
    }),
    judgeRetention(settings[RETENTION], reader),
    judgeServerId(facts, reader),
  ];
}

const finding = ({
  mend,
  ...found
}: Pick<CheckFinding, 'check' | 'need' | 'found'> & { readonly mend: string | false }): CheckFinding =>
  mend === false ? { ...found, isMet: true } : { ...found, isMet: false, mend };

const judgeSetting = ({ check, need, setting, value, isOptional }: Wanted, is: string | undefined): CheckFinding =>
  finding({
    check,
    need,
    found: is === undefined ? `no ${setting}` : `${setting}=${is}`,
    mend: is !== value && !(is === undefined && isOptional) && `set ${setting}=${value || "''"}`,
  });

function judgeRetention(text: string | undefined, { lag_s = 0 }: ReaderFacts): CheckFinding {
  const kept_s = Number(text ?? 0);
  const days = `${(kept_s / DAY_S).toFixed(1)} days`;
  const isLate = lag_s > kept_s / 2;
  return finding({
    check: 'retention',
    need: 'binary logs are kept longer than the log can be behind',
    found:
      kept_s === 0
        ? 'kept until they are purged by hand'
        : `kept ${days}${lag_s > 0 ? `, the log is ${Math.round(lag_s)} s behind` : ''}`,
    mend:
      kept_s !== 0 &&
      (kept_s < RETENTION_S_MIN || isLate) &&
      (isLate
        ? `what is purged before it was read is lost: set ${RETENTION} higher at once, and see why the log is behind`
        : `set ${RETENTION}=${RETENTION_S_MIN} or more: a connector that is away longer loses what is purged meanwhile`),
  });
}

function judgeServerId({ settings, replicas }: SourceFacts, { serverId }: ReaderFacts): CheckFinding {
  const own = Number(settings[SERVER_ID] ?? 0);
  const twice = replicas?.find((id, at) => id === own || id === serverId || replicas.indexOf(id) !== at);
  const isOwn = serverId !== undefined && serverId === own;
  return finding({
    check: 'server_id',
    need: 'a server id of its own for each who reads the binary log',
    found: `the server is ${own}${serverId === undefined ? '' : `, the connector ${serverId}`}, ${
      replicas === undefined
        ? 'replicas cannot be seen without REPLICATION SLAVE'
        : replicas.length === 0
          ? 'no replica is registered'
          : `replicas are ${replicas.join(', ')}`
    }`,
    mend:
      (isOwn || twice !== undefined) &&
      `${twice ?? own} is shown by two: the server ends one's reading when the other begins; give each another server id (database.server.id of the connector)`,
  });
}

function logsCascades(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > LOGS_CASCADES_FROM[0] || (major === LOGS_CASCADES_FROM[0] && minor >= LOGS_CASCADES_FROM[1]);
}

const listed = (names: readonly string[]): string => names.join(', ');
