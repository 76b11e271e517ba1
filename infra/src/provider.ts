import { connect } from './connect.ts';
import { kafka } from './kafka.ts';
import { mysql } from './mysql.ts';
import { postgres } from './postgres.ts';
import { registry } from './registry.ts';
import type { Provider, Server, ServerName } from './types.ts';

const servers: Readonly<Record<ServerName, Server>> = { mysql, postgres, kafka, registry, connect };

/** Servers as processes on this machine, from Maven artefacts, Debian packages or what is on PATH. */
export const processProvider: Provider = (name) => servers[name];
