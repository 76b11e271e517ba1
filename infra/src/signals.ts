import { randomUUID } from 'node:crypto';
import { makeLogger } from '@overlay/runtime';
import { Broker } from '@overlay/streams';

const DAY_MS = 24 * 3600 * 1000;

/** The topic that a source's connector takes requests from. */
const signalTopic = (source: string): string => `signals.${source}`;

/** Makes the topic of a source's signals, when it is missing. Signals are kept for a day: a connector that died may read some once more. */
export const makeSignalTopic = (brokers: readonly string[], source: string, replicas: number): Promise<void> =>
  withBroker(brokers, (broker) =>
    broker.ensureTopic(signalTopic(source), { partitions: 1, replicas, retentionMs: DAY_MS }),
  );

/**
 * Asks the connector of a source to read tables, as `database.table`, while it goes on reading the log: an incremental snapshot. The source is
 * only read. Tables without a primary key are left out by the connector. Gives the id that its notices bear.
 */
export async function askForRows(
  brokers: readonly string[],
  source: string,
  tables: readonly string[],
): Promise<string> {
  const id = randomUUID();
  const value = JSON.stringify(signalOf(id, tables));
  await withBroker(brokers, (broker) =>
    broker.publish(signalTopic(source), 0, [{ key: source, value: Buffer.from(value) }]),
  );
  return id;
}

/** A signal as Debezium reads it. Names of tables are regular expressions to it. */
const signalOf = (id: string, tables: readonly string[]) => ({
  id,
  type: 'execute-snapshot',
  data: {
    type: 'INCREMENTAL',
    'data-collections': tables.map((table) => table.replace(/[\\^$*+?()[\]{}|]/g, '\\$&')),
  },
});

async function withBroker<Result>(
  brokers: readonly string[],
  work: (broker: Broker) => Promise<Result>,
): Promise<Result> {
  const broker = new Broker(brokers, 'infra', makeLogger('infra', 'error'));
  await broker.connect();
  try {
    return await work(broker);
  } finally {
    await broker.close();
  }
}
