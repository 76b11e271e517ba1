import type { Endpoints, Stack } from '@overlay/infra';
import type { Findings } from '../oracle/checks.ts';

/** How a fault is played: what it may use, and where it says what it found. */
export interface Arena {
  readonly seed: number;
  /** Less of everything, so that several fit into a test run. */
  readonly isShort: boolean;
  readonly tell: (text: string) => void;
  /** Servers that are not to be harmed. */
  readonly servers: () => Promise<Endpoints>;
  /** Servers of this fault's own, which it may kill. */
  readonly ownStack: (options?: { readonly exactlyOnce?: boolean }) => Promise<Stack>;
  /** Notes what a check found; one name may be given several times. */
  readonly check: (name: string, findings: Findings) => void;
  /** Ends the fault: something that runs beside it has failed. */
  readonly fail: (thrown: unknown) => void;
  /** Called at the end in reverse order, however the fault ends. */
  readonly onEnd: (close: () => Promise<unknown>) => void;
}

/** What a fault measured, beside its checks. */
type Figures = Readonly<Record<string, unknown>>;

export interface Fault {
  readonly name: string;
  readonly what: string;
  readonly play: (arena: Arena) => Promise<Figures>;
}

export interface Report {
  readonly fault: string;
  readonly passed: boolean;
  readonly seed: number;
  readonly seconds: number;
  readonly checks: Readonly<Record<string, { readonly passed: boolean; readonly findings?: Findings }>>;
  readonly [figure: string]: unknown;
}

interface ArenaServers {
  readonly shared: () => Promise<Endpoints>;
  readonly own: (options: { readonly exactlyOnce: boolean }) => Promise<Stack>;
}

export interface PlayOptions {
  readonly seed: number;
  readonly isShort: boolean;
  readonly tell: (text: string) => void;
  readonly servers: ArenaServers;
  /** Aborted: the fault is over, what it started is stopped. */
  readonly signal?: AbortSignal;
}

/** Plays one fault to its end, stops what it started and gives the report; never throws. */
export async function play(fault: Fault, { seed, isShort, tell, servers, signal }: PlayOptions): Promise<Report> {
  const begin = performance.now();
  const found = new Map<string, string[]>();
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  signal?.addEventListener('abort', () => broken.reject(new Error('told to stop')), { once: true });
  const closers: (() => Promise<unknown>)[] = [];
  const check = (name: string, findings: Findings): void => {
    found.set(name, [...(found.get(name) ?? []), ...findings]);
    tell(findings.length === 0 ? `${name} holds` : `${name} FAILED: ${findings.join('; ')}`);
  };
  const arena: Arena = {
    seed,
    isShort,
    tell,
    servers: servers.shared,
    ownStack: async ({ exactlyOnce = false } = {}) => {
      const stack = await servers.own({ exactlyOnce });
      closers.push(() => stack.stop());
      return stack;
    },
    check,
    fail: broken.reject,
    onEnd: (close) => closers.push(close),
  };
  let figures: Figures = {};
  try {
    figures = await Promise.race([fault.play(arena), broken.promise]);
  } catch (thrown) {
    check('played', [thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)]);
  }
  for (const close of closers.reverse()) await close().catch((thrown) => tell(`closing failed: ${String(thrown)}`));
  const checks = Object.fromEntries(
    [...found].map(([name, findings]) => [
      name,
      findings.length === 0 ? { passed: true } : { passed: false, findings },
    ]),
  );
  const passed = found.size > 0 && Object.values(checks).every((one) => one.passed);
  const seconds = Math.round((performance.now() - begin) / 100) / 10;
  return { fault: fault.name, passed, seed, isShort, seconds, checks, ...figures };
}
