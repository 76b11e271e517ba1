/** The columns of a change event, in the order in which they are hashed. */
export interface EventRow {
  readonly source: string;
  readonly sequence: number;
  /** Place in the transaction, from 1. */
  readonly ordinal: number;
  /** Microseconds since the epoch. */
  readonly commitUs: number;
  readonly eventId: string;
  readonly database: string;
  readonly table: string;
  readonly operation: string;
  /** The stored text. */
  readonly body: string;
}

/** Postgres counts microseconds from the year 2000. */
const EPOCH_US = BigInt(Date.UTC(2000, 0, 1)) * 1000n;

/**
 * The row as Postgres's binary COPY has it, without the number of its fields in front: for each column its length in bytes (four bytes, the
 * highest first) and its bytes. So can who holds an event but no database hash it.
 */
export function eventRowBytes(row: EventRow): Buffer {
  const ordinal = Buffer.alloc(4);
  ordinal.writeInt32BE(row.ordinal);
  return Buffer.concat(
    [
      Buffer.from(row.source),
      int64(BigInt(row.sequence)),
      ordinal,
      int64(BigInt(row.commitUs) - EPOCH_US),
      Buffer.from(row.eventId.replaceAll('-', ''), 'hex'),
      Buffer.from(row.database),
      Buffer.from(row.table),
      Buffer.from(row.operation),
      Buffer.from(row.body),
    ].flatMap((bytes) => [lengthOf(bytes), bytes]),
  );
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function lengthOf({ length }: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length);
  return bytes;
}
