import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type SubjectKey, sealValues } from '@overlay/sealing';
import { Database } from './database.ts';
import { type FoundKey, KeyStore, SubjectHeld } from './key-store.ts';
import { makeKeyScratch, type Scratch } from './testing/scratch.ts';

const MASTER = Buffer.alloc(32, 1).toString('base64');
const OTHER_MASTER = Buffer.alloc(32, 2).toString('base64');
let scratch: Scratch;
beforeAll(async () => {
  scratch = await makeKeyScratch();
});
afterAll(() => scratch?.drop());

const storeOf = (master = MASTER, database = scratch.database) => new KeyStore(database, master);
const tokenOf = (key: FoundKey | undefined): string => (typeof key === 'object' ? key.tokenize('x') : String(key));

test('several that make a key at once get the same one', async () => {
  const ids = Array.from({ length: 20 }, () => randomUUID());
  await storeOf().domainKey('shop');
  const stores = Array.from({ length: 9 }, () => storeOf());
  const found = await Promise.all(
    stores.map(async (store, index) => {
      const some = ids.slice(index, index + 12);
      const keys = await store.subjectKeys('shop', some);
      const { tokenize, subjectId } = await store.domainKey('shop');
      expect([...keys.keys()].sort()).toEqual([...some].sort());
      return { keys, domain: tokenize('x') + subjectId('x') };
    }),
  );
  expect(new Set(found.map(({ domain }) => domain)).size).toBe(1);
  for (const id of ids)
    expect(new Set(found.flatMap(({ keys }) => (keys.has(id) ? [tokenOf(keys.get(id))] : []))).size).toBe(1);
  expect(new Set(ids.map((id) => tokenOf(found.find(({ keys }) => keys.has(id))?.keys.get(id)))).size).toBe(ids.length);
});

test('what is stored is no key, and opens under its name and a master key that wrapped it only', async () => {
  const [id, other] = [randomUUID(), randomUUID()];
  const keys = await storeOf().subjectKeys('shop', [id, other]);
  expect((await storeOf(`${OTHER_MASTER}\n${MASTER}\n`).findSubjectKeys([id])).has(id)).toBe(true);
  await expect(storeOf(OTHER_MASTER).findSubjectKeys([id])).rejects.toMatchObject({ code: 'keys.other_master' });
  await scratch.database.query(
    `update audit_keys.subject_keys k set wrapped = o.wrapped from audit_keys.subject_keys o
      where k.subject_id = $1 and o.subject_id = $2`,
    [id, other],
  );
  await expect(storeOf().findSubjectKeys([id])).rejects.toMatchObject({ code: 'keys.other_master' });
  expect(tokenOf(keys.get(id))).not.toBe(tokenOf(keys.get(other)));
});

test('a destroyed key is not made again, and a held one is not destroyed', async () => {
  const [gone, held] = [randomUUID(), randomUUID()];
  const keys = await storeOf().subjectKeys('shop', [gone, held]);
  const before = keys.get(gone) as SubjectKey;
  expect(before).toMatchObject({ id: gone });
  const destroy = (id: string) =>
    scratch.database.query(
      'update audit_keys.subject_keys set master = null, wrapped = null, destroyed_at = now() where subject_id = $1',
      [id],
    );
  await scratch.database.query(
    "insert into audit_keys.holds (hold_id, subject_id, reason, placed_by) values ($1, $2, 'a case', 'an auditor')",
    [randomUUID(), held],
  );
  await expect(destroy(held)).rejects.toThrow('the subject is held');
  await destroy(gone);
  expect([...(await storeOf().subjectKeys('shop', [gone, held])).values()]).toEqual(
    expect.arrayContaining(['destroyed', expect.objectContaining({ id: held })]),
  );
  await expect(
    scratch.database.query(
      "update audit_keys.subject_keys set master = 'x', wrapped = 'x', destroyed_at = null where subject_id = $1",
      [gone],
    ),
  ).rejects.toThrow('a destroyed key stays destroyed');
  expect(sealValues(before, (await storeOf().domainKey('shop')).noncesOf('s', 't'), 'e', {}).subject).toBe(gone);
});

test('a key is not destroyed while somebody places a hold', async () => {
  const id = randomUUID();
  await storeOf().subjectKeys('shop', [id]);
  const holding = new Database(scratch.url, 1);
  const erasing = new Database(scratch.url, 1);
  let destroyed: Promise<unknown> = Promise.resolve();
  await holding.transaction(async (client) => {
    await client.query(
      "insert into audit_keys.holds (hold_id, subject_id, reason, placed_by) values ($1, $2, 'a case', 'an auditor')",
      [randomUUID(), id],
    );
    destroyed = storeOf(MASTER, erasing).destroy(id);
    destroyed.catch(() => {});
    await waitsForLock();
  });
  await expect(destroyed).rejects.toBeInstanceOf(SubjectHeld);
  await Promise.all([holding.close(), erasing.close()]);
});

/** Until somebody in this database waits for a lock. */
async function waitsForLock(): Promise<void> {
  for (;;) {
    const waiting = await scratch.database.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if (waiting.length > 0) return;
  }
}

test('a database of keys that is away is a trouble of its own', async () => {
  const away = new Database('postgres://127.0.0.1:1/none', 1);
  await expect(storeOf(MASTER, away).domainKey('shop')).rejects.toMatchObject({
    code: 'keys.unreachable',
    isRetryable: true,
  });
  await away.close();
});
