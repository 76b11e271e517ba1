import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openValues, type SealedValues } from '@overlay/sealing';
import { Database, KeyStore } from '@overlay/storage';
import { Clinic, makeClinicPack } from './fault/clinic.ts';
import { auditctl, auditctlAsOfficer } from './kit/auditctl.ts';
import { type Canary, Scanner } from './kit/canaries.ts';
import { answersOf, dumpOf, type Output, topicsOf } from './kit/outputs.ts';
import { makeRandom } from './kit/random.ts';
import { untilCaughtUp } from './kit/record.ts';
import { waitFor } from './kit/wait.ts';
import { makeWorld, type World } from './kit/world.ts';

const STAGES = ['normalizer', 'inferencer', 'anomaly-scorer'] as const;
const NAME = 'erasure';
const because = ['--reason', 'asked for by letter'] as const;

const clinic = new Clinic(makeRandom(11, NAME));
let world: World;
let keys: Database;

beforeAll(async () => {
  world = await makeWorld({ name: NAME, makeSource: clinic.makeSource, packDirectory: makeClinicPack() });
  keys = new Database(world.pipeline.keys.ownerUrl, 1);
  for (const stage of [...STAGES, 'notary'] as const) world.pipeline.start(stage);
  await untilCaughtUp(world, STAGES);
  await clinic.live(world, 2);
  await untilCaughtUp(world, STAGES);
});
afterAll(async () => {
  await keys?.close();
  await world?.close();
});

/** What stands beside bodies, in a dump as pg_dump writes it. */
const sealedIn = (dump: string): readonly (SealedValues & { readonly eventId: string })[] =>
  dump.split('\n').flatMap((line) => {
    const [, list] = /(\[\{"sealed":.*?\}\])/.exec(line) ?? [];
    const [eventId = ''] = /[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/.exec(line) ?? [];
    return list === undefined ? [] : (JSON.parse(list) as SealedValues[]).map((values) => ({ ...values, eventId }));
  });

/** Everything that can be opened of a dump with every key that there is. */
async function openable(dump: string): Promise<string> {
  const store = new KeyStore(keys, readFileSync(world.pipeline.keys.masterKeyFile, 'utf8'));
  const sealed = sealedIn(dump);
  const found = await store.findSubjectKeys([...new Set(sealed.map(({ subject }) => subject))]);
  const opened = sealed.map(({ eventId, ...values }) => {
    const key = found.get(values.subject);
    return typeof key === 'object' ? openValues(key, eventId, values) : undefined;
  });
  return JSON.stringify(opened);
}

/** What the log has up to a sequence. What others define on the server comes behind it while this goes on. */
const evidence = (upTo: number) =>
  world.record.query<Record<string, unknown>>(
    `select (select md5(string_agg(encode(leaf, 'hex'), ',' order by sequence)) from audit.transactions where sequence <= $1) as leaves,
      (select md5(string_agg(body::text || coalesce(sealed_values::text, ''), ',' order by sequence, ordinal)) from audit.change_events where sequence <= $1) as rows`,
    [upTo],
  );

/** The first patient's are the canaries that were made first. */
const [ERASED, HELD] = ['patients:1', 'patients:2'];
const ownOf = (patient: 1 | 2): readonly Canary[] =>
  clinic.secrets
    .filter(({ name }) => /^patients\.(email|phone|iban)$/.test(name))
    .slice((patient - 1) * 3, patient * 3);

test('a held subject is not erased; of an erased one nothing can be read any more, in old backups neither, and the log is the same', async () => {
  const backup = await dumpOf(new URL(`/${NAME}`, world.servers.postgres.url).href);
  for (const { value } of [...ownOf(1), ...ownOf(2)]) expect(await openable(backup)).toContain(value);
  const [head] = await world.record.query<{ size: number }>(
    "select evidence_size::integer as size from audit.heads where stage = 'normalizer'",
  );
  const size = head?.size ?? 0;
  expect(size).toBeGreaterThan(0);
  const before = await evidence(size);

  expect((await auditctlAsOfficer(world, 'hold', 'add', '--subject', HELD ?? '', ...because)).code).toBe(0);
  expect(await auditctlAsOfficer(world, 'erase', '--subject', HELD ?? '', ...because)).toMatchObject({
    code: 1,
    said: expect.stringContaining('is held'),
  });
  const erased = await auditctlAsOfficer(world, 'erase', '--subject', ERASED ?? '', ...because);
  expect(erased).toMatchObject({ code: 0, said: expect.stringContaining('Nothing of it can be read anywhere from') });

  expect(await evidence(size)).toEqual(before);
  await waitFor('the log to be verified', async () =>
    (await auditctl(world, 'verify')).code === 0 ? true : undefined,
  );
  const after = await dumpOf(new URL(`/${NAME}`, world.servers.postgres.url).href);
  for (const dump of [backup, after]) {
    const clear = await openable(dump);
    for (const { value } of ownOf(1)) expect(clear).not.toContain(value);
    for (const { value } of ownOf(2)) expect(clear).toContain(value);
  }
  const scanner = new Scanner(ownOf(1));
  const outputs: Output[] = [
    ['backup', backup],
    ['record', after],
    ...(await topicsOf(world)),
    ...(await answersOf(world, [
      ['trace', 'patient:1', '--json'],
      ['summary', '--date', 'today', '--json'],
    ])),
  ];
  expect(outputs.flatMap(([name, text]) => scanner.find(text).map(({ form }) => [name, form]))).toEqual([]);
}, 300_000);

test('a row is shown as it was and is, with names for whoever may see them, but for whom was erased', async () => {
  const asked = (...words: string[]) => auditctlAsOfficer(world, ...words, '--names', ...because);
  const at = ['--at', new Date().toISOString()];
  for (const [command, place] of [['history', []] as const, ['as-of', at] as const]) {
    // Of another database of the server, too, the log knows what its tables are.
    const of = (patient: string) => [command, `${NAME}.patients`, patient, ...place];
    const [held, tokens, erased] = [
      await asked(...of('2')),
      await auditctl(world, ...of('2')),
      await asked(...of('1')),
    ];
    expect([held.code, tokens.code, erased.code]).toEqual([0, 0, 0]);
    const [email] = ownOf(2);
    expect(held.said).toContain(email?.value);
    expect(tokens.said).not.toContain(email?.value);
    expect(erased.said).toContain('[ERASED]');
  }
}, 120_000);

test('what the source still says of whom was erased arrives without a value', async () => {
  world.pipeline.running('normalizer')?.kill(); // a running one forgets the key within a minute
  await world.pipeline.running('normalizer')?.exited;
  world.pipeline.start('normalizer');
  await world.source.query("update patients set phone = '+51 1', email = 'again@example.com' where id = 1");
  await untilCaughtUp(world, STAGES);
  const [last] = await world.record.query<{ after: Record<string, string>; sealed_values: unknown }>(
    "select body -> 'after' as after, sealed_values from audit.change_events where table_name = 'patients' order by sequence desc limit 1",
  );
  expect(last?.after).toMatchObject({ id: '1', email: '[ERASED]', phone: '[ERASED]', iban: '[ERASED]' });
  expect(last?.sealed_values).toBeNull();
}, 180_000);
