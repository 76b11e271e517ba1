import type { Connection } from './database.ts';
import { describe, Failure } from './failure.ts';
import { resetSessionSql, swiftSessionSql, transactionSql } from './sql.ts';
import { isoInstant } from './time.ts';
import { rowsOf, salesOf, type Transaction } from './transaction.ts';

/** One text holds no more transactions and, but for its last transaction, no more characters than this. */
const BUNDLE_TRANSACTIONS_MAX = 64;
const BUNDLE_CHARACTERS_MAX = 256 * 1024;

export type Totals = {
  transactions: number;
  rows: number;
  sales: number;
  first_commit: string | null;
  last_commit: string | null;
};

export function noTotals(): Totals {
  return { transactions: 0, rows: 0, sales: 0, first_commit: null, last_commit: null };
}

export function count(totals: Totals, transaction: Transaction, at_us: number): void {
  totals.transactions += 1;
  totals.rows += rowsOf(transaction);
  totals.sales += salesOf(transaction);
  totals.last_commit = isoInstant(at_us);
  totals.first_commit ??= totals.last_commit;
}

/** The totals for people and programs. */
export function summary(totals: Totals, started_ms: number) {
  const seconds = Number(((performance.now() - started_ms) / 1000).toFixed(3));
  const { transactions, rows, sales, first_commit, last_commit } = totals;
  return { transactions, rows, sales, seconds, rows_per_s: Math.round(rows / seconds), first_commit, last_commit };
}

/**
 * Writes transactions in their order over one connection, each its own BEGIN and COMMIT, several to a round trip; the next
 * text is made while the server works on the last. Stops at the first error: what was committed before it stays. `onBundle`
 * is called after each text is made, with the newest commit time. Gives the session its clock
 * and checks back at the end.
 */
export async function writeAll(
  connection: Connection,
  transactions: Iterable<Transaction>,
  onBundle: (newest_us: number) => void,
): Promise<void> {
  let underWay: Promise<unknown> = connection.query(swiftSessionSql());
  underWay.catch(() => undefined);
  try {
    for (const { text, newest_us } of bundles(transactions)) {
      await underWay;
      underWay = connection.query(text);
      // The next bundle is made before this one is awaited: a failure in between is thrown by that await.
      underWay.catch(() => undefined);
      onBundle(newest_us);
      await yieldToSocket();
    }
    await underWay;
    await connection.query(resetSessionSql());
  } catch (thrown) {
    throw writeFailure(thrown);
  }
}

/** Writes one transaction at the server's own time. After a failure nothing of it stays. */
export async function writeOne(connection: Connection, transaction: Transaction): Promise<void> {
  try {
    await connection.query(transactionSql(transaction));
  } catch (thrown) {
    await connection.query('ROLLBACK').catch(() => undefined);
    throw writeFailure(thrown);
  }
}

function* bundles(transactions: Iterable<Transaction>): Generator<{ text: string; newest_us: number }> {
  let parts: string[] = [];
  let characters = 0;
  let newest_us = 0;
  for (const transaction of transactions) {
    const text = transactionSql(transaction);
    parts.push(text);
    characters += text.length;
    newest_us = Number(transaction.at ?? 0n);
    if (parts.length < BUNDLE_TRANSACTIONS_MAX && characters < BUNDLE_CHARACTERS_MAX) continue;
    yield { text: parts.join(';'), newest_us };
    parts = [];
    characters = 0;
  }
  if (parts.length > 0) yield { text: parts.join(';'), newest_us };
}

function yieldToSocket(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function writeFailure(thrown: unknown): unknown {
  const { code, text } = describe(thrown);
  if (code === 'unknown') return thrown;
  return new Failure(
    `MySQL refused or lost a transaction (${code}: ${text}): what was committed before it stays`,
    1,
    thrown,
  );
}
