import type { RawIdentity } from './raw-record.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const microseconds = ({ ts_us, ts_ms }: Record<string, unknown>): number => {
  const time = ts_us ?? (Number.isSafeInteger(ts_ms) ? Number(ts_ms) * 1000 : 0);
  return Number.isSafeInteger(time) ? Number(time) : 0;
};

const CHANGES: ReadonlySet<unknown> = new Set(['c', 'u', 'd']);

/** What a Debezium value that cannot be read says nevertheless of where it belongs. */
export function identityOf(value: Record<string, unknown>): RawIdentity {
  const { transaction, status, id, source } = value;
  if (isObject(transaction) && typeof transaction.id === 'string') {
    const order = transaction.total_order;
    const timestamp = isObject(source) ? microseconds(source) : 0;
    return { transactionId: transaction.id, timestamp, ...(Number.isSafeInteger(order) && { order: Number(order) }) };
  }
  if (typeof status === 'string' && typeof id === 'string')
    return { transactionId: id, timestamp: microseconds(value) };
  // The rows of an XA transaction have no transaction block; what they have in common is the GTID of its PREPARE.
  if (isObject(source) && typeof source.gtid === 'string' && CHANGES.has(value.op))
    return { transactionId: source.gtid, timestamp: microseconds(source) };
  // A row that was read, in a snapshot or because it was asked for, stands at a GTID that is not its own.
  if (isObject(source) && typeof source.gtid === 'string' && value.op !== 'r')
    return { gtid: source.gtid, timestamp: microseconds(source) };
  return {};
}
