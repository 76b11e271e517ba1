import { expect, test } from '@jest/globals';
import type { DenseRecord } from '@overlay/model';
import { identify } from '@overlay/model/testing';
import { parsePack } from '@overlay/packs';
import fc from 'fast-check';
import { makeScore } from './score.ts';
import { anomaliesOf, record, runScore } from './testing/events.ts';

const TEXT = `
name: clinic
version: 1
title: Clinic
timeZone: UTC
currency: EUR
openingHours: { default: { open: "08:00", close: "18:00" } }
tables: { people: { key: [id], label: name }, visits: { key: [id] } }
actors: { labels: people, columns: [] }
rules:
  - id: visit.billed
    version: 1
    event: visit.billed
    anchor: { table: visits, operations: [INSERT] }
    entity: { type: visit, id: after.id }
    payload: { visit: after.id, room: after.room, amount: after.amount, from: after.old, to: after.new, at: after.at }
detectors:
  - id: dear
    version: 4
    family: bills
    method: large_value
    event: visit.billed
    where: payload.amount != null
    entity: { type: visit, id: payload.visit, label: payload.room }
    value: double(payload.amount)
    series: { room: payload.room }
    prior: { typical: 10, spread: 0.5, strength: 5 }
    halfLifeDays: 7
    severity: { low: 3, medium: 4, high: 5, critical: 6 }
    policies: [{ id: round, when: value == 1000.0, weight: 5, severity: critical, reason: It is a round sum. }]
    reasons: ["{room} was billed {value} by {actor}, usually {typical}; {room|visit}."]
  - id: change
    version: 1
    family: changes
    method: rare_change
    event: visit.billed
    where: payload.to != null
    entity: { type: visit, id: payload.visit, label: payload.room }
    from: payload.from
    to: payload.to
    prior: { kinds: 3, strength: 1 }
    ranks: { a: 1, b: 5 }
    weightPerRank: 1
    halfLifeDays: 30
    severity: { low: 2, medium: 4, high: 5, critical: 6 }
    reasons: ["{from} to {to}, {seen} of {total}."]
  - id: night
    version: 1
    family: nights
    method: closed_hours
    event: visit.billed
    where: payload.at != null
    entity: { type: room, id: payload.room, label: payload.room }
    place: payload.room
    times: [payload.at, time]
    countMin: 2
    prior: { rate: 0.1, strength: 10 }
    halfLifeDays: 7
    severity: { low: 2, medium: 3, high: 4, critical: 5 }
    reasons: ["{count} in the night of {since}."]
report: { sections: [] }
`;
const parsed = parsePack(TEXT, 'clinic.yaml');
if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'));
const score = makeScore(parsed.pack, identify);

const visit = (minute: number, amount: string | null, more: Record<string, string | null> = {}) => ({
  type: 'visit.billed',
  minute,
  payload: { visit: 'v', room: 'r1', amount, from: null, to: null, at: null, ...more },
});

test('every record gives one record, and only what is strange is told', () => {
  const records = [
    record(1, []),
    record(2, [visit(1, '10')]),
    record(3, [visit(2, '1000')]),
    record(4, [visit(3, '9000')]),
  ];
  const { outcomes } = runScore(score, records);
  expect(
    outcomes.map(({ verdict }) => verdict.kind === 'emit' && [verdict.out.sequence, verdict.out.items.length]),
  ).toEqual([
    [1, 0],
    [2, 0],
    [3, 1],
    [4, 1],
  ]);
  expect(anomaliesOf(outcomes)).toEqual([
    expect.objectContaining({
      anomalyId: identify('shop', 'dear', identify('gtid:3', '0')),
      detectorVersion: 4,
      severity: 'critical',
      observed: 1000,
      reasons: ['r1 was billed 1,000 by user.9, usually 10; r1.', 'It is a round sum.'],
    }),
    expect.objectContaining({ features: expect.objectContaining({ policies: {} }) }),
  ]);
});

test('a baseline follows its series, and forgets in the time of the events', () => {
  const days = (count: number) => count * 1440;
  const dear = (start: number, room: string) =>
    Array.from({ length: 40 }, (_, index) => visit(start + index, '60', { room }));
  const ask = (minute: number) => visit(minute, '250', { room: 'r2' });
  const scoreAfter = (...specs: Parameters<typeof record>[1][]) =>
    anomaliesOf(
      runScore(
        score,
        specs.flat().map((spec, index) => record(index + 1, [spec])),
      ).outcomes,
    ).at(-1)?.score;
  const fresh = scoreAfter([ask(0)]) ?? 0;
  expect(fresh).toBeGreaterThan(3);
  expect(scoreAfter(dear(0, 'r2'), [ask(50)])).toBeUndefined();
  expect(scoreAfter(dear(0, 'r2'), [ask(days(120))])).toBeCloseTo(fresh, 2);
});

