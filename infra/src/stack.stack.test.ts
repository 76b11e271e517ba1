import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { identify, isAlive } from './identity.ts';
import { postgresFolders } from './postgres.ts';
import { startStack } from './stack.ts';
import { readState } from './state.ts';

const run = promisify(execFile);
const name = (what: string): string => `test-${what}-${process.pid}`;

/** psql stands beside the server, wherever that is; this machine has one when these tests run on a stock Postgres. */
async function sql(url: string, statement: string): Promise<string> {
  const psql = join(postgresFolders()[0] ?? '', 'psql');
  return (await run(psql, [url, '-Atqc', statement])).stdout.trim();
}

test('a killed server comes back on the same port with the same data', async () => {
  const stack = await startStack({ name: name('restart'), servers: ['postgres'] });
  try {
    const { url } = stack.postgres;
    await sql(url, 'CREATE TABLE kept (id int); INSERT INTO kept SELECT generate_series(1, 10)');
    const before = stack.pid('postgres');
    await stack.kill('postgres');
    expect([stack.health('postgres'), stack.pid('postgres')]).toEqual(['stopped', undefined]);
    await stack.restart('postgres');
    expect(stack.postgres.url).toBe(url);
    expect(stack.pid('postgres')).not.toBe(before);
    expect(await sql(url, 'SELECT count(*) FROM kept')).toBe('10');
  } finally {
    await stack.stop();
  }
  expect(readState(name('restart'))).toBeUndefined();
});

test('a server that ends by itself is reported with its log, and can be started again', async () => {
  const stack = await startStack({ name: name('death'), servers: ['postgres'] });
  try {
    process.kill(stack.pid('postgres') ?? 0, 'SIGKILL');
    const death = await stack.died;
    expect(death).toMatchObject({ server: 'postgres', exit: { signal: 'SIGKILL' } });
    expect(death.logLines.join('\n')).toContain('ready to accept connections');
    expect(stack.health('postgres')).toBe('died');
    await stack.restart('postgres');
    expect(stack.health('postgres')).toBe('running');
  } finally {
    await stack.stop();
  }
});

test('a frozen server keeps its port and goes on where it was', async () => {
  const stack = await startStack({ name: name('frozen'), servers: ['postgres'] });
  try {
    await stack.kill('postgres', 'SIGSTOP');
    const answer = sql(stack.postgres.url, 'SELECT 1');
    expect(await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 500, 'nothing'))])).toBe('nothing');
    await stack.kill('postgres', 'SIGCONT');
    expect(await answer).toBe('1');
  } finally {
    await stack.stop();
  }
});

test('kept data is found again by the next start, and removed by one that keeps none', async () => {
  const options = { name: name('kept'), servers: ['postgres'], keepData: true } as const;
  const first = await startStack(options);
  const { url } = first.postgres;
  await sql(url, 'CREATE TABLE kept (id int)');
  await first.stop();
  const second = await startStack(options);
  expect(second.postgres.url).toBe(url);
  expect(await sql(url, 'SELECT count(*) FROM kept')).toBe('0');
  await second.stop();
  const third = await startStack({ ...options, keepData: false });
  expect(await sql(third.postgres.url, "SELECT to_regclass('kept') IS NULL")).toBe('t');
  await third.stop();
  expect(readState(options.name)).toBeUndefined();
});

test('what a killed owner leaves behind is ended by the next start of any stack', async () => {
  const orphaned = name('orphan');
  const program = fileURLToPath(new URL('./main.ts', import.meta.url));
  const owner = spawn(process.execPath, [program, 'up', '--name', orphaned, '--servers', 'postgres'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  await once(owner.stdout, 'data');
  const orphan = readState(orphaned)?.processes.postgres;
  if (!orphan) throw new Error('the state names no postgres');
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  expect(isAlive(orphan)).toBe(true);

  const notes: string[] = [];
  const next = await startStack({
    name: name('next'),
    servers: ['postgres'],
    onProgress: ({ text }) => notes.push(text),
  });
  expect(identify(orphan.pid)).not.toEqual(orphan);
  expect(notes.join('\n')).toContain(orphaned);
  await next.stop();
  const again = await startStack({ name: orphaned, servers: ['postgres'] });
  await again.stop();
});

test('a name is held by one program at a time', async () => {
  const first = await startStack({ name: name('held'), servers: ['postgres'] });
  try {
    await expect(startStack({ name: name('held'), servers: ['postgres'] })).rejects.toThrow('is up already');
  } finally {
    await first.stop();
  }
});

test('an abort during the start leaves nothing running', async () => {
  const abort = new AbortController();
  const start = startStack({
    name: name('abort'),
    servers: ['postgres'],
    signal: abort.signal,
    onProgress: ({ text }) => text === 'starts' && setTimeout(() => abort.abort(new Error('enough')), 20),
  });
  await expect(start).rejects.toThrow('enough');
  expect(Object.keys(readState(name('abort'))?.processes ?? {})).toEqual([]);
  const again = await startStack({ name: name('abort'), servers: ['postgres'] });
  await again.stop();
});
