import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Jdk } from './jdk.ts';
import { cacheRoot } from './paths.ts';
import type { Launch } from './types.ts';

export interface JavaProgram {
  readonly jdk: Jdk;
  /** Folder of the cache with the jars; its name holds their digest. */
  readonly libraries: string;
  /** Main class, or `-jar` and the jar. */
  readonly main: readonly string[];
  readonly heap: { readonly start: string; readonly max: string };
  readonly options?: readonly string[];
  readonly arguments: readonly string[];
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * A JVM with an archive of its loaded classes (class data sharing), which cuts start-up. The first run that ends in good order leaves the
 * archive in the cache; a run without one is only slower. Archives of another JDK or other jars have other names.
 */
export function javaLaunch(name: string, program: JavaProgram): Launch {
  const { jdk, libraries, main, heap, options = [], directory, environment } = program;
  const folder = join(cacheRoot(), 'class-archives');
  const archive = join(folder, `${name}-${basename(libraries)}-jdk-${jdk.version}.jsa`);
  const fresh = `${archive}.${process.pid}`;
  const hasArchive = existsSync(archive);
  if (!hasArchive) mkdirSync(folder, { recursive: true });
  const sharing = hasArchive ? [`-XX:SharedArchiveFile=${archive}`] : [`-XX:ArchiveClassesAtExit=${fresh}`];
  const memory = [`-Xms${heap.start}`, `-Xmx${heap.max}`];
  const quiet = ['-Xshare:auto', '-Xlog:cds=off', '-Xlog:cds+dynamic=off', '-XX:+ExitOnOutOfMemoryError'];
  const classPath = main[0] === '-jar' ? [] : ['-cp', jarsOf(libraries)];
  return {
    command: jdk.java,
    arguments: [...memory, ...sharing, ...quiet, ...options, ...classPath, ...main, ...program.arguments],
    directory,
    environment: { JAVA_TOOL_OPTIONS: '', ...environment },
    ...(!hasArchive && { onCleanExit: () => keep(fresh, archive) }),
  };
}

/** In a fixed order: an archive is good only for exactly the same class path. */
export function jarsOf(folder: string): string {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.jar'))
    .sort()
    .map((file) => join(folder, file))
    .join(':');
}

function keep(fresh: string, archive: string): void {
  if (!existsSync(fresh)) return;
  if (existsSync(archive)) rmSync(fresh, { force: true });
  else renameSync(fresh, archive);
}

/** Writes a log4j2 configuration that prints to the console, which is the server's log file. */
export function writeLogConfig(directory: string, levels: Readonly<Record<string, string>>): string {
  const loggers = Object.entries(levels).map(([logger, level]) => `    <Logger name="${logger}" level="${level}"/>`);
  const file = join(directory, 'log4j2.xml');
  writeFileSync(
    file,
    `<Configuration status="ERROR">
  <Appenders>
    <Console name="console"><PatternLayout pattern="%d{ISO8601} %-5p %c{1} %m%n"/></Console>
  </Appenders>
  <Loggers>
    <Root level="INFO"><AppenderRef ref="console"/></Root>
${loggers.join('\n')}
  </Loggers>
</Configuration>
`,
  );
  return file;
}
