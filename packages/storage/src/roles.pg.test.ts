import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { digestOf } from './testing/roles/digest.ts';
import { type Intrusion, intrusionsAnywhere, intrusionsOn } from './testing/roles/intrusions.ts';
import { keys, type Place, record } from './testing/roles/places.ts';
import { type SeededTable, seedTables } from './testing/roles/tables.ts';
import type { Scratch } from './testing/scratch.ts';

/** What a role is kept from at least. */
const FORBIDDEN_MIN = 35;
const PREFIX = `test_${randomUUID().slice(0, 8)}`;
const FILE = join(tmpdir(), PREFIX);
const PLACES = [record, keys];
const ROLES = [...new Set(PLACES.flatMap(({ rights }) => Object.keys(rights)))];
const NOBODY = 'other';
const loginOf = (role: string): string => `${PREFIX}_${role}`;

/** A database under attack. */
interface Scene {
  readonly scratch: Scratch;
  readonly owner: pg.Client;
  /** Somebody else's connection. */
  readonly bystander: pg.Client;
  readonly bystanderPid: number;
  readonly tables: readonly SeededTable[];
}

let server: pg.Client;
const scenes = new Map<Place, Scene>();

async function connect(url: string | undefined, user?: string): Promise<pg.Client> {
  const own = new URL(url ?? '');
  if (user !== undefined) [own.username, own.password] = [user, 'x'];
  const client = new pg.Client(own.href);
  client.on('error', () => {}); // the owner ends one of them
  await client.connect();
  return client;
}

beforeAll(async () => {
  server = await connect(process.env.OVERLAY_TEST_POSTGRES_URL);
  for (const place of PLACES) {
    const scratch = await place.make();
    const owner = await connect(scratch.url);
    const tables: SeededTable[] = [];
    for (const schema of place.schemas) tables.push(...(await seedTables(owner, schema)));
    const bystander = await connect(scratch.url);
    const { rows } = await bystander.query<{ pid: number }>('select pg_backend_pid() as pid');
    scenes.set(place, { scratch, owner, bystander, bystanderPid: rows[0]?.pid ?? 0, tables });
  }
  for (const role of ROLES) await server.query(`create role "${loginOf(role)}" login password 'x' in role ${role}`);
  await server.query(`create role "${loginOf(NOBODY)}" login password 'x'`);
});

afterAll(async () => {
  for (const { scratch, owner, bystander } of scenes.values()) {
    await Promise.all([bystander.end(), owner.end()]);
    await scratch.drop();
  }
  for (const role of [...ROLES, NOBODY]) await server.query(`drop role if exists "${loginOf(role)}"`);
  await server.end();
});

function sceneOf(place: Place): Scene {
  const scene = scenes.get(place);
  if (!scene) throw new Error('the database was not made');
  return scene;
}

const digest = (place: Place, table?: string): Promise<readonly string[]> => {
  const { owner, bystanderPid } = sceneOf(place);
  return digestOf(owner, { prefix: PREFIX, file: FILE, victim: bystanderPid }, table);
};

/** Everything that is tried. */
function intrusionsOf(place: Place, group: string): readonly Intrusion[] {
  const { owner, scratch, tables, bystanderPid } = sceneOf(place);
  const anywhere = intrusionsAnywhere({
    ...place.aim,
    database: scratch.name,
    owner: owner.user ?? '',
    group,
    prefix: PREFIX,
    file: FILE,
    victim: bystanderPid,
  });
  const also = place.also.map((sql) => ({ name: sql, sql }));
  return [...tables.flatMap(intrusionsOn), ...also, ...anywhere];
}

/** Undefined when it was not refused. */
async function refusal(client: pg.Client, sql: string): Promise<string | undefined> {
  try {
    await client.query(sql);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

const isCalled = (name: string, right: string): boolean => name === right || new RegExp(`^${right}$`).test(name);

const differences = (before: readonly string[], after: readonly string[]): readonly string[] => [
  ...before.filter((line) => !after.includes(line)),
  ...after.filter((line) => !before.includes(line)),
];

describe.each([
  ['record', record],
  ['keys', keys],
])('in the database of the %s', (_, place) => {
  test.each(Object.entries(place.rights))(
    '%s can do its work, and nothing else has any effect',
    async (role, rights) => {
      const { scratch, owner } = sceneOf(place);
      const isRight = ({ name }: Intrusion): boolean => rights.some((right) => isCalled(name, right));
      const client = await connect(scratch.url, loginOf(role));
      const all = intrusionsOf(place, role);
      const forbidden = all.filter((one) => !isRight(one));
      expect(forbidden.length).toBeGreaterThanOrEqual(FORBIDDEN_MIN);
      const effects: unknown[] = [];
      const first = await digest(place);
      let before = first;
      for (const { name, sql, isDoneWhenAllowed } of forbidden) {
        if ((await refusal(client, sql)) !== undefined) continue;
        const after = await digest(place);
        if (isDoneWhenAllowed || differences(before, after).length > 0)
          effects.push([name, differences(before, after)]);
        before = after;
      }
      await client.end();
      expect(effects).toEqual([]);
      expect(differences(first, await digest(place))).toEqual([]); // what was refused had none either

      const work = all.filter(isRight);
      for (const { name, sql } of work) {
        await owner.query(`begin; set local role "${loginOf(role)}"`);
        expect([name, await refusal(owner, sql)]).toEqual([name, undefined]);
        await owner.query('rollback');
      }
      expect(rights.filter((right) => !work.some(({ name }) => isCalled(name, right)))).toEqual([]);
    },
  );

  test('who has no role here cannot connect', async () => {
    const { scratch } = sceneOf(place);
    for (const role of [...ROLES, NOBODY].filter((one) => !Object.hasOwn(place.rights, one)))
      await expect(connect(scratch.url, loginOf(role))).rejects.toThrow('permission denied for database');
  });

  test('each statement has an effect that is seen when the owner is not kept from it', async () => {
    const { owner } = sceneOf(place);
    const unseen: unknown[] = [];
    const before = new Map<string | undefined, readonly string[]>();
    for (const { name, sql, table, isDoneWhenAllowed, outside } of intrusionsOf(place, 'audit_officer')) {
      const known = before.get(table) ?? (await digest(place, table));
      before.set(table, known);
      if (!outside) await owner.query('begin; set local session_replication_role = replica');
      const refused = await refusal(owner, sql);
      if (refused !== undefined) unseen.push([name, refused]);
      else if (!isDoneWhenAllowed && differences(known, await digest(place, table)).length === 0) unseen.push(name);
      await owner.query(outside ? (outside.undo ?? 'select') : 'rollback');
      if (outside) before.clear();
    }
    expect(unseen).toEqual([]);
  });
});
