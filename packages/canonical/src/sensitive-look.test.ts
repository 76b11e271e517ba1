import { expect, test } from '@jest/globals';
import { hasSensitiveName, ValueWatch } from './sensitive-look.ts';

test.each([
  'email',
  'contactEmail',
  'phone_2',
  'DNI',
  'card_number',
  'passwordHash',
  'e_mail',
  'date_of_birth',
  'last_name',
])('%s is a name to warn of', (name) => expect(hasSensitiveName(name)).toBe(true));

test.each(['name', 'city', 'discard', 'mailing_list_size_', 'cardinality', 'quantity', 'username', 'address'])(
  '%s is none',
  (name) => expect(hasSensitiveName(name)).toBe(false),
);

const found = (column: string, values: readonly unknown[]) => {
  const watch = new ValueWatch([column]);
  for (const value of values) if (!watch.isDone) watch.look({ [column]: value });
  return watch.found;
};
const five = (value: unknown): readonly unknown[] => Array.from({ length: 5 }, () => value);

test('values tell what they are, when there are enough and none is something else', () => {
  expect(found('a', five('ana@example.com'))).toEqual([['a', 'email']]);
  expect(found('a', five('DE89 3704 0044 0532 0130 00'))).toEqual([['a', 'iban']]);
  expect(found('a', five('4111 1111 1111 1111'))).toEqual([['a', 'card']]);
  expect(found('a', five(4111111111111111))).toEqual([['a', 'card']]);
  expect(found('a', five('ana@example.com').slice(1))).toEqual([]);
  expect(found('a', [...five('ana@example.com'), 'n/a'])).toEqual([]);
  expect(found('a', [...five('ana@example.com'), null, ''])).toEqual([['a', 'email']]);
  expect(found('a', five('4111111111111112'))).toEqual([]);
  expect(found('a', five('DE89370400440532013001'))).toEqual([]);
});

test('only the first rows are looked at', () => {
  expect(found('a', [...Array.from({ length: 200 }, () => null), ...five('ana@example.com')])).toEqual([]);
});
