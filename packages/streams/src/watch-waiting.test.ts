import { expect, test } from '@jest/globals';
import type { Waiting } from '@overlay/model';
import { Health, makeLogger, makeMetrics } from '@overlay/runtime';
import { makeWatchWaiting } from './watch-waiting.ts';

const waitingFor = (subject: string, records: number): Waiting => ({ subject, records, since: 1000, last: 2000 });

function watch() {
  const noted: (Waiting | null)[] = [];
  const health = new Health(makeLogger('test', 'error'), []);
  const metrics = makeMetrics();
  let now = 1_000_000;
  const noteWaiting = async (_source: string, waiting: Waiting | null) => {
    noted.push(waiting);
  };
  const look = makeWatchWaiting(
    'normalizer',
    { noteWaiting },
    { health, metrics, config: { WAITING_ALARM_S: 60 } },
    () => now,
  );
  return {
    noted,
    health,
    seconds: async () => (await metrics.waitingSeconds.get()).values[0]?.value,
    /** Looks every two seconds for some time. */
    async during(seconds: number, waiting: Waiting | undefined, source = 'shop') {
      for (const end = now + seconds * 1000; now < end; now += 2000) await look([{ source, waiting }]);
    },
  };
}

test('what waits is noted after five seconds, every few seconds, and cleared when it is whole', async () => {
  const { during, noted } = watch();
  await during(2, undefined);
  expect(noted).toEqual([null]); // what an earlier life may have left
  await during(6, waitingFor('a:1', 3));
  expect(noted).toHaveLength(1);
  await during(8, waitingFor('a:1', 4));
  expect(noted).toEqual([null, waitingFor('a:1', 4), waitingFor('a:1', 4)]);
  await during(10, undefined);
  expect(noted.slice(3)).toEqual([null]);
});

test('transactions that come and go are never noted', async () => {
  const { during, noted, health } = watch();
  for (let each = 0; each < 50; each++) await during(4, waitingFor(`a:${each}`, 3));
  expect([noted, health.isReady]).toEqual([[], true]);
});

test('it is an alarm when nothing comes for a minute, and no more when something does', async () => {
  const { during, health, seconds } = watch();
  for (let records = 1; records < 60; records++) await during(2, waitingFor('a:1', records));
  expect([health.isReady, await seconds()]).toEqual([true, 0]);
  await during(58, waitingFor('a:1', 59));
  expect(health.isReady).toBe(true);
  await during(10, waitingFor('a:1', 59));
  expect([health.isReady, await seconds()]).toEqual([false, 68]);
  expect(health.report()['transaction of shop']?.detail).toBe(
    'a:1 is not whole: 59 records came of it, the last 68 s ago',
  );
  await during(2, waitingFor('a:1', 60));
  expect(health.isReady).toBe(true);
  await during(70, waitingFor('a:1', 60));
  await during(2, undefined, 'another source that this copy has got instead');
  expect(health.isReady).toBe(true);
});
