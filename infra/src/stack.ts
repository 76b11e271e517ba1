import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Endpoints, endpointsOf, logFileOf } from './endpoints.ts';
import { type Lock, tryLock, withLock } from './lock.ts';
import { choosePorts } from './ports.ts';
import { describeExit } from './process.ts';
import { processProvider } from './provider.ts';
import { makeStackDirectory, removeStackDirectory } from './stack-directory.ts';
import {
  checkName,
  isOwned,
  makeSecrets,
  ownIdentity,
  readAllStates,
  readState,
  type StackState,
  stackFolder,
  writeState,
} from './state.ts';
import { type Health, type ServerDeath, SupervisedServer } from './supervised.ts';
import { endLeftovers, removeStack, stackLock, sweepStale } from './sweep.ts';
import {
  type ConnectPlugin,
  type Place,
  type ProgressEvent,
  type Provider,
  SERVER_NAMES,
  type ServerName,
} from './types.ts';

const LOCK_TRIES = 50;

export interface StackOptions {
  /** Stacks of different names live side by side; a name is held by one program at a time. */
  readonly name: string;
  /** Default: all. `connect` needs `kafka` to be listed too. */
  readonly servers?: readonly ServerName[];
  /** Data and logs; default: a folder of the stack's name under the run root (`/var/tmp/audit-overlay-<uid>`). */
  readonly directory?: string;
  /** False (default): begin with empty data, leave none. True: data is found again and stays. */
  readonly keepData?: boolean;
  /** With `keepData`: remove what an earlier run has kept before this one begins. */
  readonly emptyFirst?: boolean;
  /** Connect with exactly-once support for sources. Default: at least once. */
  readonly exactlyOnce?: boolean;
  /** More that Connect can do: `startStack({ connectPlugins: ['avro-converter'] })`. Default: Debezium's MySQL connector alone. */
  readonly connectPlugins?: readonly ConnectPlugin[];
  readonly onProgress?: (event: ProgressEvent) => void;
  /** Aborting it during the start stops everything and makes the start throw. */
  readonly signal?: AbortSignal;
  readonly provider?: Provider;
}

export interface Stack extends Endpoints {
  readonly name: string;
  /** Data and logs. */
  readonly directory: string;
  readonly servers: readonly ServerName[];
  readonly exactlyOnce: boolean;
  /** Signals a server as a fault test would. SIGKILL (default), SIGSTOP and SIGCONT reach all its processes. */
  kill(server: ServerName, signal?: NodeJS.Signals): Promise<void>;
  /** Same data, same ports; resolves when it is ready. Stops it first if it runs. */
  restart(server: ServerName): Promise<void>;
  pid(server: ServerName): number | undefined;
  health(server: ServerName): Health;
  logPath(server: ServerName): string;
  /** Resolves with the first server that ends by itself; never rejects. */
  readonly died: Promise<ServerDeath>;
  /** Nothing is left running; data is removed unless it is kept. May be called twice. */
  stop(): Promise<void>;
}

