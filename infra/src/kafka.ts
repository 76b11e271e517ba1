import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedFolder } from './artefacts.ts';
import { runCommand } from './command.ts';
import { jarsOf, javaLaunch, writeLogConfig } from './java.ts';
import { type Jdk, requireJdk } from './jdk.ts';
import { mavenFolder } from './maven.ts';
import { kafkaAnswers } from './probes.ts';
import { renderProperties } from './properties.ts';
import type { Launch, Place, Ports, Report, Runnable, Server } from './types.ts';

export const KAFKA_POM = fileURLToPath(new URL('../artefacts/kafka.pom.xml', import.meta.url));

/** Large enough for a 16 MB row with both images in base64 and JSON. */
const MESSAGE_BYTES_MAX = 67_108_864;

/** One Kafka node, broker and controller in one. Topics are made by who owns them, never by a typing error. */
export const kafka: Server = {
  name: 'kafka',
  needs: [],
  stopSignal: 'SIGTERM',
  abandonSignal: 'SIGKILL',
  stop_ms_max: 40_000,
  start_ms_max: 180_000,
  prepare: prepareKafka,
};

async function prepareKafka(report: Report): Promise<Runnable> {
  const jdk = await requireJdk();
  const libraries = await mavenFolder('kafka', KAFKA_POM, report);
  const template = await formattedLog(jdk, libraries, report);
  return {
    launch: (place) => Promise.resolve(launchKafka(jdk, libraries, template, place)),
    isReady: (place) => kafkaAnswers(place.ports.kafka),
  };
}

/** A formatted, never started log directory. The quorum is static, so nothing in it depends on ports. */
function formattedLog(jdk: Jdk, libraries: string, report: Report): Promise<string> {
  const fill = async (folder: string): Promise<void> => {
    report('formats an empty Kafka log (once)');
    const config = join(folder, 'server.properties');
    writeFileSync(config, renderServerProperties(join(folder, 'data'), { kafka: 9092, kafkaController: 9093 }));
    const tool = ['-cp', jarsOf(libraries), 'kafka.tools.StorageTool', 'format', '-t', newUuid(), '-c', config];
    await runCommand(jdk.java, ['-Xmx256m', ...tool]);
  };
  return cachedFolder({ name: 'kafka-data', key: `kafka data 1 ${libraries}`, report, fill });
}

/** Kafka's form of a UUID: 16 bytes in base64url, not beginning with a dash (which a tool would take for an option). */
function newUuid(): string {
  const text = randomBytes(16).toString('base64url');
  return text.startsWith('-') ? newUuid() : text;
}

function launchKafka(jdk: Jdk, libraries: string, template: string, place: Place): Launch {
  const directory = join(place.directory, 'kafka');
  const data = join(directory, 'data');
  if (!existsSync(data)) copyTemplate(template, directory, data);
  const config = join(directory, 'server.properties');
  writeFileSync(config, renderServerProperties(data, place.ports));
  const log = writeLogConfig(directory, { 'org.apache.kafka': 'WARN', kafka: 'INFO', 'kafka.log': 'WARN' });
  return javaLaunch('kafka', {
    jdk,
    libraries,
    main: ['kafka.Kafka'],
    heap: { start: '256m', max: '1g' },
    options: [`-Dlog4j2.configurationFile=${log}`],
    arguments: [config],
    directory,
  });
}

/** Each stack's cluster gets an id of its own. */
function copyTemplate(template: string, directory: string, data: string): void {
  const temporary = join(directory, 'data.new');
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  cpSync(join(template, 'data'), temporary, { recursive: true });
  const meta = join(temporary, 'meta.properties');
  const text = readFileSync(meta, 'utf8').replace(
    /^(cluster\.id|directory\.id)=.*$/gm,
    (_, name) => `${name}=${newUuid()}`,
  );
  writeFileSync(meta, text);
  renameSync(temporary, data);
}

function renderServerProperties(data: string, ports: Pick<Ports, 'kafka' | 'kafkaController'>): string {
  const broker = `127.0.0.1:${ports.kafka}`;
  const controller = `127.0.0.1:${ports.kafkaController}`;
  return renderProperties({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${controller}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `PLAINTEXT://${broker},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://${broker}`,
    'log.dirs': data,
    'auto.create.topics.enable': false,
    'message.max.bytes': MESSAGE_BYTES_MAX,
    'replica.fetch.max.bytes': MESSAGE_BYTES_MAX,
    // One node: its own copies are all there are, and nobody else is worth waiting for.
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    // After a kill -9 the node waits for its own earlier session to run out before it serves again.
    'broker.session.timeout.ms': 5000,
    'broker.heartbeat.interval.ms': 1000,
    'group.min.session.timeout.ms': 1000,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'log.cleaner.dedupe.buffer.size': 33_554_432,
  });
}
