// Brings the workspace to the state its lockfile names, from any Node ≥ 20 and npm alone. Costs milliseconds when nothing changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

process.chdir(import.meta.dirname ?? new URL('.', import.meta.url).pathname);

const INPUTS = ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml'];
const STAMP = 'node_modules/.overlay-stamp';

const hash = createHash('sha256');
for (const file of INPUTS) hash.update(readFileSync(file));
const wanted = hash.digest('hex');

if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== wanted) {
  const { packageManager } = JSON.parse(readFileSync('package.json', 'utf8'));
  console.error(`installing the workspace with ${packageManager} (once for each lockfile)`);
  const { status, error } = spawnSync(
    'npm',
    ['exec', '--yes', `--package=${packageManager}`, '--', 'pnpm', 'install', '--frozen-lockfile'],
    { stdio: ['ignore', 2, 2] },
  );
  if (status !== 0) {
    console.error(
      `the install failed${error ? `: ${error.message}` : ''}. \`npm run doctor\` says what this machine lacks.`,
    );
    process.exit(status ?? 1);
  }
  mkdirSync('node_modules', { recursive: true });
  writeFileSync(STAMP, wanted);
}
