import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findPsql, runKafkaTool, SERVICES } from '@overlay/infra';
import { rawTopic } from '@overlay/model';
import { auditctl } from './auditctl.ts';
import { portOf } from './service.ts';
import { readTopic } from './topics.ts';
import type { World } from './world.ts';

/** Something that the product gave out, by its name, as text: bytes that are no text are read as Latin-1. */
export type Output = readonly [name: string, text: string];

/** A whole database as pg_dump writes it. */
export async function dumpOf(url: string): Promise<string> {
  const { command, environment } = await findPsql();
  const child = spawn(join(dirname(command), 'pg_dump'), [url], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [dump, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if ((await closed) !== 0) throw new Error(`pg_dump failed: ${said}`);
  return dump;
}

/** Every topic of a world but the raw one and the connector's own history of schemas, with keys and values. */
export async function topicsOf(world: World): Promise<readonly Output[]> {
  const words = ['--bootstrap-server', world.servers.kafka.brokers.join(), '--list'];
  const listed = (await runKafkaTool('org.apache.kafka.tools.TopicCommand', words)).split('\n');
  const own = listed.filter((topic) => topic.includes(world.name) && !isOfCapture(topic, world.name));
  const outputs: Output[] = [];
  for (const topic of own) outputs.push([`topic ${topic}`, await topicText(world, topic)]);
  return outputs;
}

/** Topics that hold what the source says, in clear. */
const isOfCapture = (topic: string, source: string): boolean =>
  topic === rawTopic(source) || topic === `schema-history.${source}`;

export const topicText = async (world: World, topic: string): Promise<string> =>
  (await readTopic(topic, world))
    .map(({ key, value }) => `${key?.toString('latin1')} ${value?.toString('latin1')}`)
    .join('\n');

/** What services log and are asked to serve. */
export async function servicesOf({ pipeline, directory }: World): Promise<readonly Output[]> {
  const logs = readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .map((name): Output => [`log ${name}`, readFileSync(join(directory, name), 'latin1')]);
  const served: Output[] = [];
  for (const service of SERVICES) {
    const program = pipeline.running(service);
    if (!program?.isRunning()) continue;
    const port = await portOf(program);
    for (const path of ['metrics', 'readyz'])
      served.push([`${path} of ${service}`, await (await fetch(`http://127.0.0.1:${port}/${path}`)).text()]);
  }
  return [...logs, ...served];
}

/** What people and analysts get. */
export async function answersOf(world: World, questions: readonly (readonly string[])[]): Promise<readonly Output[]> {
  const outputs: Output[] = [];
  for (const words of questions) outputs.push([`auditctl ${words.join(' ')}`, (await auditctl(world, ...words)).said]);
  const views = await world.record.query<{ name: string }>(
    "select table_name as name from information_schema.views where table_schema = 'analyst' order by 1",
  );
  for (const { name } of views)
    outputs.push([`view ${name}`, JSON.stringify(await world.record.query(`select * from analyst."${name}"`))]);
  return outputs;
}
