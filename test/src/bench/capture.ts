import { registerConnector, type Stack } from '@overlay/infra';
import { rawTopic } from '@overlay/model';
import { makeLogger } from '@overlay/runtime';
import { Broker } from '@overlay/streams';
import type mysql from 'mysql2/promise';
import { waitFor } from '../kit/wait.ts';
import { ROWS_PER_TRANSACTION, SHOP } from './shop.ts';

/** BEGIN and END stand around the rows of each transaction. */
const MESSAGES_PER_TRANSACTION = ROWS_PER_TRANSACTION + 2;

/** A connector of Debezium's on the shop, and the topic that it writes. */
export interface Capture {
  readonly source: string;
  readonly topic: string;
  /** How many rows of what was loaded since the start stand before an offset. */
  readonly rowsUpTo: (offset: number) => number;
  /** The offset behind so many rows. */
  readonly offsetAfter: (rows: number) => number;
}

export interface CaptureOptions {
  readonly source: string;
  /** True (default): with BEGIN, END and definitions, as the normalizer needs them; false: rows alone. */
  readonly hasMarkers?: boolean;
  readonly overrides?: Readonly<Record<string, string>>;
}

export async function connectBroker(stack: Stack): Promise<Broker> {
  const broker = new Broker(stack.kafka.brokers, 'bench', makeLogger('bench', 'fatal'));
  await broker.connect();
  return broker;
}

/** The offset that the next message of a topic with one partition will get; 0 while there is no topic. */
export async function topicEnd(broker: Broker, topic: string): Promise<number> {
  const partitions = await broker.partitionsOf([topic]);
  return partitions.has(topic) ? ((await broker.watermarks(topic)).get(0)?.high ?? 0) : 0;
}

/**
 * Registers connectors that take no snapshot and waits until each has written down where it stands in the binary log: what is written from
 * now on is captured, also over a stop. Nothing else may write to MySQL meanwhile.
 */
export async function startCaptures<Name extends string>(
  stack: Stack,
  broker: Broker,
  connection: mysql.Connection,
  wanted: Readonly<Record<Name, CaptureOptions>>,
): Promise<Readonly<Record<Name, Capture>>> {
  const options = Object.values<CaptureOptions>(wanted);
  for (const { source, hasMarkers = true, overrides } of options) {
    await registerConnector(stack, {
      source,
      database: SHOP,
      overrides: { 'snapshot.mode': 'no_data', ...(!hasMarkers && ROWS_ALONE), ...overrides },
    });
  }
  await connection.query("insert into roles (name) values ('marker')");
  const [[now]] = await connection.query<(mysql.RowDataPacket & { gtids: string })[]>(
    'select @@gtid_executed as gtids',
  );
  const captures: Partial<Record<string, Capture>> = {};
  for (const [name, { source, hasMarkers = true }] of Object.entries<CaptureOptions>(wanted)) {
    await waitFor(`connector ${source} to stand at ${now?.gtids}`, async () => {
      const gtids = await placeOf(stack, source);
      return gtids === now?.gtids ? true : undefined;
    });
    captures[name] = captureOf(source, await topicEnd(broker, rawTopic(source)), hasMarkers);
  }
  return captures as Readonly<Record<Name, Capture>>;
}

const ROWS_ALONE = { 'provide.transaction.metadata': 'false', 'include.schema.changes': 'false' };

function captureOf(source: string, before: number, hasMarkers: boolean): Capture {
  const perRow = hasMarkers ? MESSAGES_PER_TRANSACTION / ROWS_PER_TRANSACTION : 1;
  return {
    source,
    topic: rawTopic(source),
    rowsUpTo: (offset) => Math.max(0, offset - before) / perRow,
    offsetAfter: (rows) => before + Math.round(rows * perRow),
  };
}

/** The transactions that a connector has sent, as it last wrote them down. */
async function placeOf(stack: Stack, source: string): Promise<string | undefined> {
  const { offsets = [] } = (await (await ask(stack, 'GET', `${source}/offsets`)).json()) as {
    offsets?: readonly { readonly offset?: { readonly gtids?: string } }[];
  };
  return offsets[0]?.offset?.gtids;
}

async function ask(stack: Pick<Stack, 'connect'>, method: string, path: string): Promise<Response> {
  const answer = await fetch(`${stack.connect.url}/connectors/${path}`, { method });
  if (!answer.ok && answer.status !== 404)
    throw new Error(`Connect: ${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

interface Status {
  readonly connector: { readonly state: string };
  readonly tasks: readonly { readonly state: string; readonly trace?: string }[];
}

const statusOf = async (stack: Pick<Stack, 'connect'>, name: string): Promise<Status> =>
  (await (await ask(stack, 'GET', `${name}/status`)).json()) as Status;

/** Throws with its trace when a task has failed. */
export async function refuseFailed(stack: Stack, name: string): Promise<void> {
  const failed = (await statusOf(stack, name)).tasks.find(({ state }) => state === 'FAILED');
  if (failed) throw new Error(`connector ${name} has failed: ${failed.trace}`);
}

/** Its tasks end; it keeps its place. */
export async function stopConnector(stack: Pick<Stack, 'connect'>, name: string): Promise<void> {
  await ask(stack, 'PUT', `${name}/stop`);
  await waitFor(`connector ${name} to stop`, async () => {
    const { connector, tasks } = await statusOf(stack, name);
    return connector.state === 'STOPPED' && tasks.length === 0 ? true : undefined;
  });
}

/** It goes on from its place. */
export async function resumeConnector(stack: Stack, name: string): Promise<void> {
  await ask(stack, 'PUT', `${name}/resume`);
}

export async function deleteConnector(stack: Stack, name: string): Promise<void> {
  await ask(stack, 'DELETE', name);
}
