import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SERVICES, type Stack } from '@overlay/infra';
import { rawTopic } from '@overlay/model';
import { openValues, type SealedValues } from '@overlay/sealing';
import { Database, KeyStore } from '@overlay/storage';
import { type Canary, needlesOf, Scanner } from '../kit/canaries.ts';
import { lettersOf } from '../kit/letters.ts';
import { answersOf, dumpOf, type Output, servicesOf, topicsOf, topicText } from '../kit/outputs.ts';
import { makeRandom } from '../kit/random.ts';
import { openRaw } from '../kit/raw.ts';
import { untilCaughtUp } from '../kit/record.ts';
import { waitFor } from '../kit/wait.ts';
import { makeWorld, recordUrl, type World } from '../kit/world.ts';
import type { Findings } from '../oracle/checks.ts';
import { forge, rawTransactions } from '../oracle/forge.ts';
import type { Arena, Fault } from './arena.ts';
import { Clinic, makeClinicPack } from './clinic.ts';

const NAME = 'f52';
/** What the product is asked, as people ask it. */
const QUESTIONS = [
  ['summary', '--date', 'today'],
  ['summary', '--date', 'today', '--json'],
  ['anomalies', '--json', '--limit', '500'],
  ['unexplained', '--json'],
  ['trace', 'patient:3', '--json'],
  ['trace', 'visit:1', '--json'],
  ['trace', 'visit:1'],
  ['status', '--json'],
  ['dead-letters', 'list', '--json'],
  ['packs', '--json'],
  ['requests', '--json'],
  ['gaps', '--json'],
];

/** Unique values in every column with a policy, and then a search of everything that the product has written or says. */
export const canaries: Fault = {
  name: 'F52',
  what: 'unique values in every sensitive column are in no table, topic, log, metric, prompt or answer, in no form; others are',
  async play(arena) {
    const own = arena.isShort ? undefined : await arena.ownStack();
    const clinic = new Clinic(makeRandom(arena.seed, 'clinic'));
    const model = await serveModel();
    arena.onEnd(model.close);
    const world = await makeWorld({
      name: NAME,
      servers: own ?? (await arena.servers()),
      makeSource: clinic.makeSource,
      packDirectory: makeClinicPack(),
      environment: {
        KAFKA_SESSION_MS: '2000',
        LOG_LEVEL: 'debug',
        LLM_BASE_URL: model.url,
        SUMMARY_INTERVAL_S: '1',
      },
    });
    arena.onEnd(() => world.close());
    arena.tell(`${NAME}: the source is captured; logs are in ${world.directory}`);
    for (const service of SERVICES) world.pipeline.start(service);
    await live(arena, world, clinic);
    await waitFor('a prompt', async () => (model.prompts.length > 0 ? true : undefined));
    const outputs: Output[] = [
      ['dump of the record', await dumpOf(recordUrl(world))],
      ['dump of the keys', await dumpOf(world.pipeline.keys.ownerUrl)],
      ...(await topicsOf(world)),
      ...(await answersOf(world, QUESTIONS)),
      ...(await servicesOf(world)),
      ...logsOf(own),
      ['prompts', model.prompts.join('\n')],
    ];
    arena.tell(`${outputs.length} outputs of ${outputs.reduce((sum, [, one]) => sum + one.length, 0)} characters`);
    arena.check('no canary is found', leaks(clinic.secrets, outputs));
    arena.check('what is not sensitive is found', unseen(clinic.open, outputs));
    arena.check('every form is found', formsUnseen(clinic.secrets, world));
    arena.check(
      'the raw topic has them all',
      await missingFrom(clinic.secrets, await topicText(world, rawTopic(NAME))),
    );
    arena.check('what is sealed opens', await unopened(world, clinic.secrets));
    arena.check(
      'dead letters keep their bytes',
      (await lettersOf(world)).length > 0 ? [] : ['there is no dead letter'],
    );
    return { canaries: clinic.secrets.length, outputs: outputs.length, prompts: model.prompts.length };
  },
};

/** Life at the clinic, with a stage that dies, a database that ends every connection, and a transaction that cannot be read. */
async function live(arena: Arena, world: World, clinic: Clinic): Promise<void> {
  await untilCaughtUp(world, SERVICES); // what comes before the snapshot is seen as it is in the end only
  const rounds = arena.isShort ? 4 : 12;
  await clinic.live(world, rounds);
  await untilCaughtUp(world, SERVICES);
  world.pipeline.running('normalizer')?.kill();
  await world.pipeline.running('normalizer')?.exited;
  world.pipeline.start('normalizer');
  await clinic.register(world.source);
  await world.record.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
    [world.name],
  );
  await untilCaughtUp(world, SERVICES);
  const raw = await openRaw(world);
  arena.onEnd(() => raw.close());
  const [one] = (await rawTransactions(world, 1, 1)).filter((messages) =>
    messages.some((message) => message.text.includes('"patients"') && message.text.includes('"op":"c"')),
  );
  if (!one) throw new Error('the raw topic has no transaction with a new patient');
  await raw.append(forge(one, 1).map((record) => record.replace(/"id":\d+,"email"/, '"id":{"no":"number"},"email"')));
  await waitFor('a dead letter', async () => ((await lettersOf(world)).length > 0 ? true : undefined));
  await untilCaughtUp(world, SERVICES);
}

