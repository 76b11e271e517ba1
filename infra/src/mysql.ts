import { constants, cpSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cachedFolder, digestOf } from './artefacts.ts';
import { runCommand } from './command.ts';
import { debianFolder } from './debian.ts';
import { findOnPath } from './find-on-path.ts';
import { mysqlGreets } from './probes.ts';
import type { Launch, Place, Report, Runnable, Server } from './types.ts';

const MAJOR_MIN = 9;
const SOCKET_PATH_MAX = 100;
const SERVER_ID = 184_054;

/** A mysqld that can be run: what stands before its arguments, and the settings that say where its own files are. */
interface Mysqld {
  readonly command: string;
  readonly before: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  readonly version: string;
}

/** MySQL 9, set up as a source for change capture: GTID, row format, full images, full metadata. */
export const mysql: Server = {
  name: 'mysql',
  needs: [],
  stopSignal: 'SIGTERM',
  abandonSignal: 'SIGKILL',
  stop_ms_max: 60_000,
  start_ms_max: 180_000,
  prepare: prepareMysql,
};

async function prepareMysql(report: Report): Promise<Runnable> {
  const mysqld = (await installedMysql()) ?? (await unpackedMysqld(report));
  const template = await dataTemplate(mysqld, report);
  return {
    launch: (place) => launchMysql(mysqld, template, place),
    isReady: (place) => mysqlGreets(place.ports.mysql),
  };
}

/** The version in `mysqld --version`, as [text, major]. */
export function parseMysqldVersion(output: string): { readonly text: string; readonly major: number } | undefined {
  const text = /Ver (\d+\.\d+\.\d+)/.exec(output)?.[1];
  if (!text || /mariadb/i.test(output)) return undefined;
  return { text, major: Number(text.split('.')[0]) };
}

/** A MySQL that is new enough, on PATH or in the usual places. */
export async function installedMysql(): Promise<Mysqld | undefined> {
  const found = findOnPath('mysqld', ['/usr/sbin', '/usr/local/mysql/bin']);
  if (!found) return undefined;
  const version = parseMysqldVersion(await runCommand(found, ['--version']).catch(() => ''));
  if (!version || version.major < MAJOR_MIN) return undefined;
  const basedir = dirname(dirname(realpathSync(found)));
  return { command: found, before: [], settings: { basedir }, version: version.text };
}

/** Debian sid's packages run beside the machine's own libraries by their own loader and C library. */
async function unpackedMysqld(report: Report): Promise<Mysqld> {
  const packages = ['mysql-server-core'];
  const root = await debianFolder({ name: 'mysql', suite: 'sid', packages, report });
  const triple = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const loader = process.arch === 'arm64' ? 'ld-linux-aarch64.so.1' : 'ld-linux-x86-64.so.2';
  const libraries = join(root, 'usr/lib', triple);
  const before = ['--library-path', libraries, join(root, 'usr/sbin/mysqld')];
  const command = join(libraries, loader);
  const version = parseMysqldVersion(await runCommand(command, [...before, '--version']));
  if (!version || version.major < MAJOR_MIN)
    throw new Error(`Debian sid gave MySQL ${version?.text}, not ${MAJOR_MIN}`);
  const share = join(root, 'usr/share/mysql');
  const settings = {
    basedir: join(root, 'usr'),
    'lc-messages-dir': share,
    'character-sets-dir': join(share, 'charsets'),
    'plugin-dir': join(root, 'usr/lib/mysql/plugin'),
  };
  return { command, before, settings, version: version.text };
}

/** An initialised, never started data directory: to copy it is ten times as fast as to initialise another. */
function dataTemplate(mysqld: Mysqld, report: Report): Promise<string> {
  const key = `mysql data 1 ${mysqld.version} ${mysqld.command}`;
  const fill = async (folder: string): Promise<void> => {
    report(`initialises MySQL ${mysqld.version} (once)`);
    const settings = Object.entries(mysqld.settings).map(([name, value]) => `--${name}=${value}`);
    const options = ['--no-defaults', ...settings, `--datadir=${join(folder, 'data')}`, '--secure-file-priv='];
    await runCommand(mysqld.command, [
      ...mysqld.before,
      ...options,
      ...asRoot(),
      '--skip-log-bin',
      '--initialize-insecure',
    ]);
    rmSync(join(folder, 'data', 'auto.cnf'), { force: true }); // the server's uuid: each copy gets its own
  };
  return cachedFolder({ name: 'mysql-data', key, report, fill });
}

async function launchMysql(mysqld: Mysqld, template: string, place: Place): Promise<Launch> {
  const directory = join(place.directory, 'mysql');
  const data = join(directory, 'data');
  if (!existsSync(data)) {
    const temporary = join(directory, 'data.new');
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    cpSync(join(template, 'data'), temporary, { recursive: true, mode: constants.COPYFILE_FICLONE });
    renameSync(temporary, data);
  }
  const accounts = join(directory, 'accounts.sql');
  writeFileSync(accounts, accountStatements(place), { mode: 0o600 });
  const config = join(directory, 'my.cnf');
  writeFileSync(config, renderConfig(mysqld, place, { directory, data, accounts }), { mode: 0o600 });
  return {
    command: mysqld.command,
    arguments: [...mysqld.before, `--defaults-file=${config}`, ...asRoot()],
    directory,
  };
}

const asRoot = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

/** Runs at every start before connections are taken; leaves no trace in the binary log, so no GTID either. */
function accountStatements({ secrets }: Place): string {
  return `SET sql_log_bin = 0;
CREATE USER IF NOT EXISTS 'root'@'%' IDENTIFIED BY '${secrets.mysqlRoot}';
ALTER USER 'root'@'%' IDENTIFIED BY '${secrets.mysqlRoot}';
ALTER USER 'root'@'localhost' IDENTIFIED BY '${secrets.mysqlRoot}';
GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;
CREATE USER IF NOT EXISTS 'debezium'@'%' IDENTIFIED BY '${secrets.debezium}';
ALTER USER 'debezium'@'%' IDENTIFIED BY '${secrets.debezium}';
GRANT SELECT, RELOAD, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT, LOCK TABLES ON *.* TO 'debezium'@'%';
`;
}

function renderConfig(
  mysqld: Mysqld,
  place: Place,
  paths: { readonly directory: string; readonly data: string; readonly accounts: string },
): string {
  const inside = join(paths.directory, 'mysql.sock');
  const socket = inside.length <= SOCKET_PATH_MAX ? inside : `/tmp/audit-overlay-${digestOf(inside)}.sock`;
  const settings: Record<string, string | number> = {
    ...mysqld.settings,
    datadir: paths.data,
    socket,
    'pid-file': join(paths.directory, 'mysql.pid'),
    port: place.ports.mysql,
    'bind-address': '127.0.0.1',
    'init-file': paths.accounts,
    'secure-file-priv': '""',
    mysqlx: 'OFF',
    'server-id': SERVER_ID,
    'log-bin': 'binlog',
    binlog_format: 'ROW',
    binlog_row_image: 'FULL',
    binlog_row_metadata: 'FULL',
    gtid_mode: 'ON',
    enforce_gtid_consistency: 'ON',
    sync_binlog: 1,
    innodb_flush_log_at_trx_commit: 1,
    'default-time-zone': '"+00:00"',
    'character-set-server': 'utf8mb4',
    max_allowed_packet: '64M',
    innodb_buffer_pool_size: '256M',
    // Readiness probes and cut connections in fault tests are no attack.
    max_connect_errors: 1_000_000,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return `[mysqld]\n${lines.join('\n')}\n`;
}
