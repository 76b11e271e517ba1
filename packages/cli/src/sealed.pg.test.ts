import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Erasure, HeldSubject, HoldList, OpenedValue } from '@overlay/api';
import { idOf, makeKeyScratch, makeScratch, type Scratch, SOURCE, writeSealedChange } from '@overlay/api/testing';
import { EXIT } from './exits.ts';
import { runIn } from './testing/run-in.ts';

const MASTER = Buffer.alloc(32, 3).toString('base64');
const NEXT_MASTER = Buffer.alloc(32, 4).toString('base64');
const SUBJECTS = ['1', '2', '3'] as const;

let record: Scratch;
let keys: Scratch;
let env: Readonly<Record<string, string>>;
const directory = mkdtempSync(join(tmpdir(), 'sealed-'));

/** A file with a secret, as a person keeps it. */
function secretFile(name: string, text: string, mode = 0o600): string {
  const file = join(directory, name);
  writeFileSync(file, `${text}\n`, { mode });
  return file;
}

beforeAll(async () => {
  [record, keys] = [await makeScratch(), await makeKeyScratch()];
  for (const [index, patient] of SUBJECTS.entries())
    await writeSealedChange(record.database, keys.database, MASTER, {
      sequence: index + 1,
      subject: ['patients', patient],
      before: { email: `old${patient}@example.com` },
      after: { email: `ana${patient}@example.com`, phone: '555-0101' },
    });
  env = {
    DATABASE_URL: record.url,
    KEYS_URL: keys.url,
    MASTER_KEY_FILE: secretFile('master.key', MASTER),
  };
});
afterAll(async () => {
  await record?.drop();
  await keys?.drop();
});

const auditctl = (...argv: string[]) => runIn(env, argv);

const acts = () =>
  record.database.query<{
    act: string;
    done_by: string;
    reason: string;
    subject_id: string | null;
    event_id: string | null;
  }>(`select action as act, name as done_by, reason, arguments ->> 'subjectId' as subject_id, arguments ->> 'eventId' as event_id
      from analyst.self_audit where outcome = 'asked' order by sequence`);
const eventOf = (patient: string): string => idOf('c', Number(patient));
const because = ['--reason', 'case 17'] as const;

test('a value is opened with a reason, which is on record first, under the name of who did it', async () => {
  const before = (await acts()).length;
  const opened = await auditctl('open', eventOf('1'), '--column', 'email', ...because);
  expect(opened).toEqual({
    exit: EXIT.ok,
    out: 'before: old1@example.com\nafter:  ana1@example.com\n',
    err: 'That you opened it, and why, is on record.\n',
  });
  const json = await auditctl('--json', 'open', eventOf('1'), '--column', 'phone', ...because, '--by', 'an auditor');
  expect(OpenedValue.parse(JSON.parse(json.out))).toMatchObject({ before: null, after: '555-0101', sequence: 1 });
  expect((await acts()).slice(before)).toEqual([
    { act: 'open', done_by: 'tester', reason: 'case 17', subject_id: null, event_id: eventOf('1') },
    { act: 'open', done_by: 'an auditor', reason: 'case 17', subject_id: null, event_id: eventOf('1') },
  ]);
});

test('what cannot be opened is said, with what to do', async () => {
  const cases: [string[], number, string][] = [
    [['open', eventOf('1'), '--column', 'email'], EXIT.usage, "required option '--reason <text>'"],
    [['open', eventOf('1'), '--column', 'email', '--reason', ' '], EXIT.usage, 'it is not said why'],
    [['open', eventOf('1'), '--column', 'city', ...because], EXIT.error, 'column city'],
    [['open', eventOf('1'), '--column', 'nothing', ...because], EXIT.notFound, 'has no column nothing'],
    [['open', idOf('c', 99), '--column', 'email', ...because], EXIT.notFound, 'there is no change event'],
    [['open', 'x', '--column', 'email', ...because], EXIT.usage, "'x' is no id of a change event"],
    [['erase', '--subject', 'patients', ...because], EXIT.usage, "'patients' names no subject"],
    [['erase', '--subject', 'patients:99', ...because], EXIT.notFound, 'no value of patients:99 was ever sealed'],
  ];
  for (const [argv, exit, message] of cases)
    expect([argv, await auditctl(...argv)]).toEqual([argv, { exit, out: '', err: expect.stringContaining(message) }]);
});

test('without keys, with another master key, or with a file that everyone can read, nothing is opened', async () => {
  const whole = env;
  const opening = ['open', eventOf('1'), '--column', 'email', ...because];
  const { KEYS_URL: _, ...keyless } = whole;
  env = keyless;
  expect(await auditctl(...opening)).toMatchObject({ exit: EXIT.usage, err: expect.stringContaining('KEYS_URL_FILE') });
  env = { ...whole, MASTER_KEY_FILE: secretFile('other.key', NEXT_MASTER) };
  expect(await auditctl(...opening)).toMatchObject({
    exit: EXIT.upstreamDown,
    err: expect.stringContaining('MASTER_KEY_FILE must hold'),
  });
  env = { ...whole, MASTER_KEY_FILE: secretFile('open.key', MASTER, 0o644) };
  expect(await auditctl(...opening)).toMatchObject({
    exit: EXIT.usage,
    err: expect.stringContaining('can be read by everyone'),
  });
  env = whole;
});