/** A language model that answers nonsense and keeps what it was asked. */
async function serveModel(): Promise<{ url: string; prompts: readonly string[]; close: () => Promise<void> }> {
  const prompts: string[] = [];
  const server = createServer(async (request, response) => {
    prompts.push(await text(request));
    const message = { role: 'assistant', content: '{"sentences":[]}' };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ id: '1', object: 'chat.completion', choices: [{ index: 0, finish_reason: 'stop', message }] }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, prompts, close };
}

/** What servers of our own log; those that tests share log for others too. */
const logsOf = (stack: Stack | undefined): readonly Output[] =>
  (stack?.servers ?? []).map((server) => [`log of ${server}`, readFileSync(stack?.logPath(server) ?? '', 'latin1')]);

function leaks(secrets: readonly Canary[], outputs: readonly Output[]): Findings {
  const scanner = new Scanner(secrets);
  return outputs.flatMap(([name, one]) => {
    const found = scanner.find(one);
    const [first] = found;
    return first ? [`${name} holds ${found.length} forms of canaries, such as ${first.canary} (${first.form})`] : [];
  });
}

/** Where what is in clear must be seen, or the search has not looked there. */
const SEEN_IN = [
  'dump of the record',
  `topic ${NAME}.audit.transactions`,
  `topic ${NAME}.audit.business-events`,
  `topic ${NAME}.audit.anomalies`,
  'auditctl anomalies --json --limit 500',
  'auditctl trace visit:1',
  'view patient_registered',
  'prompts',
];

function unseen(open: readonly Canary[], outputs: readonly Output[]): Findings {
  const scanner = new Scanner(open);
  return SEEN_IN.flatMap((name) => {
    const output = outputs.find(([known]) => known === name);
    if (!output) return [`there is no ${name}`];
    return scanner.find(output[1]).length > 0 ? [] : [`${name} holds nothing that is not sensitive`];
  });
}

/** Logs hold no values at all: so each form of a canary is written to one, and must be found there. */
function formsUnseen(secrets: readonly Canary[], { directory }: World): Findings {
  const file = join(directory, 'control.log');
  const needles = secrets.slice(0, 8).flatMap(needlesOf);
  for (const { text: form } of needles) appendFileSync(file, `{"msg":"control","value":"${form.toUpperCase()}"}\n`);
  const found = new Set(new Scanner(secrets).find(readFileSync(file, 'latin1')).map(({ text: form }) => form));
  return needles
    .filter(({ text: form }) => !found.has(form))
    .map(({ canary, form }) => `${canary} is not found as ${form}`);
}

/** Those that are only in statements never come as rows: the connector does not tell them. */
const isInRows = ({ name }: Canary): boolean => !name.startsWith('sql.');

async function missingFrom(secrets: readonly Canary[], raw: string): Promise<Findings> {
  return secrets.filter((one) => isInRows(one) && !raw.includes(one.value)).map(({ name }) => `${name} is not there`);
}

/** Opens everything that is sealed, with the master key: of each sealed column some canaries come back. */
async function unopened(world: World, secrets: readonly Canary[]): Promise<Findings> {
  const keys = new Database(world.pipeline.keys.ownerUrl, 1);
  try {
    const store = new KeyStore(keys, readFileSync(world.pipeline.keys.masterKeyFile, 'utf8'));
    const rows = await world.record.query<{ event_id: string; sealed_values: readonly SealedValues[] }>(
      'select event_id, sealed_values from audit.change_events where sealed_values is not null',
    );
    let clear = '';
    for (const { event_id, sealed_values } of rows)
      for (const values of sealed_values) {
        const key = (await store.findSubjectKeys([values.subject])).get(values.subject);
        clear += typeof key === 'object' ? JSON.stringify(openValues(key, event_id, values)) : '';
      }
    const sealed = secrets.filter(({ name }) => /^(patients\.(email|phone|iban)|visits\.contact)$/.test(name));
    return sealed
      .filter(({ value }) => !clear.includes(value))
      .map(({ name, value }) => `${name} ${value} does not open`);
  } finally {
    await keys.close();
  }
}