test('an event that lacks what a detector needs is a fault of that detector alone, told without values', () => {
  const bad = visit(1, 'SECRET', { from: 'a', to: 'b' });
  const { outcomes } = runScore(score, [record(1, [bad, bad])]);
  expect(anomaliesOf(outcomes).map(({ detector }) => detector)).toEqual(['change', 'change']);
  expect(outcomes[0]?.verdict).toMatchObject({
    faults: [
      {
        code: 'detector.failed',
        detail:
          'detector dear version 4 could not be evaluated on an event of type visit.billed (double_conversion_error)',
        sequence: 1,
      },
    ],
  });
  const night = runScore(score, [record(1, [visit(1, '10', { at: 'soon' })])]).outcomes[0]?.verdict;
  expect(night).toMatchObject({ faults: [{ detail: expect.stringContaining('times: not_a_time') }] });
});

test('a change that becomes usual is no longer told', () => {
  const change = (minute: number) => visit(minute, null, { from: 'b', to: 'a' });
  const rare = visit(200, null, { from: 'a', to: 'c' });
  const usual = Array.from({ length: 60 }, (_, index) => change(index));
  const records = [...usual, rare].map((spec, index) => record(index + 1, [spec]));
  expect(anomaliesOf(runScore(score, records).outcomes)).toEqual([
    expect.objectContaining({
      detector: 'change',
      reasons: ['a to c, 0 of 60.'],
      features: expect.objectContaining({ total: 60 }),
    }),
  ]);
});

test('a place where much happens at night learns it, unless it was told of', () => {
  const nightly = Array.from({ length: 30 }, (_, day) =>
    visit(day * 1440 + 20 * 60, null, { at: `2026-03-01 20:00` }),
  ).map((spec, day) => ({
    ...spec,
    payload: { ...spec.payload, at: new Date(Date.UTC(2026, 2, 1 + day, 20)).toISOString() },
  }));
  const records = nightly.map((spec, index) => record(index + 1, [spec]));
  const { outcomes, memory } = runScore(score, records);
  expect(anomaliesOf(outcomes)).toEqual([]);
  expect(JSON.parse(memory.get('night:place:r1') ?? '')).toMatchObject({ count: 1, learned: expect.any(Number) });
  expect(JSON.parse(memory.get('night:place:r1') ?? '').learned).toBeGreaterThan(8);
});

test('commit times that run backwards do not raise what has faded, and stay in the open night', () => {
  const at = (hour: number) => new Date(Date.UTC(2026, 2, 2, hour)).toISOString();
  const specs = [visit(5000, '10', { at: at(20) }), visit(10, '12', { at: at(1) }), visit(20, '9', { at: at(20) })];
  const { memory, outcomes } = runScore(
    score,
    specs.map((spec, index) => record(index + 1, [spec])),
  );
  expect(JSON.parse(memory.get('night:place:r1') ?? '')).toMatchObject({ count: 3, since: '2026-03-02' });
  expect(JSON.parse(memory.get('dear:all') ?? '')).toMatchObject({ weight: 3, at: '2026-03-04T11:20:00.000000Z' });
  expect(anomaliesOf(outcomes)).toHaveLength(2);
});

test('however records are cut into batches and however often they are replayed, the outcome is one', () => {
  const spec = fc
    .record({
      minute: fc.nat(20_000),
      amount: fc.option(fc.integer({ min: -5, max: 3000 }).map(String)),
      room: fc.constantFrom('r1', 'r2'),
      from: fc.constantFrom('a', 'b'),
      to: fc.option(fc.constantFrom('a', 'b')),
      at: fc.option(fc.constantFrom('2026-03-02 19:00', '2026-03-03 02:00', '2026-03-03 12:00')),
    })
    .map(({ minute, amount, ...more }) => visit(minute, amount, more));
  fc.assert(
    fc.property(
      fc.array(fc.array(spec, { maxLength: 4 }), { maxLength: 25 }),
      fc.integer({ min: 1, max: 6 }),
      (groups, every) => {
        const records: DenseRecord<never>[] = groups.map(
          (specs, index) => record(index + 1, specs) as DenseRecord<never>,
        );
        const whole = runScore(score, records);
        expect(runScore(score, records, every)).toEqual(whole);
        expect(runScore(score, records)).toEqual(whole);
        const ids = anomaliesOf(whole.outcomes).map(({ anomalyId }) => anomalyId);
        expect(new Set(ids).size).toBe(ids.length);
      },
    ),
    { numRuns: 100 },
  );
});
