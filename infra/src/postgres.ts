import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { unprivilegedAccount } from './accounts.ts';
import { runCommand } from './command.ts';
import { debianFolder } from './debian.ts';
import { POSTGRES_DATABASE, POSTGRES_USER } from './endpoints.ts';
import { findOnPath } from './find-on-path.ts';
import { processesWorkingIn, signalProcess } from './identity.ts';
import { makePassage, runRoot } from './paths.ts';
import { postgresAnswers } from './probes.ts';
import { waitUntilGone } from './process.ts';
import type { Account, Launch, Place, Report, Runnable, Server } from './types.ts';

const MAJOR_MIN = 15;
const DEBIAN_FOLDER = '/usr/lib/postgresql';
const ORPHANS_MS_MAX = 10_000;

interface Binaries {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Postgres 15 or later. Run by another account when we are root, because it refuses root. */
export const postgres: Server = {
  name: 'postgres',
  needs: [],
  stopSignal: 'SIGINT', // its "fast" shutdown: SIGTERM would wait for every client
  abandonSignal: 'SIGQUIT', // its "immediate" shutdown, which waits for its children
  stop_ms_max: 60_000,
  start_ms_max: 180_000,
  prepare: preparePostgres,
};

async function preparePostgres(report: Report): Promise<Runnable> {
  const binaries = (await installedPostgres()) ?? (await unpackedPostgres(report));
  return {
    launch: (place) => launchPostgres(binaries, place),
    isReady: (place) => postgresAnswers(place.ports.postgres, POSTGRES_USER, POSTGRES_DATABASE),
  };
}

/** "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)" is 15. */
export function parsePostgresMajor(output: string): number | undefined {
  const major = /PostgreSQL\) (\d+)/.exec(output)?.[1];
  return major === undefined ? undefined : Number(major);
}

/** Folders that may hold Postgres: that of PATH first, then Debian's, newest first. */
export function postgresFolders(): string[] {
  const onPath = findOnPath('postgres');
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER) : [];
  const debian = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(DEBIAN_FOLDER, version, 'bin'));
  return [...(onPath ? [dirname(realpathSync(onPath))] : []), ...debian];
}

export async function installedPostgres(): Promise<Binaries | undefined> {
  for (const folder of postgresFolders()) {
    if (!existsSync(join(folder, 'initdb')) || !existsSync(join(folder, 'postgres'))) continue;
    const major = parsePostgresMajor(await runCommand(join(folder, 'postgres'), ['--version']).catch(() => ''));
    if (major !== undefined && major >= MAJOR_MIN) return { folder, environment: {} };
  }
  return undefined;
}

/** Postgres's own client, which comes with the server; `environment` is to be added to ours. */
export async function findPsql(
  report: Report = () => {},
): Promise<{ command: string } & Pick<Binaries, 'environment'>> {
  const { folder, environment } = (await installedPostgres()) ?? (await unpackedPostgres(report));
  return { command: join(folder, 'psql'), environment };
}

/** The packages of the machine's own Debian release. Root keeps them under the run root, where the other account can read them. */
async function unpackedPostgres(report: Report): Promise<Binaries> {
  const suite = /^VERSION_CODENAME=(\S+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (!suite)
    throw new Error('no Postgres on this machine, and /etc/os-release names no Debian release to take it from');
  const isRoot = unprivilegedAccount() !== undefined;
  if (isRoot) makePassage(runRoot());
  const root = await debianFolder({
    name: 'postgres',
    suite,
    packages: ['postgresql'],
    report,
    completesMachine: true,
    ...(isRoot && { root: join(runRoot(), '.artefacts') }),
  });
  if (isRoot) for (const folder of [dirname(root), root]) chmodSync(folder, 0o755);
  const versions = join(root, 'usr/lib/postgresql');
  const newest = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0] : undefined;
  if (!newest || Number(newest) < MAJOR_MIN)
    throw new Error(`Debian ${suite} gave Postgres ${newest}, not ${MAJOR_MIN}`);
  const triple = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const libraries = [join(root, 'usr/lib', triple), join(root, 'lib', triple)].join(':');
  return { folder: join(versions, newest, 'bin'), environment: { LD_LIBRARY_PATH: libraries } };
}

async function launchPostgres(binaries: Binaries, place: Place): Promise<Launch> {
  const account = unprivilegedAccount();
  const directory = join(place.directory, 'postgres');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  give(directory, account);
  const data = join(directory, 'data');
  if (!existsSync(data)) await initialise(binaries, place, directory, account);
  const settings = join(directory, 'settings.conf');
  writeFileSync(settings, renderSettings(place), { mode: 0o600 });
  give(settings, account);
  await outliveOrphans(data);
  return {
    command: join(binaries.folder, 'postgres'),
    arguments: ['-D', data],
    environment: { ...binaries.environment, LC_ALL: 'C.UTF-8', PGOPTIONS: '', PGDATA: data },
    directory: data,
    account,
  };
}

function give(path: string, account: Account | undefined): void {
  if (account) chownSync(path, account.uid, account.gid);
}

/** Makes the cluster, its superuser with a password, and the database; it appears under its name only when all of that is done. */
async function initialise(
  binaries: Binaries,
  place: Place,
  directory: string,
  account: Account | undefined,
): Promise<void> {
  const temporary = join(directory, 'data.new');
  rmSync(temporary, { recursive: true, force: true });
  const password = join(directory, 'password');
  writeFileSync(password, place.secrets.postgres, { mode: 0o600 });
  give(password, account);
  const options = { account, directory, environment: { ...binaries.environment, LC_ALL: 'C.UTF-8' } };
  const initial = ['--encoding=UTF8', '--locale=C.UTF-8', '--auth=scram-sha-256', `--username=${POSTGRES_USER}`];
  await runCommand(
    join(binaries.folder, 'initdb'),
    ['-D', temporary, ...initial, `--pwfile=${password}`, '--no-sync', '--no-instructions'],
    options,
  );
  rmSync(password);
  writeFileSync(join(temporary, 'postgresql.conf'), "\ninclude '../settings.conf'\n", { flag: 'a' });
  writeFileSync(join(directory, 'settings.conf'), renderSettings(place), { mode: 0o600 });
  give(join(directory, 'settings.conf'), account);
  const create = `CREATE DATABASE ${POSTGRES_DATABASE}\n`;
  await runCommand(join(binaries.folder, 'postgres'), ['--single', '-D', temporary, 'postgres'], {
    ...options,
    input: create,
  });
  renameSync(temporary, join(directory, 'data'));
}

/** After a kill of the main process its children end by themselves; a new one refuses to start before the last has gone. */
async function outliveOrphans(data: string): Promise<void> {
  const orphans = processesWorkingIn(data);
  if (await waitUntilGone(orphans, ORPHANS_MS_MAX)) return;
  for (const orphan of orphans) signalProcess(orphan, 'SIGKILL');
  await waitUntilGone(orphans, ORPHANS_MS_MAX);
}

function renderSettings({ ports }: Place): string {
  const settings: Record<string, string | number> = {
    listen_addresses: "'127.0.0.1'",
    port: ports.postgres,
    unix_socket_directories: "''",
    max_connections: 200,
    max_locks_per_transaction: 256,
    shared_buffers: "'256MB'",
    max_wal_size: "'4GB'",
    checkpoint_timeout: "'15min'",
    wal_compression: 'on',
    jit: 'off',
    timezone: "'UTC'",
    log_timezone: "'UTC'",
    // No row values in logs: neither from constraint details nor from statements and their parameters.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: 0,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}
