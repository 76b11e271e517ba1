// `npm run doctor`, from whatever Node there is: the examination itself (src/doctor.ts) needs one that runs TypeScript.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));
const installed = fromHere('../node_modules/.bin/node');
const node = existsSync(installed) ? installed : process.execPath;
const [major, minor] = process.versions.node.split('.').map(Number);
const isOldNode = major < 22 || (major === 22 && minor < 18);

if (node === process.execPath && isOldNode) {
  const finding = { need: 'Node 24 or later', isMet: false, found: process.versions.node, mend: 'npm run setup' };
  const text = `LACKING  ${finding.need}: ${finding.found}\n           mend: ${finding.mend}, then npm run doctor again\n`;
  process.stdout.write(process.argv.includes('--json') ? `${JSON.stringify([finding])}\n` : text);
  process.exitCode = 1;
} else {
  const { status, error } = spawnSync(node, [fromHere('src/doctor.ts'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  if (error) process.stderr.write(`${error.message}\n`);
  process.exitCode = status ?? 1;
}
