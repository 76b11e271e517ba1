import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Pipeline, SERVICES } from './pipeline.ts';
import type { Stack } from './stack.ts';

/** Where everything of a running demo is, for people and for auditctl. */
export interface Places {
  /** What auditctl has to be told. */
  readonly environment: Readonly<Record<string, string>>;
  /** A file that sets the same in a shell. */
  readonly environmentFile: string;
  /** One that sets what it takes to open, erase and hold. */
  readonly officerFile: string;
  readonly analystUrl: string;
  readonly stageUrls: Readonly<Record<string, string>>;
  readonly stack: Stack;
  readonly logs: string;
}

/** Collects the places once the services are up, and writes the environment file. */
export async function writeEnvironment(stack: Stack, pipeline: Pipeline, packDirectory: string): Promise<Places> {
  const stageUrls: Record<string, string> = {};
  for (const service of SERVICES) stageUrls[service] = `http://127.0.0.1:${await pipeline.port(service)}`;
  const environment = {
    DATABASE_URL_FILE: pipeline.readerFile,
    KEYS_URL_FILE: pipeline.readerKeysFile,
    DEAD_LETTER_KEY_FILE: pipeline.deadLetterKeyFile,
    EVIDENCE_KEYS_FILE: pipeline.notary.keysFile,
    ANCHOR_FILE: pipeline.notary.anchorFile,
    DEFINITIONS_FILE: pipeline.notary.definitionsFile,
    PACK_DIR: packDirectory,
    CONNECT_URL: stack.connect.url,
    STAGE_URLS: Object.entries(stageUrls)
      .map(([stage, url]) => `${stage}=${url}`)
      .join(','),
  };
  const environmentFile = writeExports(join(stack.directory, 'audit.env'), environment);
  const officerFile = writeExports(join(stack.directory, 'officer.env'), { ...environment, ...pipeline.officer });
  return {
    environment,
    environmentFile,
    officerFile,
    analystUrl: pipeline.urls.analyst,
    stageUrls,
    stack,
    logs: join(stack.directory, 'services'),
  };
}

/** A file that sets variables in a shell. */
function writeExports(file: string, environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  return file;
}

/** How to go on, for a person who has just read the report. */
export function describePlaces(places: Places, rate: number): string {
  const { environmentFile, officerFile, analystUrl, stageUrls, stack, logs } = places;
  const { mysql } = stack;
  const health = Object.entries(stageUrls).map(([stage, url]) => `  ${stage.padEnd(15)} ${url}/readyz  ${url}/metrics`);
  return `
Everything keeps running${rate > 0 ? `, with ${rate} live transactions a second` : ''}; Ctrl-C stops it all. In another terminal:

  . ${environmentFile}
  npm run -s auditctl -- status
  npm run -s auditctl -- anomalies --severity high
  npm run -s auditctl -- summary --date yesterday --json
  npm run -s auditctl -- verify

What is sealed of suppliers is opened, held and erased by an officer:

  . ${officerFile}
  npm run -s auditctl -- hold add --subject suppliers:1 --reason 'a try'

Analysts see the views of schema analyst, and nothing else:
  psql '${analystUrl}' -c '\\d+ analyst.*'

The source, to change something and see it arrive:
  mysql -h ${mysql.host} -P ${mysql.port} -u ${mysql.user} -p'${mysql.password}' pharmacy

Stages:
${health.join('\n')}
  Connect         ${stack.connect.url}/connectors/pharmacy/status
  logs            ${logs}
`;
}
