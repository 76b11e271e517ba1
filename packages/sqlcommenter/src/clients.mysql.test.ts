import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import makeKnex, { type Knex } from 'knex';
import mysql from 'mysql2';
import type { RowDataPacket } from 'mysql2/promise';
import { comment, commented } from './comment.ts';
import { commentKnex } from './knex.ts';
import { logStatements, logStatementsAfterCreate } from './statement-texts.ts';

const name = `commented_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
/** Everything that a value could break out with. */
const AWKWARD = 'O\'Neil */ ; -- ? :id `" \\ é🙂';
let owner: ReturnType<mysql.Connection['promise']>;
let url: URL;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const address = process.env.OVERLAY_TEST_MYSQL_URL;
  if (!address) throw new Error('OVERLAY_TEST_MYSQL_URL is not set: run this test through `npm test`');
  url = Object.assign(new URL(address), { pathname: `/${name}` });
  owner = mysql.createConnection({ uri: address }).promise();
  await owner.query(`create database ${name}`);
  await owner.query(`create table ${name}.notes (id int primary key, text varchar(100))`);
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(async () => {
  await owner?.query(`drop database ${name}`);
  await owner?.end();
});

/** The texts of statements that the binary log got meanwhile, of our table. */
async function logged(work: () => Promise<unknown>): Promise<readonly string[]> {
  const [[from]] = await owner.query<RowDataPacket[]>('show binary log status');
  await work();
  const [events] = await owner.query<RowDataPacket[]>(`show binlog events in '${from?.File}' from ${from?.Position}`);
  const texts = events.filter(({ Event_type }) => Event_type === 'Rows_query').map(({ Info }) => String(Info));
  return texts.filter((text) => text.includes('notes')).map((text) => text.replace(/^# /, ''));
}

const refused = (failure: Error): never => {
  throw failure;
};

function pool(options: mysql.PoolOptions = {}) {
  const made = mysql.createPool({ uri: url.href, connectionLimit: 2, ...options });
  logStatements(made, refused);
  ends.push(() => made.promise().end());
  return made.promise();
}

test('mysql2: the first statement of a connection is logged with its comment, whatever stands in it, prepared or not', async () => {
  const context = { actor: AWKWARD };
  const texts = await logged(async () => {
    const connections = pool();
    await connections.query(commented('insert into notes values (?, ?)', context), [1, 'a*/b']);
    await connections.execute(commented('update notes set text = ? where id = ?', context), ['c', 1]);
    await connections.query(commented('insert into notes values ?;', context), [
      [
        [2, 'x'],
        [3, 'y'],
      ],
    ]);
    await pool({ namedPlaceholders: true }).query(commented('delete from notes where id = :id', context), { id: 1 });
  });
  expect(texts).toEqual([
    `insert into notes values (1, 'a*/b')\n${comment(context)}`,
    `update notes set text = 'c' where id = 1\n${comment(context)}`,
    `insert into notes values (2, 'x'), (3, 'y')\n${comment(context)}`,
    `delete from notes where id = 1\n${comment(context)}`,
  ]);
});

function knexOf(contextOf: () => { actor: string }): Knex {
  const knex = makeKnex({
    client: 'mysql2',
    connection: url.href,
    pool: { min: 0, max: 2, afterCreate: logStatementsAfterCreate(refused) },
  });
  commentKnex(knex, contextOf);
  ends.push(() => knex.destroy());
  return knex;
}

test('knex: every statement that it builds has the context of its moment, in transactions too; a raw one what it is given', async () => {
  let actor = AWKWARD;
  const first = comment({ actor }).slice(2, -2);
  const texts = await logged(async () => {
    const knex = knexOf(() => ({ actor }));
    await knex('notes').insert({ id: 10, text: 'what ? /* */' });
    await knex('notes').insert({ id: 10, text: 'b' }).onConflict().merge();
    actor = '7';
    await knex.transaction(async (within) => {
      await within('notes').where({ id: 10 }).update({ text: 'c' });
      await within.raw(commented('update notes set text = ? where id = 10', { actor }), ['d']);
    });
    await knex('notes').where({ id: 10 }).delete();
  });
  expect(texts.map((text) => text.replaceAll('`', ''))).toEqual([
    `/* ${first} */ insert into notes (id, text) values (10, 'what ? /* */')`,
    `/* ${first} */ insert into notes (id, text) values (10, 'b') on duplicate key update id = values(id), text = values(text)`,
    "/* actor='7' */ update notes set text = 'c' where id = 10",
    "update notes set text = 'd' where id = 10\n/*actor='7'*/",
    "/* actor='7' */ delete from notes where id = 10",
  ]);
});

test('an account that may not ask for texts is told so, and its statements go on', async () => {
  await owner.query(`create user '${name}'@'%' identified by 'secret'`);
  await owner.query(`grant all on ${name}.* to '${name}'@'%'`);
  try {
    const refusals: Error[] = [];
    const uri = Object.assign(new URL(url), { username: name, password: 'secret' }).href;
    const connections = mysql.createPool({ uri });
    logStatements(connections, (failure) => refusals.push(failure));
    const texts = await logged(() =>
      connections.promise().query(commented('insert into notes values (20, 1)', { actor: 7 })),
    );
    await connections.promise().end();
    expect(texts).toEqual([]);
    expect(refusals.map(({ message }) => message)).toEqual([expect.stringContaining('SESSION_VARIABLES_ADMIN')]);
  } finally {
    await owner.query(`drop user '${name}'@'%'`);
  }
});
