import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 2000;
const REQUEST_MS_MAX = 5000;

/** What a task's trace says when its database or broker was away: it comes back by itself, unlike a purged log or an unreadable event. */
const TRANSIENT =
  /Communications link failure|Connection (refused|reset|timed out)|Failed to read next byte|Unexpected end of stream|Broken pipe|Socket (is )?closed|Read timed out|shut(ting)? ?down|TimeoutException|DisconnectException/i;

export interface ConnectorWatchOptions {
  readonly signal?: AbortSignal;
  /** Told once for each restart, and once for each failure that is left to a person. */
  readonly onEvent?: (event: ConnectorEvent) => void;
}

export interface ConnectorEvent {
  readonly kind: 'restarted' | 'left-failed';
  readonly connector: string;
  /** First line of the trace. */
  readonly reason: string;
}

interface ExpandedStatus {
  readonly status: {
    readonly connector: { readonly state: string; readonly trace?: string };
    readonly tasks: readonly { readonly id: number; readonly state: string; readonly trace?: string }[];
  };
}

/**
 * Connect leaves a failed task failed. This starts it again when the cause was a server that was away for a while, every two seconds until
 * it runs, and leaves every other failure as it is: starting again would not mend it. Resolves when `signal` aborts; never rejects.
 */
export async function watchConnectors(connectUrl: string, options: ConnectorWatchOptions = {}): Promise<void> {
  const told = new Set<string>();
  while (!options.signal?.aborted) {
    for (const failure of await failures(connectUrl)) await tend(connectUrl, failure, told, options.onEvent);
    await pause(options.signal);
  }
}

async function tend(
  connectUrl: string,
  { connector, trace }: Failure,
  told: Set<string>,
  onEvent: ConnectorWatchOptions['onEvent'],
): Promise<void> {
  const kind = TRANSIENT.test(trace) ? 'restarted' : 'left-failed';
  const isNews = kind === 'restarted' ? await restart(connectUrl, connector) : !told.has(connector + trace);
  told.add(connector + trace);
  if (isNews) onEvent?.({ kind, connector, reason: trace.split('\n')[0] ?? '' });
}

interface Failure {
  readonly connector: string;
  readonly trace: string;
}

/** An abort ends it early. */
async function pause(signal: AbortSignal | undefined): Promise<void> {
  await sleep(POLL_MS, undefined, signal && { signal }).catch(() => undefined);
}

async function restart(connectUrl: string, connector: string): Promise<boolean> {
  const path = `connectors/${encodeURIComponent(connector)}/restart?includeTasks=true&onlyFailed=true`;
  return (await request(`${connectUrl}/${path}`, 'POST')) !== undefined;
}

/** Connectors with something failed, and its trace. Nothing when Connect itself is away. */
async function failures(connectUrl: string): Promise<Failure[]> {
  const reply = await request(`${connectUrl}/connectors?expand=status`, 'GET');
  return Object.entries((reply ?? {}) as Record<string, ExpandedStatus>).flatMap(([name, { status }]) => {
    const failed = [status.connector, ...status.tasks].find(({ state }) => state === 'FAILED');
    return failed ? [{ connector: name, trace: failed.trace ?? '' }] : [];
  });
}

async function request(url: string, method: string): Promise<unknown> {
  try {
    const response = await fetch(url, { method, signal: AbortSignal.timeout(REQUEST_MS_MAX) });
    const text = await response.text();
    return response.ok ? (text ? JSON.parse(text) : {}) : undefined;
  } catch {
    return undefined; // Connect is away or between two states: the next round asks again
  }
}
