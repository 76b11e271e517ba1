import { expect, test } from '@jest/globals';
import { makeCanary, needlesOf, Scanner, type Shape } from './canaries.ts';
import { makeRandom } from './random.ts';

const random = makeRandom(7, 'canaries');
const SHAPES: readonly Shape[] = ['text', 'email', 'phone', 'iban', 'card'];
const canaries = SHAPES.map((shape) => makeCanary(random, `people.${shape}`, shape));
const scanner = new Scanner(canaries);

test.each(canaries)('$name is found in every form, in the midst of other text, whatever its capitals', (canary) => {
  for (const { form, text } of needlesOf(canary)) {
    const found = scanner.find(`x${text.toUpperCase()}y`);
    expect(found).toContainEqual(expect.objectContaining({ canary: canary.name, form }));
  }
});

test('what stands inside longer base64 is found wherever it begins', () => {
  for (const { name, value } of canaries)
    for (const before of ['', 'a', 'ab', 'abc']) {
      const text = Buffer.from(`${before}${value} and more`).toString('base64');
      expect(scanner.find(text).map(({ canary }) => canary)).toContain(name);
    }
});

test('nothing is found where nothing is', () => {
  const others = SHAPES.map((shape) => makeCanary(random, `others.${shape}`, shape).value);
  expect(scanner.find(others.join('\n'))).toEqual([]);
});

test('shapes are what validators take for real', () => {
  const [, email = '', , iban = '', card = ''] = canaries.map(({ value }) => value);
  expect(email).toMatch(/^[\w.]+@example\.com$/);
  const digits = `${iban.slice(4)}${iban.slice(0, 4)}`.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  expect(BigInt(digits) % 97n).toBe(1n);
  const sum = [...card].reverse().reduce((total, digit, index) => {
    const value = index % 2 === 1 ? Number(digit) * 2 : Number(digit);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  expect([card.length, sum % 10]).toEqual([16, 0]);
});
