import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SelfAudit } from '@overlay/api';
import {
  gtidOf,
  idOf,
  makeKeyScratch,
  makeScratch,
  type Scratch,
  SOURCE,
  writeGap,
  writeSampleLog,
  writeSealedChange,
  writeSealedLetter,
} from '@overlay/api/testing';
import { EXIT } from './exits.ts';
import type { Io } from './io.ts';
import { makeProgram } from './program.ts';
import { runIn } from './testing/run-in.ts';

const MASTER = Buffer.alloc(32, 3).toString('base64');
const SHOP = join(import.meta.dirname, '../../../packs/shop');
const because = ['--reason', 'case 17'];

/** One with what the stages made of a log, and one in which something is sealed. */
let record: Scratch;
let sealed: Scratch;
let keys: Scratch;
let env: Readonly<Record<string, string>>;
const directory = mkdtempSync(join(tmpdir(), 'self-audit-'));

beforeAll(async () => {
  [record, sealed, keys] = [await makeScratch(), await makeScratch(), await makeKeyScratch()];
  await writeSampleLog(record.database);
  for (const [index, patient] of ['1', '2', '3'].entries())
    await writeSealedChange(sealed.database, keys.database, MASTER, {
      sequence: index + 1,
      subject: ['patients', patient],
      before: { email: `old${patient}@example.com` },
      after: { email: `ana${patient}@example.com` },
    });
  await writeGap(record.database, 1, 'transaction.hole', 3);
  await writeSealedLetter(record.database, keys.database, MASTER, { sequence: 9, value: Buffer.from('not json') });
  const master = join(directory, 'master.key');
  writeFileSync(master, MASTER, { mode: 0o600 });
  env = { DATABASE_URL: record.url, KEYS_URL: keys.url, MASTER_KEY_FILE: master, DEAD_LETTER_KEY: MASTER };
});
afterAll(async () => {
  await record?.drop();
  await sealed?.drop();
  await keys?.drop();
});

const auditctl = (...argv: string[]) => run({}, argv);
const run = (more: Io['env'], argv: readonly string[]) => runIn({ ...env, ...more }, argv);

interface Row {
  readonly action: string;
  readonly object: string;
  readonly outcome: string;
  readonly name: string;
  readonly login: string;
  readonly row_count: string | null;
  readonly arguments: unknown;
  readonly reason: string | null;
}

const acts = (from = record) =>
  from.database.query<Row & Record<string, unknown>>('select * from analyst.self_audit order by sequence');

/** What each command leaves on record: what was done, and how it went. */
const COMMANDS: Readonly<Record<string, readonly [argv: readonly string[], act: string, outcomes: string]>> = {
  summary: [['--date', '2026-11-20'], 'read summary', 'ok'],
  anomalies: [['--since', '2026-11-20'], 'read anomalies', 'ok'],
  unexplained: [['--table', 'patients'], 'read unexplained', 'ok'],
  trace: [[gtidOf(4)], 'read trace', 'ok'],
  // This log has no definitions of tables.
  history: [['orders', '1'], 'read row_history', 'refused'],
  'as-of': [['orders', '--at', '3'], 'read rows_as_of', 'refused'],
  undo: [[gtidOf(4)], 'read undo', 'ok'],
  status: [[], 'read status', 'ok'],
  coverage: [['--from', '2'], 'read coverage', 'ok'],
  gaps: [[], 'read gaps', 'ok'],
  'gaps decide': [[idOf('e', 9001), 'retry'], 'decide gap', 'asked ok'],
  'rules replay': [[SHOP], 'replay rules', 'ok'],
  'rules rebuild': [[SHOP, '--despite-faults'], 'rebuild rules', 'asked ok'],
  packs: [[], 'read packs', 'ok'],
  'packs activate': [[SHOP, '--wait', '1'], 'activate pack', 'asked ok'],
  'dead-letters list': [['--state', 'all'], 'read dead_letters', 'ok'],
  'dead-letters show': [['9', '--values'], 'open dead_letter', 'asked ok'],
  'dead-letters repair': [[SOURCE, '7', '--wait', '1'], 'repair set_aside', 'asked ok'],
  republish: [['inferencer', SOURCE, '--from', '2', '--wait', '1'], 'republish stage', 'asked ok'],
  requests: [[], 'read requests', 'ok'],
  open: [[idOf('c', 1), '--column', 'email', ...because], 'open sealed_value', 'asked ok'],
  erase: [['--subject', 'patients:2', ...because], 'erase subject', 'asked ok'],
  'hold add': [['--subject', 'patients:3', ...because], 'hold subject', 'asked ok'],
  'hold list': [[], 'read holds', 'ok'],
  'hold release': [[idOf('e', 1), ...because], 'release hold', 'refused'],
  'keys rotate': [because, 'rotate keys', 'asked ok'],
  reconcile: [[], 'verify source', 'asked refused'], // it is not said where the source is
  verify: [[], 'verify evidence', 'asked ok'],
  proof: [[idOf('c', 1)], 'export proof', 'asked refused'], // there is no checkpoint
  'evidence-pack': [[join(directory, 'pack')], 'export evidence_pack', 'asked refused'],
  definitions: [[], 'read definitions', 'ok'],
  'self-audit': [['--who', 'tester'], 'read self_audit', 'ok'],
};
/** Those that are asked of the record in which something is sealed. */
const SEALED = /^(open|erase|hold|keys|verify|proof|evidence-pack)/;
/** Commands that ask the record nothing: they need no database, or only have others below them. */
const WITHOUT_RECORD = ['rules', 'rules test', 'packs dbt', 'dead-letters', 'hold', 'keys', 'verify-proof'];

