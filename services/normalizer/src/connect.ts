import { type Health, lookEvery, messageOf, Trouble } from '@overlay/runtime';
import { z } from 'zod';

const LOOK_MS = 5000;
const ANSWER_MS_MAX = 4000;

const ConnectorStatus = z.object({
  connector: z.object({ state: z.string() }),
  tasks: z.array(z.object({ state: z.string(), trace: z.string().optional() })),
});

/**
 * Reports, every five seconds, whether Kafka Connect answers and the connector of each source (named as the source) and its task run. The
 * stage goes on reading meanwhile: what is on the topic is there. Returns the function that ends it.
 */
export function watchConnect(url: string, sources: readonly string[], health: Health): () => Promise<void> {
  const look = async () => {
    try {
      for (const source of sources) await checkConnector(url, source);
      health.up('connect');
    } catch (thrown) {
      health.down('connect', messageOf(thrown));
    }
  };
  return lookEvery(LOOK_MS, look);
}

async function checkConnector(url: string, source: string): Promise<void> {
  const answer = await fetch(`${url}/connectors/${encodeURIComponent(source)}/status`, {
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  if (answer.status === 404) throw new Trouble('connect.not_running', `connector ${source} does not exist`);
  if (!answer.ok)
    throw new Trouble('connect.unreachable', `it answers ${answer.status} when asked about connector ${source}`);
  const { connector, tasks } = ConnectorStatus.parse(await answer.json());
  const broken = tasks.find((task) => task.state !== 'RUNNING');
  if (connector.state !== 'RUNNING')
    throw new Trouble('connect.not_running', `connector ${source} is ${connector.state}`);
  if (tasks.length === 0) throw new Trouble('connect.not_running', `connector ${source} has no task`);
  if (broken)
    throw new Trouble(
      'connect.not_running',
      `the task of connector ${source} is ${broken.state}: ${broken.trace ?? 'no trace'}`,
    );
}
