import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Anomaly } from '@overlay/model';
import { identify } from '@overlay/model/testing';
import { loadPack } from '@overlay/packs/load';
import { makeScore } from './score.ts';
import { anomaliesOf, chanceOf, type EventSpec, record, recordsOf, runScore } from './testing/events.ts';

const pack = await loadPack(join(import.meta.dirname, '../../../packs/pharmacy'));
const score = makeScore(pack, identify);

const BRANCHES = 20;
const DAYS = 30;
/** Lima is five hours behind UTC. */
const localMinute = (day: number, hour: number) => day * 1440 + (hour + 5) * 60;
const clockText = (minute: number) =>
  new Date(Date.UTC(2026, 2, 1) + (minute - 300) * 60_000).toISOString().slice(0, 19).replace('T', ' ');

function adjustment(
  minute: number,
  branch: number,
  product: number,
  delta: number,
  reason: string,
  old = 60,
): EventSpec {
  const hour = Number(clockText(minute).slice(11, 13));
  return {
    type: 'inventory.adjustment',
    minute,
    payload: {
      branch_id: `${branch}`,
      branch: `Branch ${branch}`,
      product_id: `${product}`,
      product: `Product ${product}`,
      old_qty: `${old}`,
      new_qty: `${old + delta}`,
      delta: `${delta}`,
      reason,
      after_hours: hour < 8 || hour >= 21,
      occurred_at: clockText(minute),
    },
  };
}

const RANKS = ['cashier', 'manager', 'warehouse', 'admin'];
function roleChange(minute: number, user: number, from: string, to: string, by = 1): EventSpec {
  return {
    type: 'user.role_changed',
    minute,
    actor: { id: `${by}`, label: `user.${by}`, grade: 'inferred' },
    payload: {
      user_id: `${user}`,
      username: `user.${user}`,
      branch: 'Branch 1',
      old_role_id: `${RANKS.indexOf(from)}`,
      old_role: from,
      new_role_id: `${RANKS.indexOf(to)}`,
      new_role: to,
      self: by === user,
      named_before: false,
      after_hours: false,
    },
  };
}

/** A month without trouble: small corrections of every kind, thefts by day, promotions by an admin, a month-end count and an expiry. */
function normalMonth(seed: number, branches = 6): EventSpec[] {
  const chance = chanceOf(seed);
  const whole = (below: number) => Math.floor(chance() * below);
  const events: EventSpec[] = [];
  for (let day = 0; day < DAYS; day++) {
    for (let branch = 1; branch <= branches; branch++) {
      for (let left = whole(12); left > 0; left--) {
        const reason = ['DAMAGE', 'COUNT', 'DAMAGE', 'COUNT', 'SUPPLIER_ERROR', 'OTHER', 'THEFT'][whole(7)] ?? 'COUNT';
        const size = 1 + Math.floor(-Math.log(1 - chance()) * 3);
        const delta = reason === 'COUNT' && chance() < 0.4 ? size : -size;
        events.push(
          adjustment(localMinute(day, 8 + chance() * 12.9), branch, whole(500), delta, reason, 20 + whole(100)),
        );
      }
      if (day === 29)
        for (let n = 0; n < 25; n++) events.push(adjustment(localMinute(day, 19), branch, n, -whole(6), 'COUNT'));
      if (chance() < 0.02) events.push(adjustment(localMinute(day, 22), branch, 7, -1 - whole(5), 'DAMAGE'));
    }
    events.push(adjustment(localMinute(day, 10), 1 + whole(branches), whole(500), -12 - whole(12), 'OTHER', 90));
    if (chance() < 0.5)
      events.push(roleChange(localMinute(day, 11), 100 + day, 'cashier', ['manager', 'warehouse'][whole(2)] ?? ''));
  }
  return events;
}

const month = normalMonth(4);

const thefts = (day: number, branch: number, count: number): EventSpec[] =>
  Array.from({ length: count }, (_, index) =>
    adjustment(localMinute(day, 23 + index * 0.5), branch, 40 + index, -(4 + index), 'THEFT'),
  );

/** A branch where nothing normal happens, so that what is found there is what was put there. */
const PLACE = 33;
const found = (events: readonly EventSpec[]) => anomaliesOf(runScore(score, recordsOf(events)).outcomes);
const foundThere = (events: readonly EventSpec[]) =>
  found(events).filter(({ features: { said } }) => JSON.stringify(said).includes(`"Branch ${PLACE}"`));

test.each([1, 2, 3])('a month without trouble is quiet, seed %d', (seed) => {
  const noise = found(normalMonth(seed, BRANCHES));
  expect(noise.length / (BRANCHES * DAYS)).toBeLessThan(0.005);
});

test.each([4, 5, 6, 7])('%d thefts in one night are told once or twice, not each', (count) => {
  const anomalies = foundThere([...month, ...thefts(20, PLACE, count)]);
  expect(anomalies.map(({ severity }) => severity)).toEqual(count < 6 ? ['high'] : ['high', 'critical']);
  for (const anomaly of anomalies) {
    Anomaly.parse(anomaly);
    expect(anomaly).toMatchObject({
      entityType: 'branch',
      entityId: '33',
      entityLabel: 'Branch 33',
      detector: 'branch.after-hours-losses',
    });
    expect(anomaly.businessEventIds).toHaveLength(anomaly.observed);
  }
  expect(anomalies[0]?.reasons).toEqual([
    '3 losses booked as theft or other at Branch 33 in the night of 2026-03-21, while it was closed (open 08:00 to 21:00); 15 units are gone.',
    'The latest was booked by user.9 at 2026-03-22 00:00.',
    expect.stringMatching(/^About 0\.0\d+ such bookings a night are usual here\.$/),
  ]);
});

