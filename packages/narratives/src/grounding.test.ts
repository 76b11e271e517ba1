import { expect, test } from '@jest/globals';
import type { Fact } from '@overlay/model';
import { printNumber, rowText } from './figures.ts';
import { checkGrounded } from './grounding.ts';

const fact = (id: string, label: string, value: string, unit: string | null = null): Fact => ({
  id,
  label,
  value,
  unit,
  eventIds: [],
});
const FACTS = [
  fact('F1', 'Revenue', '58230.40', 'PEN'),
  fact('F2', 'Units adjusted by reason: THEFT', '-40', 'units'),
  fact('F3', 'Revenue by product: Paracetamol 500 mg', '12'),
  fact('F4', 'Expected', '3.2143'),
  fact('F5', 'Time', '2026-11-21 23:41:12 -05:00'),
];

test.each([
  'Revenue was 58,230.40 PEN.',
  'Theft took 40 units (-40).',
  'Paracetamol 500 mg sold 12.',
  'About 3.2 were expected, 3.21 to be exact.',
  'At 23:41:12 on 2026-11-21, see F2.',
  'Nothing to say.',
])('grounded: %s', (text) => {
  expect(checkGrounded(text, FACTS)).toEqual([]);
});

test.each([
  ['Revenue was 58,230.41 PEN.', '58230.41'],
  ['Revenue was 58230.5 PEN.', '58230.5'],
  ['Theft took 400 units.', '400'],
  ['Sold 500 boxes.', '500'],
  ['It was -12.', '-12'],
  ['At 23:41:13.', '23:41:13'],
  ['On 2026-11-22.', '2026-11-22'],
  ['About 3.3 were expected.', '3.3'],
  ['It took ٤٠ units.', '٤'],
])('refused: %s', (text, figure) => {
  expect(checkGrounded(text, FACTS).join()).toContain(figure);
});

test('numbers are printed exactly, however long', () => {
  expect(printNumber('123456789012345678901234567890.10')).toBe('123,456,789,012,345,678,901,234,567,890.10');
  expect(printNumber('-999')).toBe('-999');
  expect(printNumber('-1234.5678')).toBe('-1,234.5678');
  expect(printNumber('n/a')).toBe('n/a');
});

test('captured text becomes one bounded printable line', () => {
  expect(rowText('a\u001b[31mred\r\nb\u202ec')).toBe('a [31mred b c');
  expect(rowText('x'.repeat(100))).toBe(`${'x'.repeat(79)}…`);
  expect(rowText('💊'.repeat(3), 2)).toBe('💊…');
});
