import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from './command.ts';
import { findOnPath } from './find-on-path.ts';

/** The registry needs it; Kafka and Connect are content with 17, and one JDK for all keeps things simple. */
export const JDK_MAJOR_MIN = 21;

const FOLDERS = ['/usr/lib/jvm', '/usr/java', '/opt/java'];

export interface Jdk {
  readonly home: string;
  readonly java: string;
  readonly major: number;
  readonly version: string;
}

/** "25.0.3" is 25, "1.8.0_392" is 8, "21" is 21, "26-ea" is 26. */
export function parseJavaMajor(version: string): number | undefined {
  const match = /^(?:1\.)?(\d+)/.exec(version);
  return match ? Number(match[1]) : undefined;
}

/** JAVA_VERSION="..." in a JDK's `release` file, or the quoted version that `java -version` prints. */
export function parseJavaVersion(text: string): string | undefined {
  return /JAVA_VERSION="([^"]+)"/.exec(text)?.[1] ?? / version "([^"]+)"/.exec(text)?.[1];
}

/** JAVA_HOME if it is new enough, then the `java` of PATH, then the oldest that is new enough: the most tried one. */
export function chooseJdk(found: readonly Jdk[], preferred: readonly string[]): Jdk | undefined {
  const fitting = found.filter(({ major }) => major >= JDK_MAJOR_MIN);
  const wanted = preferred.map((home) => fitting.find((jdk) => jdk.home === home)).find((jdk) => jdk !== undefined);
  return wanted ?? [...fitting].sort((a, b) => a.major - b.major)[0];
}

/** Every JDK of this machine that we can see, without repeats. */
export async function findJdks(): Promise<{ readonly found: readonly Jdk[]; readonly preferred: readonly string[] }> {
  const preferred = [process.env.JAVA_HOME, homeOfPath()].filter((home) => home !== undefined).map(resolved);
  const installed = FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder).map((name) => join(folder, name)),
  );
  const homes = [...new Set([...preferred, ...installed.map(resolved)])];
  const found = await Promise.all(homes.map(inspect));
  return { found: found.filter((jdk) => jdk !== undefined), preferred };
}

/** Throws, naming what was found, when there is none. */
export async function requireJdk(): Promise<Jdk> {
  const { found, preferred } = await findJdks();
  const jdk = chooseJdk(found, preferred);
  if (jdk) return jdk;
  const list = found.map(({ version, home }) => `${version} in ${home}`).join(', ') || 'none at all';
  throw new Error(`needs a JDK ${JDK_MAJOR_MIN} or later (JAVA_HOME, PATH, ${FOLDERS.join(', ')}); found: ${list}`);
}

function homeOfPath(): string | undefined {
  const java = findOnPath('java');
  return java && dirname(dirname(realpathSync(java)));
}

function resolved(home: string): string {
  return existsSync(home) ? realpathSync(home) : home;
}

async function inspect(home: string): Promise<Jdk | undefined> {
  const java = join(home, 'bin', 'java');
  if (!existsSync(java)) return undefined;
  const release = join(home, 'release');
  const text = existsSync(release)
    ? readFileSync(release, 'utf8')
    : await runCommand('/bin/sh', ['-c', '"$0" -version 2>&1', java]).catch(() => '');
  const version = parseJavaVersion(text);
  const major = version === undefined ? undefined : parseJavaMajor(version);
  return version === undefined || major === undefined ? undefined : { home, java, major, version };
}
