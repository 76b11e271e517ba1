import { makeConnect } from './connect.ts';
import { kafka } from './kafka.ts';
import { mysql } from './mysql.ts';
import { postgres } from './postgres.ts';
import { registry } from './registry.ts';
import type { ConnectPlugin, Provider, Server, ServerName } from './types.ts';

/** Servers as processes on this machine, from Maven artefacts, Debian packages or what is on PATH. */
export function processProvider(connectPlugins: readonly ConnectPlugin[]): Provider {
  const connect = makeConnect(connectPlugins);
  const servers: Readonly<Record<ServerName, Server>> = { mysql, postgres, kafka, registry, connect };
  return (name) => servers[name];
}
