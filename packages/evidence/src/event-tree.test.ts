import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EventTree, eventDigest } from './event-tree.ts';
import { leafHash, rootOf } from './merkle.ts';
import { makeNonceKeys, makeNonces } from './nonces.ts';
import { parseTransactionEntry, transactionEntry } from './transaction-entry.ts';

const SECRET = Buffer.alloc(32, 9);

test('the nonce key of a transaction is half of the HMAC that Node makes of its id', () => {
  const keyOf = makeNonceKeys(SECRET);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (id) => {
      const expected = createHmac('sha256', SECRET).update(id).digest('binary').slice(0, 16);
      expect(keyOf(id)).toBe(expected);
    }),
  );
  expect(() => makeNonceKeys(Buffer.alloc(31))).toThrow(RangeError);
});

test('every event of every transaction has a nonce of its own, the same each time', () => {
  const keyOf = makeNonceKeys(SECRET);
  const take = (id: string) => Array.from({ length: 1000 }, makeNonces(keyOf(id)));
  expect(new Set([...take('a'), ...take('b')]).size).toBe(2000);
  expect(take('a')).toEqual(take('a'));
});

test('the tree of a transaction is over its events, whatever their number and size', () => {
  const key = makeNonceKeys(SECRET)('a:1');
  for (const sizes of [[], [0], [1, 2, 3], Array.from({ length: 40 }, (_, index) => index * 5000)]) {
    const rows = sizes.map((size, index) => Buffer.alloc(size, index));
    const tree = new EventTree(key);
    for (const row of rows)
      tree.add(Buffer.concat([Buffer.from('before'), row, Buffer.from('after')]), 6, 6 + row.length);
    const next = makeNonces(key);
    const leaves = rows.map((row) => leafHash(Buffer.concat([Buffer.from(next(), 'latin1'), row])));
    expect([tree.count, tree.root()]).toEqual([rows.length, rootOf(leaves)]);
  }
});

test('the digest of an event is other when one bit of its row or of its nonce is', () => {
  const [nonce, row] = ['n'.repeat(16), Buffer.from('a row of a table')];
  const digest = eventDigest(nonce, row, 0, row.length);
  fc.assert(
    fc.property(fc.nat(row.length - 1), fc.nat(7), (at, bit) => {
      const other = Buffer.from(row);
      other[at] = (other[at] ?? 0) ^ (1 << bit);
      expect(eventDigest(nonce, other, 0, row.length)).not.toBe(digest);
    }),
  );
  expect(eventDigest('m'.repeat(16), row, 0, row.length)).not.toBe(digest);
});

test('two transactions that differ in anything have different entries', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 3 });
  const transaction = fc.record({
    source: fc.constantFrom('a', 'b'),
    sequence: fc.integer({ min: 1, max: 3 }),
    kind: fc.constantFrom('transaction', 'repair'),
    transactionId: fc.oneof(text, fc.constantFrom('x', 'x"\ncommitted y', 'x\nkind repair')),
    commitTime: fc.constantFrom('2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000001Z'),
    count: fc.nat(2),
    root: fc.constantFrom(leafHash('a'), leafHash('b')),
    rawDigest: fc.constantFrom(null, 'ab'),
    repairs: fc.constantFrom(null, 1),
  });
  fc.assert(
    fc.property(transaction, transaction, (one, other) => {
      expect(transactionEntry(parseTransactionEntry(transactionEntry(one)) ?? other)).toBe(transactionEntry(one));
      const isSame = JSON.stringify(Object.values(one)) === JSON.stringify(Object.values(other));
      expect(transactionEntry(one) === transactionEntry(other)).toBe(isSame);
    }),
    { numRuns: 500 },
  );
});
