import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cachedFolder } from './artefacts.ts';
import { runCommand } from './command.ts';
import { findOnPath } from './find-on-path.ts';
import { withLock } from './lock.ts';
import type { Report } from './types.ts';

/** Named, so that the same plugin does the work wherever this runs. */
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/**
 * A folder of the cache with all that a pom depends on at run time, in a subfolder if one is named; archives (tar.gz) are unpacked. Maven checks
 * every file against the repository's checksum and fails where they differ.
 */
export function mavenFolder(name: string, pom: string, report: Report, subfolder = ''): Promise<string> {
  const key = `maven 1 ${readFileSync(pom, 'utf8')}`;
  return cachedFolder({ name, key, report, fill: (folder) => copyDependencies(join(folder, subfolder), pom, report) });
}

async function copyDependencies(folder: string, pom: string, report: Report): Promise<void> {
  if (!findOnPath('mvn')) throw new Error('needs Maven (`mvn` is not on PATH). `npm run doctor` says how to get it.');
  // Maven's local repository is not made for two at once.
  await withLock('maven', async () => {
    report('downloads from the Maven repository');
    const options = ['-B', '-q', '--strict-checksums', '-f', pom];
    await runCommand('mvn', [...options, COPY_DEPENDENCIES, '-DincludeScope=runtime', `-DoutputDirectory=${folder}`]);
  });
  for (const archive of readdirSync(folder).filter((file) => file.endsWith('.tar.gz'))) {
    report(`unpacks ${archive}`);
    await runCommand('tar', ['-xzf', join(folder, archive), '-C', folder, '--no-same-owner']);
    rmSync(join(folder, archive));
  }
}
