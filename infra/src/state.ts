import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isAlive, type ProcessIdentity } from './identity.ts';
import { makePassage, runRoot } from './paths.ts';
import { PORT_NAMES, type Ports, SERVER_NAMES, type Secrets, type ServerName } from './types.ts';

const FILE = 'state.json';

/** What one stack remembers between and across starts. One file under the run root, mode 0600, replaced by rename. */
export interface StackState {
  readonly version: 1;
  readonly name: string;
  /** The program that started the stack and watches it. */
  readonly owner: ProcessIdentity;
  readonly servers: readonly ServerName[];
  /** Where data and logs are; by default beside the state file. */
  readonly directory: string;
  readonly keepData: boolean;
  readonly exactlyOnce: boolean;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly processes: Readonly<Partial<Record<ServerName, ProcessIdentity>>>;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

export function checkName(name: string): void {
  if (!NAME.test(name)) throw new Error(`"${name}" is no name for a stack: a-z, 0-9 and - (at most 40)`);
}

/** The folder of a stack's state file. */
export function stackFolder(name: string): string {
  return join(runRoot(), name);
}

export function makeSecrets(): Secrets {
  const secret = (): string => randomBytes(18).toString('hex');
  return { mysqlRoot: secret(), debezium: secret(), postgres: secret() };
}

export function ownIdentity(): ProcessIdentity {
  const identity = identify(process.pid);
  if (!identity) throw new Error('/proc does not show this process: the stack needs Linux');
  return identity;
}

/** Its owner lives: the stack is being started, watched or stopped. */
export function isOwned(state: StackState): boolean {
  return isAlive(state.owner);
}

export function writeState(state: StackState): void {
  makePassage(runRoot());
  const folder = stackFolder(state.name);
  makePassage(folder);
  const temporary = join(folder, `.${FILE}.${process.pid}`);
  writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, join(folder, FILE));
}

/** Undefined when there is no such stack, or its file is of another version of this program. */
export function readState(name: string): StackState | undefined {
  const file = join(stackFolder(name), FILE);
  return existsSync(file) ? parseState(readFileSync(file, 'utf8')) : undefined;
}

export function readAllStates(): StackState[] {
  if (!existsSync(runRoot())) return [];
  return readdirSync(runRoot())
    .filter((name) => NAME.test(name))
    .map(readState)
    .filter((state) => state !== undefined);
}

export function forgetState(name: string): void {
  rmSync(stackFolder(name), { recursive: true, force: true });
}

export function parseState(text: string): StackState | undefined {
  let state: Partial<StackState>;
  try {
    state = JSON.parse(text) as Partial<StackState>;
  } catch {
    return undefined;
  }
  const isWhole =
    state?.version === 1 &&
    typeof state.name === 'string' &&
    typeof state.directory === 'string' &&
    isIdentity(state.owner) &&
    Array.isArray(state.servers) &&
    state.servers.every((name) => SERVER_NAMES.includes(name)) &&
    typeof state.secrets?.mysqlRoot === 'string' &&
    PORT_NAMES.every((name) => Number.isInteger(state.ports?.[name])) &&
    Object.values(state.processes ?? {}).every(isIdentity);
  return isWhole ? ({ processes: {}, keepData: true, exactlyOnce: false, ...state } as StackState) : undefined;
}

function isIdentity(value: unknown): value is ProcessIdentity {
  const identity = value as Partial<ProcessIdentity> | undefined;
  return (
    Number.isInteger(identity?.pid) && typeof identity?.startTime === 'string' && typeof identity.bootId === 'string'
  );
}
