import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, type ProcessIdentity } from './identity.ts';
import {
  describeExit,
  type Exit,
  killServer,
  lastLines,
  type RunningProcess,
  signalServer,
  startProcess,
  waitUntilGone,
} from './process.ts';
import type { Launch, Place, Runnable, Server } from './types.ts';

const READY_POLL_MS = 100;
const LOG_LINES = 15;
const START_MARK = '--- start';

/** A server that ended though nobody had asked it to. */
export interface ServerDeath {
  readonly server: Server['name'];
  readonly exit: Exit;
  readonly logFile: string;
  readonly logLines: readonly string[];
}

export interface SupervisedDeps {
  readonly server: Server;
  readonly runnable: Runnable;
  readonly place: Place;
  readonly logFile: string;
  /** Called in the same tick as the start or the end is known, so that the state file never lags behind. */
  readonly onProcess: (identity: ProcessIdentity | undefined) => void;
  readonly onDeath: (death: ServerDeath) => void;
}

export type Health = 'running' | 'starting' | 'stopped' | 'died';

/** One server with its life: started, watched, signalled, started again on the same data and ports, stopped. */
export class SupervisedServer {
  readonly #deps: SupervisedDeps;
  #running: RunningProcess | undefined;
  #launch: Launch | undefined;
  #health: Health = 'stopped';

  constructor(deps: SupervisedDeps) {
    this.#deps = deps;
  }

  get health(): Health {
    return this.#health;
  }

  get pid(): number | undefined {
    return this.#running && !this.#running.exit() ? this.#running.identity.pid : undefined;
  }

  /** Resolves when the server is ready. Throws with the last lines of its log when it ends first or takes too long. */
  async start(abort?: AbortSignal): Promise<void> {
    const { server, runnable, place, logFile } = this.#deps;
    abort?.throwIfAborted();
    this.#launch = await runnable.launch(place);
    abort?.throwIfAborted();
    appendFileSync(logFile, `${START_MARK} of ${server.name} ${new Date().toISOString()}\n`, { mode: 0o600 });
    const running = await startProcess(this.#launch, logFile);
    this.#running = running;
    this.#health = 'starting';
    this.#deps.onProcess(running.identity);
    void running.exited.then((exit) => this.#ended(running, exit));
    const deadline = Date.now() + server.start_ms_max;
    while (!(await runnable.isReady(place))) {
      abort?.throwIfAborted();
      const exit = running.exit();
      if (exit) throw new Error(this.#complain(`ended while it started (${describeExit(exit)})`));
      if (Date.now() > deadline) throw new Error(this.#complain(`is not ready after ${server.start_ms_max / 1000} s`));
      await sleep(READY_POLL_MS);
    }
    const exit = running.exit();
    if (exit) throw new Error(this.#complain(`ended while it started (${describeExit(exit)})`));
    this.#health = 'running';
  }

  /** After SIGKILL it resolves when every process of the server is gone; after other signals at once. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const running = this.#running;
    if (!running || running.exit()) return;
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') this.#health = 'stopped';
    if (signal === 'SIGKILL') await this.#kill(running);
    else signalServer(running.identity, signal);
  }

  /** In good order (or, `abandoned`, as quickly as it can), by force when that takes too long. Nothing happens when it is not running. */
  async stop(abandoned = false): Promise<void> {
    const running = this.#running;
    if (!running || running.exit()) {
      this.#health = this.#health === 'died' ? 'died' : 'stopped';
      return;
    }
    this.#health = 'stopped';
    const { stopSignal, abandonSignal, stop_ms_max } = this.#deps.server;
    if (isAlive(running.identity)) {
      signalServer(running.identity, 'SIGCONT'); // a frozen process would not hear the request
      signalServer(running.identity, abandoned && !this.#launch?.onCleanExit ? abandonSignal : stopSignal);
      await waitUntilGone([running.identity], stop_ms_max);
    }
    await this.#kill(running);
  }

  async #kill(running: RunningProcess): Promise<void> {
    await killServer(running.identity);
    await running.exited;
  }

  #ended(running: RunningProcess, exit: Exit): void {
    if (this.#running !== running) return;
    this.#deps.onProcess(undefined);
    if (this.#health === 'stopped') {
      if (exit.signal === null) this.#launch?.onCleanExit?.();
      return;
    }
    const wasRunning = this.#health === 'running';
    this.#health = 'died';
    const { server, logFile } = this.#deps;
    if (wasRunning) this.#deps.onDeath({ server: server.name, exit, logFile, logLines: lastRunLines(logFile) });
  }

  #complain(what: string): string {
    const { server, logFile } = this.#deps;
    return `${server.name} ${what}. The end of ${logFile}:\n${lastRunLines(logFile).join('\n')}`;
  }
}

/** The last lines of a log that belong to its last start. */
function lastRunLines(logFile: string): string[] {
  const lines = lastLines(logFile, LOG_LINES);
  return lines.slice(lines.findLastIndex((line) => line.startsWith(START_MARK)) + 1);
}
