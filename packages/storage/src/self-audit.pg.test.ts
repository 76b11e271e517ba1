import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { actEntry, leafHash, packHashes, TiledLog } from '@overlay/evidence';
import { ACTIONS, type Action, SELF_AUDIT } from '@overlay/model';
import { Database } from './database.ts';
import { readLogHeads } from './evidence/log-heads.ts';
import { makeReadRoots } from './evidence/read-tree.ts';
import { verifyLog } from './evidence/verify-log.ts';
import { makeRecorder, type OwnAct, type RecordAct } from './recorder.ts';
import { readActs } from './self-audit.ts';
import { makeScratch, type Scratch } from './testing/scratch.ts';

const ANA = { kind: 'person', name: 'ana', program: 'auditctl', version: '1.2.3' } as const;
const act = (more: Partial<OwnAct> = {}): OwnAct => ({
  action: 'read',
  object: 'anomalies',
  arguments: { since: '24h' },
  outcome: 'ok',
  rows: 3,
  ...more,
});
const KINDS = ['reader', 'writer', 'notary', 'opener', 'officer', 'analyst'] as const;
type Kind = (typeof KINDS)[number];

let scratch: Scratch;
let record: RecordAct;
const logins = new Map<Kind, Database>();
const loginOf = (kind: Kind): string => `${scratch.name}_${kind}`;
const as = (kind: Kind): Database => logins.get(kind) as Database;

beforeAll(async () => {
  scratch = await makeScratch();
  record = makeRecorder(scratch.database, ANA);
  for (const kind of KINDS) {
    await scratch.database.query(`create role "${loginOf(kind)}" login password 'p' in role audit_${kind}`);
    const url = Object.assign(new URL(scratch.url), { username: loginOf(kind), password: 'p' });
    logins.set(kind, new Database(url.href, 4));
  }
});
afterAll(async () => {
  for (const database of logins.values()) await database.close();
  for (const kind of KINDS) await scratch?.database.query(`drop role "${loginOf(kind)}"`);
  await scratch?.drop();
});

async function verified() {
  const head = (await readLogHeads(scratch.database)).find(({ source }) => source === SELF_AUDIT);
  if (!head) throw new Error('the self-audit has no head');
  return verifyLog(scratch.database, { head, checkpoints: [], jobs: 2 });
}

const count = async (): Promise<number> => (await readActs(scratch.database, {}, 1)).total;

test('every action can be written, and stands there with the login and the time of the database', async () => {
  const before = Date.now();
  for (const action of Object.keys(ACTIONS) as Action[]) await record(act({ action, reason: 'a "reason"\n' }));
  const { total, acts } = await readActs(scratch.database, {}, 100);
  expect(total).toBe(Object.keys(ACTIONS).length);
  expect(acts.map(({ action, sequence }) => [action, sequence])).toEqual(
    Object.keys(ACTIONS).map((action, index) => [action, index + 1]),
  );
  const [owner] = await scratch.database.query<{ name: string }>('select session_user as name');
  expect(acts[0]).toMatchObject({ ...act(), by: ANA, login: owner?.name, reason: 'a "reason"\n' });
  expect(Math.abs(Date.parse(acts[0]?.at ?? '') - before)).toBeLessThan(60_000);
  await expect(record(act({ action: 'forget' as Action }))).rejects.toThrow('known_action');
  await expect(record(act({ outcome: 'maybe' as 'ok' }))).rejects.toThrow('known_outcome');
  await expect(record(act({ object: '' }))).rejects.toThrow('whole_body');
  await expect(record(act({ reason: 'x'.repeat(70_000) }))).rejects.toThrow('short_body');
  expect(await count()).toBe(total);
});

