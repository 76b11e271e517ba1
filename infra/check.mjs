// `npm run check`: everything that is known about the code without running it, one line for each tool, the failures' words on stderr.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));
const tool = (path) => fromHere(`../node_modules/${path}`);
const FOLDERS = ['packages', 'services', 'infra', 'generator', 'test'];

const CHECKS = [
  ['types', [tool('typescript/bin/tsc'), '-b']],
  ['lint and format', [tool('@biomejs/biome/bin/biome'), 'check', '.']],
  ['walls', [tool('dependency-cruiser/bin/dependency-cruiser.mjs'), '--config', '.dependency-cruiser.cjs', ...FOLDERS]],
  ['dead code', [tool('knip/bin/knip.js')]],
];

function run([name, words]) {
  const begin = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, words, { cwd: fromHere('..'), stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
    child.on('close', (code) => {
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
      if (code !== 0) process.stderr.write(`${said}\n`);
      resolve(code === 0);
    });
  });
}

// Two cores: two at a time.
const [types, lint, walls, dead] = CHECKS;
const results = [...(await Promise.all([run(types), run(lint)])), ...(await Promise.all([run(walls), run(dead)]))];
process.exitCode = results.every(Boolean) ? 0 : 1;