/** Brings the artefacts, starts the servers and resolves when all are ready. When it throws, nothing is left running. */
export async function startStack(options: StackOptions): Promise<Stack> {
  checkName(options.name);
  const servers = SERVER_NAMES.filter((name) => (options.servers ?? SERVER_NAMES).includes(name));
  const provider = options.provider ?? processProvider(options.connectPlugins ?? []);
  for (const name of servers) {
    const missing = provider(name).needs.filter((needed) => !servers.includes(needed));
    if (missing.length > 0) throw new Error(`${name} needs ${missing.join(', ')} in the same stack`);
  }
  const begin = performance.now();
  const tell: Tell = (kind, text, server) =>
    options.onProgress?.({ kind, text, ...(server && { server }), seconds: (performance.now() - begin) / 1000 });
  const lock = await holdStack(options.name);
  try {
    for (const { stack, servers: ended } of await sweepStale()) {
      tell('note', `ended what a dead run of stack ${stack} had left: ${ended.join(', ')}`);
    }
    const state = await claim(options, servers, tell);
    const stack = new RunningStack(state, lock, tell);
    try {
      await stack.start(provider, options.signal);
    } catch (error) {
      await stack.stop({ keepData: true });
      throw error;
    }
    return stack;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

type Tell = (kind: ProgressEvent['kind'], text: string, server?: ServerName) => void;

async function holdStack(name: string): Promise<Lock> {
  for (let tries = 0; tries < LOCK_TRIES; tries += 1) {
    const lock = await tryLock(stackLock(name));
    if (lock) return lock;
    const state = readState(name);
    if (state && isOwned(state) && state.owner.pid !== process.pid) break; // a sweep holds it only for a moment
    await sleep(100);
  }
  throw new Error(`stack ${name} is up already (process ${readState(name)?.owner.pid ?? 'unknown'})`);
}

/** Ends leftovers of an earlier run under this name, chooses ports and writes the state file that names us as the owner. */
async function claim(options: StackOptions, servers: readonly ServerName[], tell: Tell): Promise<StackState> {
  const { name, keepData = false, exactlyOnce = false } = options;
  const isKept = keepData && options.emptyFirst !== true;
  const before = readState(name);
  if (before) await endLeftovers(before);
  if (before && !isKept) removeStack(before);
  const directory = resolve(options.directory ?? before?.directory ?? join(stackFolder(name), 'data'));
  const secrets = (isKept && before?.secrets) || makeSecrets();
  if (!isKept) removeStackDirectory(directory);
  makeStackDirectory(directory, secrets);
  return withLock('ports', async () => {
    const others = readAllStates().filter((state) => state.name !== name);
    const taken = new Set(others.flatMap((state) => Object.values(state.ports)));
    const ports = await choosePorts(name, before?.ports ?? {}, taken);
    for (const [port, value] of Object.entries(before?.ports ?? {})) {
      const now = ports[port as keyof typeof ports];
      if (now !== value) tell('note', `port ${value} is taken, ${port} listens on ${now} from now on`);
    }
    const owner = ownIdentity();
    const state = { version: 1 as const, name, owner, servers, directory, keepData, exactlyOnce, ports, secrets };
    writeState({ ...state, processes: {} });
    return { ...state, processes: {} };
  });
}

/** The stack while it lives. */
class RunningStack implements Stack {
  readonly died: Promise<ServerDeath>;
  readonly #endpoints: Endpoints;
  readonly #lock: Lock;
  readonly #tell: Tell;
  readonly #supervised = new Map<ServerName, SupervisedServer>();
  readonly #stopsBefore = new Map<ServerName, readonly ServerName[]>();
  #state: StackState;
  #stopping: Promise<void> | undefined;
  #reportDeath: (death: ServerDeath) => void = () => undefined;

  constructor(state: StackState, lock: Lock, tell: Tell) {
    this.#state = state;
    this.#lock = lock;
    this.#tell = tell;
    this.#endpoints = endpointsOf(state);
    this.died = new Promise((report) => {
      this.#reportDeath = report;
    });
  }

  get name(): string {
    return this.#state.name;
  }
  get directory(): string {
    return this.#state.directory;
  }
  get servers(): readonly ServerName[] {
    return this.#state.servers;
  }
  get exactlyOnce(): boolean {
    return this.#state.exactlyOnce;
  }
  get mysql(): Endpoints['mysql'] {
    return this.#having('mysql').mysql;
  }
  get replication(): Endpoints['replication'] {
    return this.#having('mysql').replication;
  }
  get postgres(): Endpoints['postgres'] {
    return this.#having('postgres').postgres;
  }
  get kafka(): Endpoints['kafka'] {
    return this.#having('kafka').kafka;
  }
  get registry(): Endpoints['registry'] {
    return this.#having('registry').registry;
  }
  get connect(): Endpoints['connect'] {
    return this.#having('connect').connect;
  }

  async start(provider: Provider, signal: AbortSignal | undefined): Promise<void> {
    const failed = new AbortController();
    const abort = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
    const starts = new Map<ServerName, Promise<void>>();
    for (const name of this.servers) starts.set(name, this.#startOne(name, provider, starts, abort));
    let first: unknown;
    const noteFirst = (error: unknown): void => {
      first ??= error;
      failed.abort(error);
    };
    await Promise.all([...starts.values()].map((start) => start.catch(noteFirst)));
    if (first !== undefined) throw first;
  }

  async #startOne(
    name: ServerName,
    provider: Provider,
    starts: ReadonlyMap<ServerName, Promise<void>>,
    abort: AbortSignal,
  ): Promise<void> {
    const server = provider(name);
    this.#stopsBefore.set(name, [...server.needs, ...(server.uses ?? [])]);
    const runnable = await server.prepare((text) => this.#tell('step', text, name));
    await Promise.all(server.needs.map((needed) => starts.get(needed)));
    abort.throwIfAborted();
    this.#tell('step', 'starts', name);
    const supervised = new SupervisedServer({
      server,
      runnable,
      place: this.#place(),
      logFile: this.logPath(name),
      onProcess: (identity) => this.#remember(name, identity),
      onDeath: (death) => this.#announce(death),
    });
    this.#supervised.set(name, supervised);
    await supervised.start(abort);
    this.#tell('ready', 'is ready', name);
  }

  async kill(server: ServerName, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#one(server).signal(signal);
  }

  async restart(server: ServerName): Promise<void> {
    const supervised = this.#one(server);
    await supervised.stop();
    await supervised.start();
    this.#tell('ready', 'is ready again', server);
  }

  pid(server: ServerName): number | undefined {
    return this.#supervised.get(server)?.pid;
  }

  health(server: ServerName): Health {
    return this.#supervised.get(server)?.health ?? 'stopped';
  }

  logPath(server: ServerName): string {
    return logFileOf(this.#state.directory, server);
  }

  stop(options: { readonly keepData?: boolean } = {}): Promise<void> {
    this.#stopping ??= this.#stop(options.keepData ?? this.#state.keepData);
    return this.#stopping;
  }

  /** Servers that nobody running needs go first. Without data to keep there is nothing to be orderly for. */
  async #stop(keepData: boolean): Promise<void> {
    const open = new Map(this.#supervised);
    while (open.size > 0) {
      const needed = new Set([...open.keys()].flatMap((name) => this.#stopsBefore.get(name) ?? []));
      const wave = [...open].filter(([name]) => !this.#state.keepData || !needed.has(name));
      await Promise.all(
        wave.map(async ([name, supervised]) => {
          await supervised.stop(!this.#state.keepData);
          this.#tell('stopped', 'has stopped', name);
        }),
      );
      for (const [name] of wave) open.delete(name);
    }
    if (!keepData) removeStack(this.#state);
    await this.#lock.release();
  }

  #remember(name: ServerName, identity: StackState['processes'][ServerName]): void {
    const { [name]: _, ...others } = this.#state.processes;
    this.#state = { ...this.#state, processes: identity ? { ...others, [name]: identity } : others };
    writeState(this.#state);
  }

  #announce(death: ServerDeath): void {
    const lines = death.logLines.join('\n');
    const text = `ended by itself (${describeExit(death.exit)}). The end of ${death.logFile}:\n${lines}`;
    this.#tell('died', text, death.server);
    this.#reportDeath(death);
  }

  #one(server: ServerName): SupervisedServer {
    const supervised = this.#supervised.get(server);
    if (!supervised) throw new Error(`stack ${this.name} has no ${server}`);
    return supervised;
  }

  #having(server: ServerName): Endpoints {
    if (!this.servers.includes(server)) throw new Error(`stack ${this.name} has no ${server}`);
    return this.#endpoints;
  }

  #place(): Place {
    const { name, directory, ports, secrets, exactlyOnce } = this.#state;
    return { stack: name, directory, ports, secrets, exactlyOnce };
  }
}
