import { spawn } from 'node:child_process';
import type { Account } from './types.ts';

const TAIL_CHARACTERS_MAX = 4000;

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly input?: string;
  readonly account?: Account | undefined;
}

/** Runs a program to its end and returns its stdout. Throws with the program's last words when it fails. */
export function runCommand(
  command: string,
  commandArguments: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArguments, {
      cwd: options.directory,
      env: { ...process.env, ...options.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...options.account,
    });
    const output: Buffer[] = [];
    let tail = '';
    const remember = (chunk: Buffer): void => {
      tail = (tail + chunk.toString()).slice(-TAIL_CHARACTERS_MAX);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      output.push(chunk);
      remember(chunk);
    });
    child.stderr.on('data', remember);
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', (error) => reject(new Error(`${command} cannot be run: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(output).toString());
      else reject(new Error(`${command} ${commandArguments[0] ?? ''} failed (${signal ?? code}):\n${tail.trim()}`));
    });
  });
}
