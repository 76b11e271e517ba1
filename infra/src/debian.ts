import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianMirror, readAptSources } from './apt-sources.ts';
import { cachedFolder } from './artefacts.ts';
import { runCommand } from './command.ts';
import type { Report } from './types.ts';

const ARCHIVE_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const MACHINE_STATUS = '/var/lib/dpkg/status';
/** Perl comes along for helper scripts that we never run; it is a tenth of the download. */
const NOT_NEEDED = /^(perl|libperl|libgdbm|libdb5)/;

export interface DebianPackages {
  readonly name: string;
  readonly suite: string;
  readonly packages: readonly string[];
  readonly report: Report;
  /** True: take only what this machine lacks, to run with its own C library. False: everything, to run with its own loader. */
  readonly completesMachine?: boolean;
  readonly root?: string;
}

/**
 * Packages of a Debian suite with everything they need, unpacked into a folder of the cache and never installed. apt checks them against
 * its signed index under the system's keyring. The suite moves on, so versions are what the index says on the day of the download.
 */
export function debianFolder(wanted: DebianPackages): Promise<string> {
  const { name, suite, packages, report, root } = wanted;
  const key = ['debian 1', suite, process.arch, ...packages].join(' ');
  return cachedFolder({ name, key, report, ...(root && { root }), fill: (folder) => unpackPackages(folder, wanted) });
}

async function unpackPackages(folder: string, wanted: DebianPackages): Promise<void> {
  const { suite, packages, report } = wanted;
  const work = mkdtempSync(join(tmpdir(), 'audit-overlay-apt-'));
  try {
    const environment = { APT_CONFIG: writeAptConfig(work, wanted), DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
    report(`reads the package index of Debian ${suite}`);
    await runCommand('apt-get', ['update', '-qq'], { environment });
    const plan = await runCommand('apt-get', ['-s', '--no-install-recommends', 'install', ...packages], {
      environment,
    });
    const chosen = parseInstallPlan(plan).filter((one) => !NOT_NEEDED.test(one));
    report(`downloads ${chosen.length} packages`);
    await runCommand('apt-get', ['download', '-qq', ...chosen], { environment, directory: work });
    const archives = readdirSync(work).filter((file) => file.endsWith('.deb'));
    report(`unpacks ${archives.length} packages`);
    for (const archive of archives) await runCommand('dpkg-deb', ['-x', join(work, archive), folder]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** `name=version` of every package that `apt-get -s install` would install. */
export function parseInstallPlan(plan: string): string[] {
  return [...plan.matchAll(/^Inst (\S+) (?:\[[^\]]*\] )?\((\S+)/gm)].map(([, name, version]) => `${name}=${version}`);
}

/** A private apt: own sources, lists, cache and (unless we complete the machine) an empty status: nothing of the machine's changes. */
function writeAptConfig(work: string, { suite, completesMachine = false }: DebianPackages): string {
  const mirror = debianMirror(readAptSources());
  if (!mirror) throw new Error('no Debian archive in /etc/apt/sources.list or /etc/apt/sources.list.d');
  for (const part of ['sources', 'lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(work, part), { recursive: true });
  }
  const keyring = existsSync(ARCHIVE_KEYRING) ? ARCHIVE_KEYRING : mirror.signedBy;
  const source = ['Types: deb', `URIs: ${mirror.uri}`, `Suites: ${suite}`, 'Components: main'];
  if (keyring) source.push(`Signed-By: ${keyring}`);
  writeFileSync(join(work, 'sources', 'one.sources'), `${source.join('\n')}\n`);
  writeFileSync(join(work, 'status'), '');
  const config = join(work, 'apt.conf');
  writeFileSync(
    config,
    `Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "${work}/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "${work}/lists";
Dir::State::status "${completesMachine ? MACHINE_STATUS : join(work, 'status')}";
Dir::Cache "${work}/cache";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
APT::Sandbox::User "";
`,
  );
  return config;
}
