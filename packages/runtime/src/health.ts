import type { Logger } from 'pino';

/** How something that a program depends on is doing. */
export interface State {
  readonly isUp: boolean;
  readonly detail: string;
  readonly since: string;
}

const UNKNOWN = 'not reached yet';

/** Keeps the state of each dependency, and logs one line for each change of state and none in between. */
export class Health {
  readonly #states = new Map<string, State>();
  readonly #logger: Logger;

  constructor(logger: Logger, dependencies: readonly string[]) {
    this.#logger = logger;
    for (const name of dependencies) this.#states.set(name, { isUp: false, detail: UNKNOWN, since: now() });
  }

  up(dependency: string): void {
    if (this.#states.get(dependency)?.isUp === true) return;
    this.#states.set(dependency, { isUp: true, detail: 'ok', since: now() });
    this.#logger.info({ dependency }, 'dependency is up');
  }

  down(dependency: string, detail: string): void {
    const known = this.#states.get(dependency);
    const isNews = known === undefined || known.isUp || known.detail === UNKNOWN;
    this.#states.set(dependency, { isUp: false, detail, since: isNews ? now() : known.since });
    if (isNews) this.#logger.warn({ dependency, detail }, 'dependency is down');
  }

  /** True until it was reported up or down for the first time. */
  isUnknown(dependency: string): boolean {
    return this.#states.get(dependency)?.detail === UNKNOWN;
  }

  /** True when it was reported down, and not up since. */
  isDown(dependency: string): boolean {
    return this.#states.get(dependency)?.isUp === false;
  }

  /** True when everything is up. */
  get isReady(): boolean {
    return [...this.#states.values()].every((state) => state.isUp);
  }

  report(): Readonly<Record<string, State>> {
    return Object.fromEntries(this.#states);
  }
}

const now = (): string => new Date().toISOString();
