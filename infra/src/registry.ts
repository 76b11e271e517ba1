import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endpointsOf } from './endpoints.ts';
import { javaLaunch } from './java.ts';
import { type Jdk, requireJdk } from './jdk.ts';
import { mavenFolder } from './maven.ts';
import { httpAnswers } from './probes.ts';
import type { Launch, Place, Report, Runnable, Server } from './types.ts';

const REGISTRY_POM = fileURLToPath(new URL('../artefacts/registry.pom.xml', import.meta.url));

/** Apicurio's registry with its schemas in a file database. */
export const registry: Server = {
  name: 'registry',
  needs: [],
  stopSignal: 'SIGTERM',
  abandonSignal: 'SIGKILL',
  stop_ms_max: 20_000,
  start_ms_max: 120_000,
  prepare: prepareRegistry,
};

async function prepareRegistry(report: Report): Promise<Runnable> {
  const jdk = await requireJdk();
  const libraries = await mavenFolder('registry', REGISTRY_POM, report);
  return {
    launch: (place) => Promise.resolve(launchRegistry(jdk, libraries, place)),
    isReady: (place) => httpAnswers(`${endpointsOf(place).registry.url}/subjects`),
  };
}

function launchRegistry(jdk: Jdk, libraries: string, place: Place): Launch {
  const directory = join(place.directory, 'registry');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return javaLaunch('registry', {
    jdk,
    libraries,
    main: ['-jar', join(libraries, 'quarkus-run.jar')],
    heap: { start: '128m', max: '512m' },
    options: ['-Djava.util.logging.manager=org.jboss.logmanager.LogManager'],
    arguments: [],
    directory,
    environment: {
      APICURIO_STORAGE_KIND: 'sql',
      APICURIO_STORAGE_SQL_KIND: 'h2',
      APICURIO_DATASOURCE_URL: `jdbc:h2:file:${join(directory, 'schemas')}`,
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(place.ports.registry),
      // The Java client of its converter waits for ever when an answer is lost while it moves up from HTTP/1.1.
      QUARKUS_HTTP_HTTP2: 'false',
      // Health checks of its own on a fixed port, of which a second stack would find none free: any port will do.
      QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
      QUARKUS_MANAGEMENT_PORT: '0',
    },
  });
}
