import { expect, test } from '@jest/globals';
import { column } from '@overlay/model/testing';
import { makeLogger, makeMetrics } from '@overlay/runtime';
import { makeScratch, makeShopLog } from '@overlay/storage/testing';
import { makeKeepStates } from './keep-states.ts';

const NAME = 'shop';

test('states are kept when it starts and behind a comparison, and metrics say of how many rows', async () => {
  const { database, drop } = await makeScratch();
  try {
    const log = makeShopLog(database);
    const insert = (...ids: readonly number[]) =>
      log.land(
        'goods',
        ids.map((id) => [null, { id: String(id) }]),
      );
    await log.define('create', 'goods', [column('id', 'INT')], ['id']);
    const metrics = makeMetrics();
    const rows = async () => (await metrics.rowStateRows.get()).values.map(({ value }) => value);
    const keepStates = makeKeepStates({
      ...{ name: NAME, database, metrics, signal: new AbortController().signal },
      ...{ logger: makeLogger('reconciler', 'silent'), limits: { changes_min: 2, changes_max: 100 } },
    });
    await insert(1, 2, 3);
    await keepStates(false);
    expect(await rows()).toEqual([3]);
    await insert(4, 5, 6, 7);
    await keepStates(false); // not before tomorrow
    expect(await rows()).toEqual([3]);
    await keepStates(true);
    expect(await rows()).toEqual([7]);
    expect((await metrics.rowStateSeconds.get()).values).toEqual([
      expect.objectContaining({ labels: { source: NAME }, value: expect.any(Number) }),
    ]);
  } finally {
    await drop();
  }
});
