import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONNECT_FOLDER } from './connect.ts';
import { makeSignalTopic } from './signals.ts';
import { fillJsonTemplate } from './template.ts';

const POLL_MS = 200;
const RUNNING_MS_MAX = 120_000;
/** The raw topic is the only one that holds values in clear, so it keeps them for a day, not for ever. */
const RETENTION_MS = 24 * 3600 * 1000;
const REBALANCING = 409;

/** Where the connector runs and what it reads: a `Stack`, or the same few facts about other servers. */
export interface ConnectorTarget {
  readonly connect: { readonly url: string };
  /** As the Connect worker sees it. */
  readonly mysql: { readonly host: string; readonly port: number };
  readonly kafka: { readonly brokers: readonly string[] };
  /** A properties file on the Connect worker's machine, with `user` and `password`, under a path that the worker allows. */
  readonly replication: { readonly file: string };
  readonly exactlyOnce?: boolean;
}

export interface ConnectorOptions {
  /** Names the source everywhere: the connector, its topic `cdc.<source>`, its schema history. */
  readonly source: string;
  readonly database: string;
  /** Default: every table of the database. */
  readonly tables?: readonly string[];
  /** Of `cdc.<source>`, when this makes the topic; default a day. */
  readonly retention_ms?: number;
  readonly replicationFactor?: number;
  /** Further settings, or other values for the template's. */
  readonly overrides?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A connector or task that failed; the message holds its stack trace as Connect reports it. */
export class ConnectorFailed extends Error {}

/**
 * Registers the MySQL connector (or changes it, when it is there) and resolves when its task is running: the snapshot may still be
 * under way. Safe to repeat. Throws `ConnectorFailed` with the task's trace when it fails.
 */
export async function registerConnector(target: ConnectorTarget, options: ConnectorOptions): Promise<void> {
  await makeSignalTopic(target.kafka.brokers, options.source, options.replicationFactor ?? 1);
  await runConnector(target.connect.url, options.source, connectorConfig(target, options), options.signal);
}

/** The same for any connector, by its whole configuration. */
export async function runConnector(
  connectUrl: string,
  name: string,
  config: Readonly<Record<string, string>>,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const url = `${connectUrl}/connectors/${encodeURIComponent(name)}`;
  const deadline = Date.now() + RUNNING_MS_MAX;
  await putConfig(connectUrl, name, config, deadline, signal);
  for (;;) {
    const status = await readStatus(`${url}/status`, signal);
    const failed = status.find(({ state }) => state === 'FAILED');
    if (failed) throw new ConnectorFailed(`connector ${name}: ${failed.what} failed\n${failed.trace ?? ''}`);
    if (status.length > 1 && status.every(({ state }) => state === 'RUNNING')) return;
    if (Date.now() > deadline) {
      const seen = status.map(({ what, state }) => `${what} ${state}`).join(', ') || 'nothing';
      throw new ConnectorFailed(`connector ${name} is not running after ${RUNNING_MS_MAX / 1000} s: ${seen}`);
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** The connector's configuration: the template of `debezium-connect/mysql-connector.json`, filled in. */
export function connectorConfig(target: ConnectorTarget, options: ConnectorOptions): Record<string, string> {
  const { source, database, tables, overrides = {} } = options;
  if (!/^[a-z0-9][a-z0-9_-]*$/i.test(source))
    throw new Error(`"${source}" is no name for a source: letters, digits, _ and -`);
  const escaped = escapeRegex(database);
  const template = readFileSync(join(CONNECT_FOLDER, 'mysql-connector.json'), 'utf8');
  const config = fillJsonTemplate(template, {
    source,
    database: escaped,
    tables: tables ? `${escaped}\\.(${tables.map(escapeRegex).join('|')})` : `${escaped}\\..*`,
    host: target.mysql.host,
    port: String(target.mysql.port),
    brokers: target.kafka.brokers.join(','),
    credentials: target.replication.file,
    server_id: String(serverIdOf(source)),
    retention_ms: String(options.retention_ms ?? RETENTION_MS),
    replication_factor: String(options.replicationFactor ?? 1),
  });
  const exactlyOnce = {
    'exactly.once.support': 'required',
    'transaction.boundary': 'poll',
    // What a killed worker left open hides everything behind it from readers until this has passed; a poll takes far less.
    'producer.override.transaction.timeout.ms': '20000',
  };
  return { ...config, ...(target.exactlyOnce && exactlyOnce), ...overrides };
}

/** Debezium reads these lists as regular expressions, with commas between them. */
function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|,]/g, '\\$&');
}

/** MySQL drops one of two replicas that show the same id, so sources get different ones; far from ids that people choose. */
export function serverIdOf(source: string): number {
  let hash = 0;
  for (const character of source) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return 1_000_000 + (hash % 1_000_000_000);
}

async function putConfig(
  connectUrl: string,
  source: string,
  config: Readonly<Record<string, string>>,
  deadline: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const response = await put(`${connectUrl}/connectors/${encodeURIComponent(source)}/config`, config, signal);
    const text = await response.text();
    if (response.ok) return;
    if (response.status !== REBALANCING || Date.now() > deadline) {
      const reasons = await explainRefusal(connectUrl, { name: source, ...config }, signal);
      throw new ConnectorFailed(`Connect refused the configuration: ${reasons || `${response.status} ${text}`}`);
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

function put(url: string, body: unknown, signal: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(url, { method: 'PUT', headers, body: JSON.stringify(body), signal });
}

interface Validation {
  readonly configs?: readonly {
    readonly value: { readonly name: string; readonly errors: readonly string[] } | null;
  }[];
}

/** Connect 4.3 answers a wrong configuration of this connector with a NullPointerException; asked for a validation, it tells what is wrong. */
async function explainRefusal(
  connectUrl: string,
  config: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const plugin = config['connector.class']?.split('.').at(-1) ?? '';
  const response = await put(`${connectUrl}/connector-plugins/${plugin}/config/validate`, config, signal);
  if (!response.ok) return '';
  const { configs = [] } = (await response.json()) as Validation;
  return configs.flatMap(({ value }) => value?.errors.map((error) => `${value.name}: ${error}`) ?? []).join('; ');
}

interface State {
  readonly what: string;
  readonly state: string;
  readonly trace?: string | undefined;
}

interface StatusReply {
  readonly connector?: { readonly state: string; readonly trace?: string };
  readonly tasks?: readonly { readonly id: number; readonly state: string; readonly trace?: string }[];
}

/** The connector's state and that of each task; nothing while Connect does not know them yet. */
async function readStatus(url: string, signal: AbortSignal): Promise<State[]> {
  const response = await fetch(url, { signal });
  if (!response.ok) {
    await response.arrayBuffer();
    return [];
  }
  const { connector, tasks = [] } = (await response.json()) as StatusReply;
  const own = connector ? [{ what: 'the connector', state: connector.state, trace: connector.trace }] : [];
  return [...own, ...tasks.map(({ id, state, trace }) => ({ what: `task ${id}`, state, trace }))];
}