test('whoever has not the role opens nothing, and what is on record cannot be taken back', async () => {
  const whole = env;
  for (const kind of ['reader', 'opener'] as const) {
    await record.database.query(`create role "${record.name}_${kind}" login password 'x' in role audit_${kind}`);
    await keys.database.query(`grant audit_opener to "${record.name}_${kind}"`);
  }
  const urlAs = (kind: string, url: string) => {
    const own = new URL(url);
    [own.username, own.password] = [`${record.name}_${kind}`, 'x'];
    return own.href;
  };
  const before = (await acts()).length;
  await record.database.query(`revoke audit_opener from "${record.name}_reader"`);
  env = { ...whole, DATABASE_URL: urlAs('reader', record.url) };
  const refused = await auditctl('open', eventOf('1'), '--column', 'email', ...because);
  expect(refused).toMatchObject({ exit: EXIT.auth, out: '', err: expect.stringContaining('audit_opener') });
  expect(await acts()).toHaveLength(before);

  env = { ...whole, DATABASE_URL: urlAs('opener', record.url), KEYS_URL: urlAs('opener', keys.url) };
  expect((await auditctl('open', eventOf('1'), '--column', 'email', ...because)).exit).toBe(EXIT.ok);
  expect((await auditctl('erase', '--subject', 'patients:3', ...because)).exit).toBe(EXIT.auth);
  env = whole;
  expect((await auditctl('open', eventOf('3'), '--column', 'email', ...because)).exit).toBe(EXIT.ok);
  const opener = await record.connect(urlAs('opener', record.url));
  for (const statement of [
    'update audit.self_audit set login = $$none$$',
    'delete from audit.self_audit',
    'truncate audit.self_audit',
    "insert into audit.self_audit (sequence, at, login, body, leaf) values (99, now(), 'somebody', '{}', '')",
  ])
    await expect(opener.query(statement)).rejects.toThrow('permission denied');
  await opener.close();
  for (const kind of ['reader', 'opener']) await record.database.query(`drop role "${record.name}_${kind}"`);
});

test('a held subject is not erased; a released one is, and nothing of it can be opened any more', async () => {
  const placed = await auditctl('--json', 'hold', 'add', '--subject', 'patients:2', ...because);
  const { holdId, subjectId } = HeldSubject.parse(JSON.parse(placed.out));
  expect(await auditctl('erase', '--subject', 'patients:2', ...because)).toMatchObject({
    exit: EXIT.error,
    err: expect.stringContaining('patients:2 is held'),
  });
  expect((await auditctl('open', eventOf('2'), '--column', 'email', ...because)).exit).toBe(EXIT.ok);
  const released = await auditctl('--json', 'hold', 'release', holdId, '--reason', 'case 17 is closed');
  expect(HeldSubject.parse(JSON.parse(released.out))).toMatchObject({ subjectId, releasedBy: 'tester' });
  expect((await auditctl('hold', 'release', holdId, ...because)).exit).toBe(EXIT.notFound);
  const listed = await auditctl('--json', 'hold', 'list');
  expect(HoldList.parse(JSON.parse(listed.out)).holds).toHaveLength(1);

  const bodies = () =>
    record.database.query('select event_id, body, sealed_values from audit.change_events order by sequence');
  const before = await bodies();
  const erased = await auditctl('--json', 'erase', '--subject', 'patients:2', ...because, '--source', SOURCE);
  const { erasedAt, goneAt, keyBackupsPastAt, rawTopicPastAt } = Erasure.parse(JSON.parse(erased.out));
  expect(Date.parse(keyBackupsPastAt) - Date.parse(erasedAt)).toBe(35 * 86_400_000);
  expect(Date.parse(rawTopicPastAt) - Date.parse(erasedAt)).toBe(25 * 3_600_000);
  expect(goneAt).toBe(keyBackupsPastAt);
  expect(await auditctl('open', eventOf('2'), '--column', 'email', ...because)).toMatchObject({
    exit: EXIT.error,
    out: '',
    err: expect.stringContaining('was erased'),
  });
  expect(await auditctl('erase', '--subject', 'patients:2', ...because)).toMatchObject({ exit: EXIT.error });
  expect((await auditctl('open', eventOf('1'), '--column', 'email', ...because)).exit).toBe(EXIT.ok);
  expect(await bodies()).toEqual(before);
  const told = (await acts()).filter((one) => one.subject_id === subjectId).map(({ act }) => act);
  expect(told).toEqual(['hold', 'erase', 'release', 'erase', 'erase']);
  expect(JSON.stringify(await acts())).not.toContain('patients:2');
});

test('another master key wraps every key anew, and what is sealed stays as it is', async () => {
  const whole = env;
  env = { ...whole, MASTER_KEY_FILE: secretFile('both.key', `${NEXT_MASTER}\n${MASTER}`) };
  const rotated = await auditctl('keys', 'rotate', ...because);
  expect(rotated).toMatchObject({ exit: EXIT.ok, out: '3 keys were wrapped by the first master key.\n' });
  expect((await auditctl('keys', 'rotate', ...because)).out).toContain('0 keys were');
  env = { ...whole, MASTER_KEY_FILE: secretFile('next.key', NEXT_MASTER) };
  expect((await auditctl('open', eventOf('1'), '--column', 'email', ...because)).out).toContain('ana1@example.com');
  expect((await auditctl('open', eventOf('2'), '--column', 'email', ...because)).exit).toBe(EXIT.error);
  env = whole;
  expect((await auditctl('open', eventOf('1'), '--column', 'email', ...because)).exit).toBe(EXIT.upstreamDown);
});

test('a ciphertext that was moved or changed opens nothing', async () => {
  const moved = `update audit.change_events c set sealed_values = o.sealed_values from audit.change_events o where c.event_id = $1 and o.event_id = $2`;
  await record.database.query(moved, [eventOf('3'), eventOf('1')]);
  env = { ...env, MASTER_KEY_FILE: join(directory, 'next.key') };
  expect(await auditctl('open', eventOf('3'), '--column', 'email', ...because)).toMatchObject({
    exit: EXIT.error,
    out: '',
    err: expect.stringContaining('is not what was written there'),
  });
});