test('several at once stay dense, and the database makes the log that its rows give, tiles and all', async () => {
  const before = await count();
  const users = (['reader', 'writer', 'notary'] as const).map((kind) => makeRecorder(as(kind), ANA));
  const numbers = await Promise.all(Array.from({ length: 300 }, (_, index) => users[index % 3]?.(act())));
  expect(numbers.toSorted((a = 0, b = 0) => a - b)).toEqual(
    Array.from({ length: 300 }, (_, index) => before + 1 + index),
  );
  // A name that needs to be written with care, and text that no column can show.
  const odd = 'o\'dd "name"\n\u{1F600}';
  await scratch.database.query(`create role ${quoted(odd)} login password 'p' in role audit_reader`);
  const own = Object.assign(new URL(scratch.url), { username: encodeURIComponent(odd), password: 'p' });
  const database = new Database(own.href, 1);
  await makeRecorder(database, ANA)(act({ arguments: { id: 'a\0b\ud800 \\u0000 \u2028' } }));
  await database.close();
  await scratch.database.query(`drop role ${quoted(odd)}`);
  expect((await readActs(scratch.database, {}, 1)).acts).toMatchObject([
    { login: odd, arguments: { id: 'a\uFFFDb\uFFFD \\u0000 \u2028' } },
  ]);
  const { size, findings } = await verified();
  expect({ size, findings }).toEqual({ size: before + 301, findings: [] });
  const tiles = await scratch.database.query(
    "select level, tile from audit.evidence_tiles where source = 'self-audit'",
  );
  expect(tiles).toEqual([{ level: 0, tile: '0' }]);
});

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const FORBIDDEN = [
  "update audit.self_audit set login = 'somebody'",
  "update audit.self_audit set body = '{}'",
  'delete from audit.self_audit',
  'truncate audit.self_audit',
  "insert into audit.self_audit (sequence, at, login, body, leaf) values (1e9, now(), 'somebody', '{}', '')",
  'update audit.self_audit_head set size = 0',
  'delete from audit.self_audit_head',
  'truncate audit.self_audit_head',
  "insert into audit.evidence_tiles (source, level, tile, hashes) values ('self-audit', 9, 0, '')",
  'alter table audit.self_audit disable trigger all',
  'drop function audit.record_act(json)',
  "create or replace function audit.record_act(body json, out sequence bigint, out at timestamptz, out login text) language sql as 'select 1, now(), null'",
];

test.each(KINDS)('%s changes nothing of the self-audit, and takes nothing out of it', async (kind) => {
  const digest = () =>
    scratch.database.query(`select (select md5(string_agg(a::text, '' order by sequence)) from audit.self_audit a) as rows,
      (select md5(h::text) from audit.self_audit_head h) as head, (select count(*) from audit.evidence_tiles) as tiles`);
  const before = await digest();
  for (const statement of FORBIDDEN) {
    // Whoever lands a source may add tiles; of this log they would be found.
    if (kind === 'writer' && statement.includes('evidence_tiles')) continue;
    const said = await as(kind)
      .query(statement)
      .then(
        () => 'done',
        (thrown: Error) => thrown.message,
      );
    expect([statement, said]).toEqual([statement, expect.stringMatching(/permission denied|must be owner/)]);
  }
  expect(await digest()).toEqual(before);
});

test('nobody writes under the login of somebody else, and an analyst neither writes nor reads', async () => {
  const body = JSON.stringify({ ...act(), by: { ...ANA, name: 'eva' }, login: 'eva' });
  await as('reader').query(`set role audit_reader; select audit.record_act('${body}'); reset role`);
  expect((await readActs(as('officer'), {}, 1)).acts).toMatchObject([
    { login: loginOf('reader'), by: { name: 'eva' } },
  ]);
  await expect(as('analyst').query('select audit.record_act($1)', [body])).rejects.toThrow('permission denied');
  await expect(as('analyst').query('select * from analyst.self_audit')).rejects.toThrow('permission denied');
  const [row] = await as('reader').query('select * from analyst.self_audit order by sequence desc limit 1');
  expect(row).toMatchObject({ login: loginOf('reader'), name: 'eva', action: 'read', row_count: '3' });
});

test('who may not open or erase cannot even say that it is about to', async () => {
  const [open, erase] = [
    act({ action: 'open', object: 'sealed_value', outcome: 'asked' }),
    act({ action: 'erase', object: 'subject', outcome: 'asked' }),
  ];
  const tried = async (kind: Kind, one: OwnAct) =>
    makeRecorder(
      as(kind),
      ANA,
    )(one).then(
      () => 'done',
      () => 'refused',
    );
  const made = [];
  for (const kind of ['reader', 'opener', 'officer'] as const)
    made.push([await tried(kind, open), await tried(kind, erase)]);
  expect(made).toEqual([
    ['refused', 'refused'],
    ['done', 'refused'],
    ['done', 'done'],
  ]);
});

