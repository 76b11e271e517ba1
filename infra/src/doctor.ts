import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { unprivilegedAccount } from './accounts.ts';
import { debianMirror, readAptSources } from './apt-sources.ts';
import { runCommand } from './command.ts';
import { findOnPath } from './find-on-path.ts';
import { chooseJdk, findJdks, JDK_MAJOR_MIN } from './jdk.ts';
import { installedMysql } from './mysql.ts';
import { cacheRoot, runRoot } from './paths.ts';
import { installedPostgres } from './postgres.ts';

const NODE_MAJOR_MIN = 24;
const CACHE_GIB_MIN = 2;
const DATA_GIB_MIN = 3;
const MEMORY_GIB_MIN = 4;
const GIB = 1024 ** 3;

/** One thing that a machine needs. `mend`: the command, or the sentence, that puts it right; only where it is lacking. */
export interface Finding {
  readonly need: string;
  readonly isMet: boolean;
  readonly found: string;
  readonly mend?: string;
}

const met = (need: string, found: string): Finding => ({ need, isMet: true, found });
const lacking = (need: string, found: string, mend: string): Finding => ({ need, isMet: false, found, mend });

/** Looks at this machine without changing it. */
export async function examine(): Promise<Finding[]> {
  const packages = examinePackages();
  return [
    examineSystem(),
    examineNode(process.versions.node),
    await examineJdk(),
    await examineMaven(),
    await examineMysql(packages),
    await examinePostgres(packages),
    examineAccount(),
    examineDisk('room for downloads', cacheRoot(), CACHE_GIB_MIN, 'AUDIT_OVERLAY_CACHE'),
    examineDisk('room for data', runRoot(), DATA_GIB_MIN, 'AUDIT_OVERLAY_RUN'),
    examineMemory(readFileSafely('/proc/meminfo')),
  ];
}

function examineSystem(): Finding {
  const need = 'Linux on x64 or arm64, with tar';
  const found = `${process.platform} ${process.arch}`;
  if (process.platform !== 'linux') return lacking(need, found, 'run it on a Linux machine');
  return findOnPath('tar') ? met(need, found) : lacking(need, `${found}, no tar`, 'apt-get install tar');
}

export function examineNode(version: string): Finding {
  const need = `Node ${NODE_MAJOR_MIN} or later`;
  if (Number(version.split('.')[0]) >= NODE_MAJOR_MIN) return met(need, version);
  return lacking(need, version, 'npm run setup   (brings Node 24 into node_modules)');
}

async function examineJdk(): Promise<Finding> {
  const need = `JDK ${JDK_MAJOR_MIN} or later`;
  const { found, preferred } = await findJdks();
  const jdk = chooseJdk(found, preferred);
  if (jdk) return met(need, `${jdk.version} in ${jdk.home}`);
  const seen = found.map(({ version, home }) => `${version} in ${home}`).join(', ') || 'none';
  return lacking(need, seen, 'apt-get install openjdk-21-jre-headless   (or set JAVA_HOME to one)');
}

async function examineMaven(): Promise<Finding> {
  const mvn = findOnPath('mvn');
  if (!mvn) return lacking('Maven', 'not on PATH', 'apt-get install maven');
  const version = /Apache Maven (\S+)/.exec(await runCommand(mvn, ['-B', '-v']).catch(() => ''))?.[1];
  return version ? met('Maven', version) : lacking('Maven', `${mvn} does not run`, 'mvn -v   (says why)');
}

/** What is missing for unpacking servers from Debian's packages; undefined when nothing is. */
function examinePackages(): string | undefined {
  const tools = ['apt-get', 'dpkg-deb'].filter((tool) => !findOnPath(tool));
  if (tools.length > 0) return `no ${tools.join(' and no ')}`;
  return debianMirror(readAptSources()) ? undefined : 'no Debian archive in the apt sources';
}

async function examineMysql(missing: string | undefined): Promise<Finding> {
  const need = 'MySQL 9, or Debian packages to take it from';
  const installed = await installedMysql();
  if (installed) return met(need, `${installed.version} in ${dirname(installed.command)}`);
  if (missing === undefined) return met(need, 'taken from Debian sid, unpacked into the cache');
  return lacking(need, missing, 'put a mysqld 9 on PATH (dev.mysql.com/downloads)');
}

async function examinePostgres(missing: string | undefined): Promise<Finding> {
  const need = 'Postgres 15 or later, or Debian packages to take it from';
  const installed = await installedPostgres();
  if (installed) return met(need, installed.folder);
  if (missing === undefined) return met(need, 'taken from Debian, unpacked into the cache');
  return lacking(need, missing, 'put initdb and postgres of Postgres 15 or later on PATH');
}

function examineAccount(): Finding {
  const need = 'an account for Postgres, which refuses root';
  try {
    return met(need, unprivilegedAccount() ? 'root becomes postgres or nobody' : 'not root');
  } catch (error) {
    return lacking(need, error instanceof Error ? error.message : String(error), 'adduser --system --group postgres');
  }
}

function examineDisk(need: string, folder: string, gib_min: number, variable: string): Finding {
  let place = folder;
  while (!existsSync(place)) place = dirname(place);
  const { bavail, bsize } = statfsSync(place);
  const gib = (bavail * bsize) / GIB;
  const found = `${gib.toFixed(1)} GiB free for ${folder}`;
  const mend = `free some, or set ${variable} to a folder with ${gib_min} GiB`;
  return gib >= gib_min ? met(`${need}: ${gib_min} GiB`, found) : lacking(`${need}: ${gib_min} GiB`, found, mend);
}

export function examineMemory(meminfo: string): Finding {
  const need = `${MEMORY_GIB_MIN} GiB of free memory for all five servers`;
  const kib = Number(/^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0);
  const found = `${((kib * 1024) / GIB).toFixed(1)} GiB`;
  if (kib * 1024 >= MEMORY_GIB_MIN * GIB) return met(need, found);
  return lacking(need, found, 'close something, or start fewer servers (npm run stack -- up --servers mysql,postgres)');
}

function readFileSafely(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** @param good what is said when nothing is lacking */
export function printFindings(findings: readonly Finding[], good = 'This machine has what the stack needs.'): string {
  const lines = findings.flatMap(({ isMet, need, found, mend }) => [
    `${isMet ? 'ok     ' : 'LACKING'}  ${need}: ${found}`,
    ...(mend ? [`           mend: ${mend}`] : []),
  ]);
  const lacks = findings.filter(({ isMet }) => !isMet).length;
  const end = lacks === 0 ? good : `${lacks} of ${findings.length} lacking.`;
  return `${lines.join('\n')}\n${end}\n`;
}

if (import.meta.main) {
  const findings = await examine();
  process.stdout.write(process.argv.includes('--json') ? `${JSON.stringify(findings)}\n` : printFindings(findings));
  process.exitCode = findings.every(({ isMet }) => isMet) ? 0 : 1;
}
