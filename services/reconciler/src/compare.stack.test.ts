import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeLogger, makeMetrics } from '@overlay/runtime';
import { makeRecorder, readActs } from '@overlay/storage';
import { makeScratch, type Scratch } from '@overlay/storage/testing';
import { makeCompareWhenDue } from './compare.ts';

const NAME = 'shop';
const OTHER_SERVER = '11111111-2222-3333-4444-555555555555';
let scratch: Scratch;

/** A log that another server filled, and whose last comparison is so long ago that one was missed since. */
beforeAll(async () => {
  scratch = await makeScratch();
  await scratch.database.query(
    "insert into audit.heads (stage, source, revision, landed, published, gtids) values ('normalizer', $1, 1, 9, 9, $2)",
    [NAME, `${OTHER_SERVER}:1-9`],
  );
  await scratch.database.query(
    `insert into audit.reconciliations (source, database_name, table_name, verdict, sequence, source_rows, log_rows, differences, report, compared_at)
      values ($1, $1, 'goods', 'equal', 9, 0, 0, 0, '{}', now() - interval '2 days')`,
    [NAME],
  );
});
afterAll(() => scratch?.drop());

function comparedWith(url: string): Promise<boolean> {
  const { database } = scratch;
  const record = makeRecorder(database, { kind: 'program', name: 'reconciler', program: 'reconciler', version: '0' });
  const settings = { SOURCE_URL: url, RECONCILE_AT: '02:30', RECONCILE_READERS: 1, RECONCILE_ROWS_PER_S: 50_000 };
  return makeCompareWhenDue({
    ...{ name: NAME, database, record, settings, keys: undefined, signal: new AbortController().signal },
    ...{ metrics: makeMetrics(), logger: makeLogger('reconciler', 'silent') },
  })();
}

/** What stands on record of the last comparison, in its order. */
const acts = async () => (await readActs(scratch.database, { action: 'verify' }, 2)).acts;

test('a comparison that fails stands on record with the code of why', async () => {
  const code = 'source.unreachable';
  await expect(comparedWith('mysql://nobody@127.0.0.1:1/shop')).rejects.toMatchObject({ code });
  const [asked, failed] = await acts();
  expect(asked).toMatchObject({ outcome: 'asked', object: 'source', arguments: { source: NAME } });
  expect(failed).toMatchObject({ outcome: 'failed', code, asked: asked?.sequence });
});

test('one that cannot be made stands there as refused, as it does when a person asks for it', async () => {
  const url = Object.assign(new URL(process.env.OVERLAY_TEST_MYSQL_URL ?? ''), { pathname: '/mysql' });
  await comparedWith(url.href);
  const [asked, refused] = await acts();
  expect(asked).toMatchObject({ outcome: 'asked' });
  expect(refused).toMatchObject({ outcome: 'refused', code: 'conflict', asked: asked?.sequence });
});
