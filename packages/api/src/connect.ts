import { z } from 'zod';
import { askHttp, jsonOf } from './ask-http.ts';
import type { Status } from './contract/index.ts';

const Task = z.object({ id: z.int(), state: z.string(), trace: z.string().optional() });
const Connectors = z.record(
  z.string(),
  z.object({ status: z.object({ connector: z.object({ state: z.string() }), tasks: z.array(Task) }) }),
);

const TRACE_LENGTH_MAX = 300;

/** The state of every connector and its tasks, from Kafka Connect's REST API. */
export async function readConnect(url: string): Promise<NonNullable<Status['connect']>> {
  const heard = await askHttp(`${url.replace(/\/$/, '')}/connectors?expand=status`);
  if (!heard.ok) return { isUp: false, detail: heard.detail, connectors: [] };
  const parsed = Connectors.safeParse(jsonOf(heard.body));
  if (heard.status !== 200 || !parsed.success) {
    return { isUp: false, detail: `answers ${heard.status}, but not as Kafka Connect does`, connectors: [] };
  }
  const connectors = Object.entries(parsed.data).map(([name, { status }]) => ({
    name,
    state: status.connector.state,
    tasks: status.tasks.map(({ id, state, trace }) => ({ id, state, trace: firstLine(trace) })),
  }));
  return { isUp: true, detail: 'ok', connectors };
}

const firstLine = (trace: string | undefined): string | null =>
  trace === undefined ? null : (trace.split('\n', 1)[0] ?? '').slice(0, TRACE_LENGTH_MAX);
