import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findPsql } from '@overlay/infra';

/** Runs one command of psql, Postgres's own client, to its end. Throws what it says when it fails. */
export async function psql(url: string, command: string): Promise<void> {
  const { command: program, environment } = await findPsql();
  const child = spawn(program, ['--no-psqlrc', '--quiet', '-v', 'ON_ERROR_STOP=1', '-c', command, url], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let said = '';
  child.stderr.on('data', (data) => {
    said += data;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`psql failed: ${said}`);
}