test('there is no command of which it is not said what it leaves on record', () => {
  const io: Io = { out: () => {}, err: () => {}, env: {}, isTty: false, userName: 'tester' };
  type Tree = ReturnType<typeof makeProgram>;
  const below = (tree: Tree, path = ''): readonly string[] =>
    tree.commands.flatMap((command) => {
      const name = `${path} ${command.name()}`.trim();
      return [name, ...below(command, name)];
    });
  const names = below(makeProgram(io, async () => {}));
  expect(names.toSorted()).toEqual([...Object.keys(COMMANDS), ...WITHOUT_RECORD].toSorted());
});

test.each(Object.entries(COMMANDS))('%s is on record', async (command, [argv, act, outcomes]) => {
  const own = SEALED.test(command) ? sealed : record;
  const before = (await acts(own)).length;
  const { err } = await run({ DATABASE_URL: own.url }, [...command.split(' '), ...argv, '--by', 'ana']);
  const left = (await acts(own)).slice(before);
  expect([err, left.map(({ action, object }) => `${action} ${object}`)]).toEqual([err, left.map(() => act)]);
  expect([err, left.map(({ outcome }) => outcome).join(' ')]).toEqual([err, outcomes]);
  expect(left.every(({ name, login }) => name === 'ana' && login === new URL(record.url).username)).toBe(true);
  expect(left.at(0)?.reason).toBe(argv.includes('--reason') ? 'case 17' : null);
});

test('the filter is on record, a reason, and the number of rows, but nothing that is sealed and no name of a subject', async () => {
  const all = [...(await acts()), ...(await acts(sealed))];
  const of = (object: string) => all.filter((row) => row.object === object);
  expect(of('anomalies')).toMatchObject([{ arguments: { since: '2026-11-20', limit: 20 }, row_count: '2' }]);
  expect(of('sealed_value')).toMatchObject([
    { arguments: { eventId: idOf('c', 1), column: 'email', source: SOURCE }, reason: 'case 17' },
    { row_count: '1', asked: of('sealed_value')[0]?.sequence },
  ]);
  expect(of('subject')[0]?.arguments).toEqual({ source: SOURCE, subjectId: expect.stringMatching(/^[\w-]{10,}/) });
  const text = JSON.stringify(all);
  for (const secret of ['ana1@example.com', 'old1@example.com', 'patients:2', 'patients:3', 'not json', MASTER])
    expect(text).not.toContain(secret);
});

test('who asked what is listed, by day, person and action, and for programs', async () => {
  const { out } = await run({ DATABASE_URL: sealed.url }, ['self-audit', '--who', 'ana', '--action', 'open']);
  expect(out.split('\n')[0]).toMatch(/^NUMBER {2}TIME IN UTC +WHO +LOGIN +WHAT +OUTCOME +ROWS +FILTER$/);
  expect(out).toMatch(/ana \(auditctl\) +\S+ +open sealed_value +asked .*column=email.*because: case 17/);
  const json = await auditctl('self-audit', '--json', '--from', 'today', '--limit', '3');
  const { acts: listed, total } = SelfAudit.parse(JSON.parse(json.out));
  expect([listed.length, total]).toEqual([3, (await acts()).length - 1]);
  expect((await auditctl('self-audit', '--to', 'yesterday')).out).toBe('Nothing of that is on record.\n');
  expect(await auditctl('self-audit', '--action', 'look')).toMatchObject({ exit: EXIT.usage });
});

test('what cannot be put on record is not answered, and not done', async () => {
  const whole = env;
  await record.database.query(`create role "${record.name}_mute" login password 'p' in role audit_reader`);
  await record.database.query('revoke execute on function audit.record_act(json) from audit_reader');
  env = {
    ...whole,
    DATABASE_URL: Object.assign(new URL(record.url), { username: `${record.name}_mute`, password: 'p' }).href,
  };
  const gap = await writeGap(record.database, 2, 'transaction.hole', 3);
  for (const argv of [
    ['anomalies'],
    ['status'],
    ['self-audit'],
    ['gaps', 'decide', gap, 'accept'],
    ['requests', '--json'],
  ])
    expect([argv, await auditctl(...argv)]).toMatchObject([
      argv,
      {
        exit: EXIT.auth,
        err: expect.stringContaining(
          'not done, and not answered, because it cannot be put on record: permission denied',
        ),
      },
    ]);
  expect((await auditctl('anomalies')).out).toBe('');
  const [decided] = await record.database.query('select decision from audit.gaps where gap_id = $1', [gap]);
  expect(decided).toEqual({ decision: null });
  expect((await auditctl('evidence-pack', join(directory, 'mute'))).exit).toBe(EXIT.auth);
  expect(existsSync(join(directory, 'mute'))).toBe(false);
  env = whole;
  await record.database.query('grant execute on function audit.record_act(json) to audit_reader');
  await record.database.query(`drop role "${record.name}_mute"`);
});

test('a copy goes to the file; where that cannot be written, nothing is asked', async () => {
  const whole = env;
  const file = join(directory, 'acts.jsonl');
  env = { ...whole, SELF_AUDIT_FILE: file };
  await auditctl('gaps');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ object: 'gaps', sequence: (await acts()).length });
  env = { ...whole, SELF_AUDIT_FILE: '/proc/acts.jsonl' };
  const before = (await acts()).length;
  expect(await auditctl('gaps')).toMatchObject({
    exit: EXIT.usage,
    out: '',
    err: expect.stringContaining('SELF_AUDIT_FILE'),
  });
  expect(await acts()).toHaveLength(before);
  env = whole;
});
