import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { landSensitiveColumns, readSensitiveColumns } from './sensitive-columns.ts';
import { makeScratch, type Scratch } from './testing/scratch.ts';

let scratch: Scratch;
beforeAll(async () => {
  scratch = await makeScratch();
});
afterAll(() => scratch?.drop());

const head = { stage: 'normalizer', source: 'shop', revision: 1, landed: 7, published: 7, position: null, gtids: '' };
const told = async () =>
  (await readSensitiveColumns(scratch.database)).map(({ table, column, why }) => [table, column, why]);

/** Puts a version in force that says these things of tables. */
async function activate(version: number, tables: unknown): Promise<void> {
  await scratch.database.query(
    "insert into audit.pack_versions (name, version, digest, content, offered_by) values ('shop', $1, $2, $3, 'a test')",
    [version, `digest ${version}`, JSON.stringify({ tables })],
  );
  await scratch.database.query(
    "insert into audit.pack_activations (source, activation, from_sequence, name, version) values ('shop', $1, $1, 'shop', $1)",
    [version],
  );
}

test('a column that looks sensitive is told once, until the newest pack says something of it, whatever its capitals', async () => {
  const place = { database: 'shop', table: 'people' };
  const sensitive = [
    { ...place, column: 'Email', why: 'name' },
    { ...place, column: 'account', why: 'iban' },
    { ...place, table: 'cards', column: 'number', why: 'card' },
  ] as const;
  for (let times = 0; times < 2; times++)
    await scratch.database.transaction((client) => landSensitiveColumns(client, { head, sensitive }));
  const all = [
    ['cards', 'number', 'card'],
    ['people', 'Email', 'name'],
    ['people', 'account', 'iban'],
  ];
  expect((await told()).sort()).toEqual(all);
  await activate(1, { people: { key: ['id'] } });
  expect((await told()).sort()).toEqual(all);
  await activate(2, { people: { key: ['id'], columns: { email: { policy: 'drop' }, account: { policy: 'clear' } } } });
  expect(await told()).toEqual([['cards', 'number', 'card']]);
  await activate(3, {});
  expect((await told()).sort()).toEqual(all);
});
