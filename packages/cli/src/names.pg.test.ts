import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AnomalyList } from '@overlay/api';
import { makeKeyScratch, makeScratch, type Scratch, writeSaying, writeSealedChange } from '@overlay/api/testing';
import { EXIT } from './exits.ts';
import { runIn } from './testing/run-in.ts';

const MASTER = Buffer.alloc(32, 3).toString('base64');
const because = ['--reason', 'case 17'] as const;
/** What no key gives a value for: a token of the domain, and one that is in no change. */
const OTHERS = `token:${'B'.repeat(22)} sealed:${'A'.repeat(22)}`;

let record: Scratch;
let keys: Scratch;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  [record, keys] = [await makeScratch(), await makeKeyScratch()];
  for (const [index, patient] of ['1', '2'].entries())
    await writeSealedChange(record.database, keys.database, MASTER, {
      sequence: index + 1,
      subject: ['patients', patient],
      before: { name: `Ana ${patient}` },
      after: { name: `Eva ${patient}`, phone: '555-0101' },
    });
  const [eva, ana] = [await tokenOf(1, 'after'), await tokenOf(2, 'before')];
  await writeSaying(record.database, 3, { entityLabel: eva, reasons: [`${eva} was seen by (${ana}), ${OTHERS}`] });
  const master = join(mkdtempSync(join(tmpdir(), 'names-')), 'master.key');
  writeFileSync(master, `${MASTER}\n`, { mode: 0o600 });
  env = { DATABASE_URL: record.url, KEYS_URL: keys.url, MASTER_KEY_FILE: master };
});
afterAll(async () => {
  await record?.drop();
  await keys?.drop();
});

async function tokenOf(sequence: number, image: 'before' | 'after'): Promise<string> {
  const [row] = await record.database.query<{ token: string }>(
    "select body -> $2 ->> 'name' as token from audit.change_events where sequence = $1",
    [sequence, image],
  );
  return row?.token ?? '';
}

const auditctl = (more: Readonly<Record<string, string>>, ...argv: string[]) => runIn({ ...env, ...more }, argv);

const openings = () =>
  record.database.query<{ arguments: Readonly<Record<string, unknown>> }>(
    "select name, reason, outcome, row_count, arguments from analyst.self_audit where object = 'sealed_value' order by sequence",
  );
const ASKED = ['anomalies', '--severity', 'low', '--names', ...because];

test('names stand in the place of their tokens, also in a text; what is no sealed value stays', async () => {
  expect((await auditctl({}, '--json', 'anomalies')).out).toContain(await tokenOf(1, 'after'));
  const { out, err } = await auditctl({}, '--json', ...ASKED);
  expect(err).toBe('');
  expect(AnomalyList.parse(JSON.parse(out)).anomalies).toMatchObject([
    { entityLabel: 'Eva 1', reasons: [`Eva 1 was seen by (Ana 2), ${OTHERS}`] },
  ]);
  const told = await auditctl({}, ...ASKED);
  expect(told).toMatchObject({ exit: EXIT.ok, out: expect.stringContaining('Eva 1') });
  expect(told.err).toContain('2 sealed values are shown in clear; that you asked, and why, is on record.');
  expect(told.err).toContain('1 token is in no change of the log.');
});

test('who asked for what, why, and whose values it holds is on record before, as one act', async () => {
  const before = await openings();
  await auditctl({}, ...ASKED);
  const [asked, done, ...more] = (await openings()).slice(before.length);
  expect(more).toEqual([]);
  expect(asked).toMatchObject({ name: 'tester', reason: 'case 17', outcome: 'asked' });
  expect(asked?.arguments).toEqual({
    of: 'anomalies --severity low --limit 20',
    tokens: 3,
    subjects: [expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)],
  });
  expect(JSON.stringify(asked)).not.toMatch(/Eva|Ana/);
  expect(done).toMatchObject({ outcome: 'ok', row_count: '2' });
});

test('without a reason nothing is shown, and where nothing is sealed nothing is opened', async () => {
  const before = await openings();
  expect(await auditctl({}, 'anomalies', '--names')).toMatchObject({
    exit: EXIT.usage,
    out: '',
    err: expect.stringContaining('it is not said why'),
  });
  const { exit, err } = await auditctl({}, 'anomalies', '--severity', 'critical', '--names', ...because);
  expect([exit, err]).toEqual([EXIT.ok, 'Nothing in it is sealed: nothing was opened.\n']);
  expect((await openings()).slice(before.length)).toMatchObject([{ outcome: 'refused' }]);
});

test('whoever has not the role of an opener sees tokens, and is refused names', async () => {
  const urlsAs = async (kind: 'reader' | 'opener') => {
    const login = `${record.name}_${kind}`;
    await record.database.query(`create role "${login}" login password 'x' in role audit_${kind}`);
    const as = (url: string) => Object.assign(new URL(url), { username: login, password: 'x' }).href;
    return { DATABASE_URL: as(record.url), KEYS_URL: as(keys.url) };
  };
  const [reader, opener] = [await urlsAs('reader'), await urlsAs('opener')];
  expect((await auditctl(reader, 'anomalies')).out).toContain('sealed:');
  expect(await auditctl(reader, ...ASKED)).toMatchObject({
    exit: EXIT.auth,
    out: '',
    err: expect.stringContaining('audit_opener'),
  });
  expect(await auditctl(opener, ...ASKED)).toMatchObject({ exit: EXIT.ok, out: expect.stringContaining('Eva 1') });
  for (const kind of ['reader', 'opener']) await record.database.query(`drop role "${record.name}_${kind}"`);
});

test('of somebody who was erased nothing comes back', async () => {
  expect((await auditctl({}, 'erase', '--subject', 'patients:1', ...because)).exit).toBe(EXIT.ok);
  const { out } = await auditctl({}, '--json', ...ASKED);
  expect(AnomalyList.parse(JSON.parse(out)).anomalies).toMatchObject([
    { entityLabel: '[ERASED]', reasons: [`[ERASED] was seen by (Ana 2), ${OTHERS}`] },
  ]);
  expect((await auditctl({}, ...ASKED)).err).toContain('1 of people who were erased');
});
