import { expect, test } from '@jest/globals';
import type { Anomaly } from '@overlay/model';
import { renderDailySummary } from './daily-summary.ts';
import type { DayFacts, Measured } from './day-facts.ts';
import { explainAnomaly } from './explain-anomaly.ts';
import { checkGrounded } from './grounding.ts';

const ID = '5b0d1c56-66bd-5b0d-8c3e-0f5a9a4cf001';
const measured = (value: string, events: number): Measured => ({ value, events, eventIds: [ID], unreadable: 0 });
const ANOMALY: Anomaly = {
  anomalyId: ID,
  detector: 'stock.large-loss',
  detectorVersion: 1,
  family: 'stock',
  entityType: 'product',
  entityId: '55',
  entityLabel: 'Paracetamol 500 mg',
  timestamp: '2026-11-22T04:41:12.000000Z',
  score: 6.1234567,
  severity: 'critical',
  pValue: 4.6e-10,
  observed: 40,
  expected: 3.2143,
  features: {
    value: 40,
    log_scale: 0.812345,
    policies: { nearly: 4 },
    said: { branch: 'Branch 3', local_time: '2026-11-21 23:41', value: '40', typical: '3.2', odds: '12,000' },
  },
  reasons: [
    'Paracetamol 500 mg at Branch 3 lost 40 units at 2026-11-21 23:41.',
    'A usual loss here is about 3.2 units, once in 12,000.',
  ],
  businessEventIds: [ID],
  sourceEventIds: [],
};
const DAY: DayFacts = {
  source: 'shop',
  day: '2026-11-21',
  timeZone: 'America/Lima',
  title: 'Shops',
  coverage: {
    first: 4001,
    last: 5310,
    transactions: 1310,
    changeEvents: 6544,
    businessEvents: 1290,
    actors: { exact: 900, corroborated: 0, inferred: 300, several: 2, unknown: 98 },
    judgedChanges: 6500,
    unexplainedChanges: 13,
    setAside: 0,
    missing: 0,
    gaps: 0,
  },
  sections: [
    { id: 'sales', title: 'Sales', unit: null, total: measured('1204', 1204), groups: [], groupCount: 0 },
    { id: 'revenue', title: 'Revenue', unit: 'PEN', total: measured('58230.40', 1204), groups: [], groupCount: 0 },
    {
      id: 'reasons',
      title: 'Units adjusted by reason',
      unit: 'units',
      total: measured('-55', 3),
      groups: [
        { name: 'THEFT', ...measured('-40', 1) },
        { name: null, ...measured('-15', 2) },
      ],
      groupCount: 4,
    },
  ],
  anomalies: {
    bySeverity: {
      critical: { count: 1, ids: [ID] },
      high: { count: 0, ids: [] },
      medium: { count: 0, ids: [] },
      low: { count: 2, ids: [ID] },
    },
    top: [ANOMALY],
  },
};

test('the day as text, every figure a fact', () => {
  const { title, text, facts } = renderDailySummary(DAY);
  expect(title).toBe('Shops, Saturday 21 November 2026');
  expect(text).toBe(`Source shop, day in America/Lima

  Sales        1,204
  Revenue  58,230.40 PEN

Units adjusted by reason (the first 2 of 4)
  THEFT   -40 units
  (none)  -15 units

Anomalies: 1 critical, 2 low
  critical  23:41:12  product Paracetamol 500 mg
            Paracetamol 500 mg at Branch 3 lost 40 units at 2026-11-21 23:41.

Record
  Transactions                  1,310
  Row changes                   6,544
  Business events               1,290
  Row changes no rule explains     13 (0.2 % of those in transactions)
  Transactions set aside            0
  Actors of transactions: 900 exact (69.2 %), 300 inferred (23.1 %), 2 several (0.2 %), 98 unknown (7.5 %).
  Sequences 4,001 to 5,310, nothing missing.`);
  expect(checkGrounded(`${title}\n${text}`, facts)).toEqual([]);
  expect(facts.map(({ id }) => id)).toEqual(facts.map((_, index) => `F${index + 1}`));
  expect(renderDailySummary(DAY)).toEqual({ title, text, facts });
});

test('what is missing or unreadable is said, and grounded too', () => {
  const [sales, revenue] = DAY.sections;
  if (!sales || !revenue) throw new Error('two sections are given');
  const { text, facts } = renderDailySummary({
    ...DAY,
    sections: [sales, { ...revenue, total: { ...revenue.total, unreadable: 3 } }],
    coverage: { ...DAY.coverage, setAside: 1, missing: 7, gaps: 2 },
  });
  expect(text).toContain('Revenue  58,230.40 PEN (without 3 events whose amount is no number)');
  expect(text).toContain('Sequences 4,001 to 5,310, 7 missing, 2 on record as gaps.');
  expect(checkGrounded(text, facts)).toEqual([]);
});

test('a day without records says so', () => {
  const none = { count: 0, ids: [] };
  const { text } = renderDailySummary({
    ...DAY,
    sections: [],
    anomalies: { bySeverity: { critical: none, high: none, medium: none, low: none }, top: [] },
    coverage: {
      first: null,
      last: null,
      transactions: 0,
      changeEvents: 0,
      businessEvents: 0,
      actors: { exact: 0, corroborated: 0, inferred: 0, several: 0, unknown: 0 },
      judgedChanges: 0,
      unexplainedChanges: 0,
      setAside: 0,
      missing: 0,
      gaps: 0,
    },
  });
  expect(text).toContain('Anomalies: none');
  expect(text).toContain('Nothing of this day has been counted.');
});

test('an anomaly is explained by its reasons, time and score', () => {
  const { title, text, facts } = explainAnomaly(ANOMALY, 'America/Lima');
  expect(title).toBe('Critical: product Paracetamol 500 mg');
  expect(text).toBe(`2026-11-21 23:41:12 -05:00, product Paracetamol 500 mg.
Paracetamol 500 mg at Branch 3 lost 40 units at 2026-11-21 23:41.
A usual loss here is about 3.2 units, once in 12,000.
Score 6.123 (critical), by detector stock.large-loss, version 1.`);
  expect(checkGrounded(`${title}\n${text}`, facts)).toEqual([]);
});

test('a reason with a figure that is in no fact is left out', () => {
  const { text, facts } = explainAnomaly({ ...ANOMALY, reasons: ['It lost 4000 units.'] }, 'America/Lima');
  expect(text).not.toContain('4000');
  expect(text).toContain('Observed 40, expected 3.214.');
  expect(checkGrounded(text, facts)).toEqual([]);
});