test('the night before and the night after are counted apart; one at a time is nothing', () => {
  const lonely = Array.from({ length: 6 }, (_, index) =>
    adjustment(localMinute(3 * index, 23), 4, 9, -5, 'THEFT'),
  ).concat(adjustment(localMinute(9, 1), 4, 9, -5, 'THEFT'));
  expect(found(lonely)).toEqual([]);
  expect(found([...thefts(3, 6, 4), ...thefts(4, 6, 4)]).map(({ features }) => features.count)).toEqual([3, 3]);
});

test('thefts that are committed by day but written down for the night count', () => {
  const written = thefts(20, PLACE, 4).map((event, index) => ({ ...event, minute: localMinute(21, 10) + index }));
  expect(foundThere([...month, ...written])).toEqual([
    expect.objectContaining({ family: 'branch', entityId: '33', severity: 'high' }),
  ]);
});

test('a large loss is found on the first day and after a month, and is not learned from', () => {
  const loss = (day: number) => adjustment(localMinute(day, 15), PLACE, 77, -190, 'OTHER', 210);
  const anomalies = foundThere([...month, loss(0), loss(15), loss(29)]);
  expect(anomalies.map(({ detector, entityId, severity }) => [detector, entityId, severity])).toEqual([
    ['inventory.large-loss', '77', 'critical'],
    ['inventory.large-loss', '77', 'critical'],
    ['inventory.large-loss', '77', 'critical'],
  ]);
  const [first, , last] = anomalies;
  expect(last?.expected).toBeLessThan(6);
  expect((last?.score ?? 0) + 0.5).toBeGreaterThan(first?.score ?? 0);
  expect(first?.reasons).toEqual([
    'Product 77 at Branch 33 lost 190 units in one adjustment booked as OTHER by user.9 at 2026-03-01 15:00, with no sale in the transaction.',
    'The adjustment took the stock from 210 to 20, four fifths of it or more.',
    expect.stringMatching(
      /^A usual loss here is about [\d.]+ units; one this large is expected about once in [\d,]+ adjustments\.$/,
    ),
  ]);
});

test('a large loss that a sale explains, or that is booked as one, is none', () => {
  const loss = adjustment(0, 3, 77, -190, 'OTHER', 210);
  const sale = { type: 'sale.completed', minute: 0, payload: {} };
  expect(anomaliesOf(runScore(score, [record(1, [loss, sale])]).outcomes)).toEqual([]);
  expect(found([adjustment(0, 3, 77, -190, 'SALE', 210)])).toEqual([]);
  expect(found([loss])).toHaveLength(1);
});

test('who gives themselves a role is found without any history; what an admin does by day is not', () => {
  expect(found([roleChange(700, 9, 'cashier', 'admin', 9)])).toEqual([
    expect.objectContaining({
      detector: 'user.role-change',
      entityId: '9',
      entityLabel: 'user.9',
      severity: 'critical',
      pValue: null,
      reasons: [
        'user.9 changed the role of user.9 from cashier to admin at 2026-03-01 06:40.',
        'user.9 gave this role to themselves.',
        'This kind of change was seen 0 times among 0 role changes before.',
      ],
    }),
  ]);
  const roles = (event: EventSpec) => found([...month, event]).filter(({ family }) => family === 'user');
  expect(roles(roleChange(localMinute(25, 12), 9, 'manager', 'cashier'))).toEqual([]);
  expect(roles(roleChange(localMinute(25, 12), 9, 'cashier', 'admin', 9))).toHaveLength(1);
});

test('who may have given themselves a role, because the row named them before, is told as one who may', () => {
  const change = roleChange(localMinute(25, 12), 9, 'cashier', 'manager', 9);
  const perhaps = { ...change, payload: { ...change.payload, named_before: true } };
  expect(found([...month, perhaps]).filter(({ family }) => family === 'user')).toEqual([
    expect.objectContaining({
      severity: 'high',
      reasons: expect.arrayContaining([
        'The row names user.9 themselves, as it did before: they may have given this role to themselves.',
      ]),
    }),
  ]);
});

test('every number that people read stands in the record', () => {
  const anomalies = found([
    ...month,
    ...thefts(20, PLACE, 7),
    adjustment(localMinute(21, 12), PLACE, 77, -190, 'OTHER', 210),
    roleChange(localMinute(22, 12), 9, 'cashier', 'admin', 9),
  ]);
  expect(anomalies.length).toBeGreaterThanOrEqual(4);
  for (const { reasons, features } of anomalies) {
    const said = Object.values(features.said ?? {}).join(' ');
    for (const [number] of reasons.join(' ').matchAll(/\d[\d,.:]*\d|\d/g)) expect(said).toContain(number);
  }
});

test('replays, restarts and other batches give the same anomalies and the same memory', () => {
  const records = recordsOf([
    ...month,
    ...thefts(12, PLACE, 7),
    adjustment(localMinute(14, 9), PLACE, 77, -190, 'COUNT', 200),
  ]);
  const whole = runScore(score, records);
  expect(anomaliesOf(whole.outcomes).length).toBeGreaterThanOrEqual(3);
  for (const every of [1, 7, 500]) expect(runScore(score, records, every)).toEqual(whole);
});
