import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { Failure } from './failure.ts';
import { readScenario } from './scenario-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'scenario-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'a.yaml');
  writeFileSync(path, text);
  return path;
}

test('the defaults are a chain of 20 branches and 500 products over 90 days', () => {
  const scenario = readScenario();
  expect(scenario).toMatchObject({ seed: '1', days: 90, until: 'now', salesPerDay: 10_000, products: 500 });
  expect(scenario.branches).toHaveLength(20);
});

test('a file says what differs: maps are merged, weights and lists replaced, options go before it', () => {
  const path = file(`
days: 30
until: 2026-01-15T18:00:00Z
orders: { shortShare: 0.2 }
basket: { lines: { 4: 1 } }
branches: [{ city: Leticia, region: Amazonas, address: Calle 8, size: 1, timeZone: America/Bogota }]
`);
  const scenario = readScenario(path, { days: 7, seed: undefined });
  expect(scenario).toMatchObject({ days: 7, seed: '1', until: Date.UTC(2026, 0, 15, 18) * 1000 });
  expect(scenario.orders).toEqual({ ...readScenario().orders, shortShare: 0.2 });
  expect(scenario.basket.lines).toEqual({ 4: 1 });
  expect(scenario.branches).toHaveLength(1);
});

test('every mistake is told at once, with file, line and what to do', () => {
  const path = file(`days: many
timeZone: Peru/Lima
unusual:
  salesVoided: -1
  salesVoid: 2
until: tomorrow
anomalies: { zeroStock: { products: [3, 1] } }
hardNegatives: { holidays: { july: 0.4 } }
`);
  let message = '';
  try {
    readScenario(path);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Failure);
    message = (thrown as Failure).message;
  }
  expect(
    message
      .split('\n')
      .slice(1)
      .map((line) => line.trim().replace(path, 'FILE'))
      .sort(),
  ).toMatchInlineSnapshot(`
[
  "FILE:1:1: days must be number, not "many": correct it",
  "FILE:2:1: timeZone is no time zone that is known here: use a name such as America/Lima",
  "FILE:4:3: unusual.salesVoided must be at least 0, not -1: raise it",
  "FILE:5:3: unusual.salesVoid is no dial: correct its name or take it out",
  "FILE:6:1: until cannot be "tomorrow": It must be an instant with its zone, such as 2026-01-15T18:00:00Z.",
  "FILE:7:27: anomalies.zeroStock.products must not begin above its end: write the smaller number first",
  "FILE:8:30: hardNegatives.holidays.july is no day such as 07-28: use one",
]
`);
});

test('the shipped scenarios are read', () => {
  const shipped = join(import.meta.dirname, '..', 'scenarios', 'eventful.yaml');
  const { anomalies, hardNegatives } = readScenario(shipped);
  for (const { perWeek } of Object.values(anomalies)) expect(perWeek).toBeGreaterThan(0);
  expect(Object.keys(hardNegatives.holidays)).toContain('07-28');
});

test.each([
  ['days: [', /FILE:1:\d+: is no valid YAML/],
  ['- days', /FILE:1:1: a scenario must be a map/],
])('%s is refused', (text, message) => {
  const path = file(text);
  const read = () => {
    try {
      readScenario(path);
    } catch (thrown) {
      throw new Error((thrown as Error).message.replace(path, 'FILE'));
    }
  };
  expect(read).toThrow(message);
});

test('a scenario that is not there is said', () => {
  expect(() => readScenario(join(folder, 'none.yaml'))).toThrow(/cannot read the scenario .*none.yaml \(ENOENT\)/);
});

test('dials must fit each other', () => {
  const kathmandu = '{ city: A, region: B, address: C, size: 1, timeZone: Asia/Kathmandu }';
  const read = () =>
    readScenario(
      file(`opens: 9\ncloses: 9\nbranches: [${kathmandu}]\nhardNegatives: { newProduct: { everyDays: 1 } }`),
    );
  expect(read).toThrow(/:2:1: closes must be after/);
  expect(read).toThrow(/:3:\d+: branches.0.timeZone is not whole hours away from America\/Lima/);
  expect(read).toThrow(/:4:\d+: hardNegatives.newProduct.everyDays makes more than 542 products/);
});