test('no source can have the name of the self-audit', async () => {
  const landed =
    "insert into audit.heads (stage, source, revision, landed, published) values ('normalizer', 'self-audit', 0, 0, 0)";
  await expect(scratch.database.query(landed)).rejects.toThrow('source_is_not_the_self_audit');
});

test('a copy of each act goes to the file, with its number', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'acts-')), 'acts.jsonl');
  const sequence = await makeRecorder(as('reader'), ANA, file)(act());
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    ...act(),
    sequence,
    login: loginOf('reader'),
    by: ANA,
  });
});

test('what the owner of the database changes is found, and where', async () => {
  const found = async (statements: string) => {
    await scratch.database.query(statements);
    return (await verified()).findings;
  };
  await scratch.database.query('create table kept as table audit.self_audit');
  const end = await count();
  const restore =
    'truncate audit.self_audit; insert into audit.self_audit (sequence, at, login, body, leaf) select sequence, at, login, body, leaf from kept';
  for (const [change, first, last] of [
    ["update audit.self_audit set login = 'nobody' where sequence = 200", 200, 200],
    ["update audit.self_audit set at = at + '1 microsecond' where sequence = 201", 201, 201],
    [
      `update audit.self_audit set body = replace(body::text, '"rows":3', '"rows":2')::json where sequence = 250`,
      250,
      250,
    ],
    ['delete from audit.self_audit where sequence between 202 and 205', 202, 205],
    ['delete from audit.self_audit where sequence > 300', 301, end],
    ['truncate audit.self_audit', 1, end],
  ] as const) {
    expect([change, await found(change)]).toEqual([
      change,
      expect.arrayContaining([expect.objectContaining({ source: SELF_AUDIT, first, last })]),
    ]);
    expect(await found(restore)).toEqual([]);
  }
});

/** Fills the log up to this size as if all that had been recorded. */
async function fill(size: number): Promise<void> {
  const stored = await scratch.database.query<{ leaf: Buffer }>('select leaf from audit.self_audit order by sequence');
  const at = '2026-11-21T01:02:03.000004Z';
  const body = JSON.stringify({ ...act(), by: ANA });
  const sequences = Array.from({ length: size - stored.length }, (_, index) => stored.length + 1 + index);
  const made = sequences.map((sequence) => leafHash(actEntry({ sequence, at, login: 'ana', body })));
  await scratch.database.query(
    `insert into audit.self_audit (sequence, at, login, body, leaf)
      select sequence, $1, 'ana', $2, leaf from unnest($3::bigint[], $4::bytea[]) as made (sequence, leaf)`,
    [at, body, sequences, made.map((leaf) => packHashes([leaf]))],
  );
  const { log, tiles } = new TiledLog().append([...stored.map(({ leaf }) => leaf.toString('latin1')), ...made]);
  for (const { level, index, hashes } of tiles)
    await scratch.database.query(
      `insert into audit.evidence_tiles (source, level, tile, hashes) values ('self-audit', $1, $2, $3) on conflict do nothing`,
      [level, index, packHashes(hashes)],
    );
  await scratch.database.query('update audit.self_audit_head set size = $1, frontier = $2', [
    size,
    packHashes(log.range.nodes),
  ]);
}

test('the tree of the database is that of the rows also where tiles fill a tile, and somebody put others in their place before', async () => {
  const forged =
    "insert into audit.evidence_tiles (source, level, tile, hashes) values ('self-audit', $1, $2, 'forged')";
  await as('writer').query(forged, [0, 255]);
  await as('writer').query(forged, [1, 0]);
  expect((await verified()).findings.map(({ what }) => what).sort()).toEqual([
    'tile 0 of level 1 is behind the end of the log',
    'tile 255 of level 0 is behind the end of the log',
  ]);
  await fill(65_535);
  const last = [await record(act()), await record(act())];
  expect(last).toEqual([65_536, 65_537]);
  expect(await verified()).toMatchObject({ size: 65_537, findings: [] });
  const [grown] = await readLogHeads(scratch.database);
  if (!grown) throw new Error('the self-audit has no head');
  const [root] = await makeReadRoots(scratch.database, grown)([{ height: 16, index: 0 }]);
  expect(root).toBe(grown.frontier[0]);
  const tiles = await scratch.database.query(
    "select tile from audit.evidence_tiles where source = 'self-audit' and level = 1",
  );
  expect(tiles).toEqual([{ tile: '0' }]);
});
