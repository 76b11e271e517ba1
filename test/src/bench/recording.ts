import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Pipeline, preparePipeline, type RunningProgram, type Stack } from '@overlay/infra';
import { Database } from '@overlay/storage';
import { waitFor } from '../kit/wait.ts';
import type { Bench } from './benchmark.ts';
import type { Capture } from './capture.ts';
import { cpuSeconds, peakMemoryMb } from './processes.ts';
import { SHOP } from './shop.ts';

const PACK = join(import.meta.dirname, '..', '..', '..', 'packs', 'pharmacy');
/** On an empty database: what a stage that reads from the beginning has not landed yet. */
const NOTHING: Progress = { offset: -1, landed: 0, published: 0 };

/** How far the normalizer is. */
interface Progress {
  /** The raw topic's offset up to which everything has landed. */
  readonly offset: number;
  readonly landed: number;
  readonly published: number;
}

/** A record of its own, and the normalizer that writes it. */
export interface Recording {
  readonly record: Database;
  readonly url: string;
  readonly outputTopic: string;
  readonly normalizer: RunningProgram;
  readonly progress: () => Promise<Progress>;
  /** Processor seconds so far: our service, and the database and the broker since their start. */
  readonly cpu: () => Readonly<Record<'service' | 'postgres' | 'kafka', number>>;
  readonly peakMemoryMb: () => number;
  /** Ends the normalizer; the record stays. */
  readonly stop: () => Promise<void>;
}

/** An empty database; gives its owner's URL. The one before it under this name is dropped. */
export async function emptyDatabase(stack: Stack, name: string): Promise<string> {
  await dropDatabase(stack, name);
  await onServer(stack, `create database ${name}`);
  const url = new URL(stack.postgres.url);
  url.pathname = `/${name}`;
  return url.href;
}

export async function dropDatabase(stack: Stack, name: string): Promise<void> {
  await onServer(stack, `drop database if exists ${name} with (force)`);
}

/** Statements for the server as a whole, each outside of any transaction. */
export async function onServer(stack: Stack, ...statements: readonly string[]): Promise<void> {
  const server = new Database(stack.postgres.url, 1);
  try {
    for (const statement of statements) await server.query(statement);
  } finally {
    await server.close();
  }
}

interface RecordingOptions {
  readonly name: string;
  readonly publish: 'on' | 'off';
}

/** Starts the normalizer over a captured source and an empty database of the given name. */
export async function startRecording(
  bench: Bench,
  stack: Stack,
  { source }: Capture,
  { name, publish }: RecordingOptions,
): Promise<Recording> {
  const url = await emptyDatabase(stack, name);
  const directory = join(bench.directory, name);
  mkdirSync(directory);
  const pipeline: Pipeline = await preparePipeline(stack, {
    source,
    mysqlDatabase: SHOP,
    postgresUrl: url,
    packDirectory: PACK,
    directory,
    registersConnector: false,
    environment: { TOPIC_PREFIX: `${name}.`, PUBLISH: publish, ...bench.environment },
  });
  const record = new Database(url, 2);
  const normalizer = pipeline.start('normalizer');
  const stop = once(async () => {
    await pipeline.stop();
    await record.close();
  });
  bench.onEnd(stop);
  const progress = () => progressOf(record, normalizer);
  return {
    record,
    url,
    outputTopic: `${name}.audit.transactions`,
    normalizer,
    progress,
    cpu: () => ({
      service: cpuSeconds(normalizer.pid),
      postgres: cpuSeconds(stack.pid('postgres')),
      kafka: cpuSeconds(stack.pid('kafka')),
    }),
    peakMemoryMb: () => peakMemoryMb(normalizer.pid),
    stop,
  };
}

async function progressOf(record: Database, normalizer: RunningProgram): Promise<Progress> {
  if (!normalizer.isRunning()) throw new Error(`the normalizer has ended: see ${normalizer.log}`);
  const [head] = await record.query<{ landed: string; published: string; read: string | null }>(
    "select landed, published, position ->> 'offset' as read from audit.heads where stage = 'normalizer'",
  );
  if (!head || head.read === null) return NOTHING;
  return { offset: Number(head.read), landed: Number(head.landed), published: Number(head.published) };
}

/** Resolves when the first thing has landed: the normalizer has started, and what stands in the topic is on its way. */
export async function untilBegun({ progress }: Recording): Promise<void> {
  await waitFor('the normalizer to land something', async () => ((await progress()).offset >= 0 ? true : undefined));
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
