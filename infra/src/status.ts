import { type Endpoints, endpointsOf } from './endpoints.ts';
import { isAlive } from './identity.ts';
import { isOwned, type StackState } from './state.ts';
import type { ServerName } from './types.ts';

export interface StackStatus {
  readonly name: string;
  /** Its owner lives and every one of its servers runs. */
  readonly isUp: boolean;
  /** Undefined when the program that started the stack has died or ended. */
  readonly owner: number | undefined;
  readonly directory: string;
  readonly servers: Readonly<Partial<Record<ServerName, { readonly pid: number | null }>>>;
  readonly endpoints: Endpoints;
}

/** As the state file and the process table tell it; asks no server. */
export function statusOf(state: StackState): StackStatus {
  const servers = state.servers.map((name) => {
    const identity = state.processes[name];
    return [name, { pid: identity && isAlive(identity) ? identity.pid : null }] as const;
  });
  const owner = isOwned(state) ? state.owner.pid : undefined;
  return {
    name: state.name,
    isUp: owner !== undefined && servers.every(([, { pid }]) => pid !== null),
    owner,
    directory: state.directory,
    servers: Object.fromEntries(servers),
    endpoints: endpointsOf(state),
  };
}

export function describeState(state: StackStatus): string {
  const owner = state.owner === undefined ? 'nobody watches it' : `watched by process ${state.owner}`;
  const lines = Object.entries(state.servers).map(([name, { pid }]) => {
    return `  ${name.padEnd(9)} ${(pid === null ? 'down' : `process ${pid}`).padEnd(15)} ${address(state.endpoints, name as ServerName)}`;
  });
  return `${state.name}: ${owner}, ${state.directory}\n${lines.join('\n')}\n`;
}

/** One line for each server that the stack has. */
export function endpointLines(state: StackState): string {
  const endpoints = endpointsOf(state);
  return state.servers.map((name) => `${name.padEnd(9)} ${address(endpoints, name)}\n`).join('');
}

function address(endpoints: Endpoints, server: ServerName): string {
  if (server === 'mysql') {
    const { user, password, host, port } = endpoints.mysql;
    return `mysql://${user}:${password}@${host}:${port}`;
  }
  if (server === 'kafka') return endpoints.kafka.brokers.join(',');
  return endpoints[server].url;
}
