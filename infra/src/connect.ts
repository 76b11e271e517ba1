import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endpointsOf, secretsFolder } from './endpoints.ts';
import { javaLaunch, writeLogConfig } from './java.ts';
import { type Jdk, requireJdk } from './jdk.ts';
import { KAFKA_POM } from './kafka.ts';
import { mavenFolder } from './maven.ts';
import { httpAnswers } from './probes.ts';
import { fillTemplate } from './template.ts';
import type { ConnectPlugin, Launch, Place, Report, Runnable, Server } from './types.ts';

/** The folder with the worker's and the connector's configuration. */
export const CONNECT_FOLDER = fileURLToPath(new URL('../../debezium-connect/', import.meta.url));

/** Kafka Connect with Debezium's MySQL connector and the plugins that are asked for: one distributed worker. */
export const makeConnect = (extra: readonly ConnectPlugin[]): Server => ({
  name: 'connect',
  needs: ['kafka'],
  uses: ['mysql'], // which otherwise waits ten seconds for its readers
  stopSignal: 'SIGTERM',
  abandonSignal: 'SIGKILL',
  stop_ms_max: 40_000,
  start_ms_max: 180_000,
  prepare: (report) => prepareConnect(extra, report),
});

/** Where plugins are; `discovery`: how the worker looks for them. */
interface Plugins {
  readonly path: string;
  readonly discovery: string;
}

async function prepareConnect(extra: readonly ConnectPlugin[], report: Report): Promise<Runnable> {
  const jdk = await requireJdk();
  const libraries = await mavenFolder('kafka', KAFKA_POM, report);
  const folders = [await mavenFolder('connect-plugins', join(CONNECT_FOLDER, 'pom.xml'), report)];
  for (const plugin of extra) {
    const pom = fileURLToPath(new URL(`../artefacts/${plugin}.pom.xml`, import.meta.url));
    folders.push(await mavenFolder(`connect-${plugin}`, pom, report, plugin));
  }
  // The Avro converter has no service manifest: it is only found by scanning, which is slower.
  const discovery = extra.includes('avro-converter') ? 'hybrid_warn' : 'service_load';
  const plugins = { path: folders.join(','), discovery };
  return {
    launch: (place) => Promise.resolve(launchConnect(jdk, libraries, plugins, place)),
    isReady: (place) => httpAnswers(`${endpointsOf(place).connect.url}/connectors`),
  };
}

function launchConnect(jdk: Jdk, libraries: string, plugins: Plugins, place: Place): Launch {
  const directory = join(place.directory, 'connect');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const template = readFileSync(join(CONNECT_FOLDER, 'worker.properties'), 'utf8');
  const config = join(directory, 'worker.properties');
  writeFileSync(
    config,
    fillTemplate(template, {
      brokers: endpointsOf(place).kafka.brokers.join(','),
      host: '127.0.0.1',
      port: String(place.ports.connect),
      plugins: plugins.path,
      discovery: plugins.discovery,
      secrets: secretsFolder(place.directory),
      exactly_once: place.exactlyOnce ? 'enabled' : 'disabled',
    }),
  );
  const log = writeLogConfig(directory, {
    'org.apache.kafka': 'WARN',
    'org.apache.kafka.connect': 'INFO',
    'org.reflections': 'ERROR',
  });
  return javaLaunch('connect', {
    jdk,
    libraries,
    main: ['org.apache.kafka.connect.cli.ConnectDistributed'],
    heap: { start: '512m', max: '2g' },
    options: [`-Dlog4j2.configurationFile=${log}`],
    arguments: [config],
    directory,
  });
}
