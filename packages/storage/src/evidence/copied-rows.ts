import type { ClientBase } from 'pg';
import { type CopyToStreamQuery, to as copyTo } from 'pg-copy-streams';
import type { SeeRow } from '../copy.ts';

/** Signature, flags and the length of the header's extension, which is empty. */
const HEADER_BYTES = 19;
const FIELD_COUNT_BYTES = 2;
const LENGTH_BYTES = 4;

/**
 * Reads the rows of a query by binary COPY, and shows each as it came: its bytes, from the length of its first field to the end of its last. They
 * are good only until `see` returns.
 */
export async function readRows(client: ClientBase, query: string, see: SeeRow): Promise<void> {
  const stream: CopyToStreamQuery & { callback?: () => void } = client.query(
    copyTo(`copy (${query}) to stdout (format binary)`),
  );
  let waiting: Buffer[] = [];
  let [bytes, wanted, skip] = [0, HEADER_BYTES, HEADER_BYTES];
  const seeWhole = (): void => {
    const [first] = waiting;
    const all = waiting.length === 1 && first ? first : Buffer.concat(waiting, bytes);
    const rest = all.subarray(seeRows(all, skip, see));
    skip = 0;
    waiting = [rest];
    bytes = rest.length;
    wanted = 2 * bytes; // a long row is not put together again with every chunk that comes
  };
  for await (const chunk of stream) {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes >= wanted) seeWhole();
  }
  seeWhole();
  stream.callback?.(); // ends the timer that the client began for this query, which only a query with a callback ends by itself
}

/** Shows the rows that are there whole; gives where the next one begins. */
function seeRows(bytes: Buffer, begin: number, see: SeeRow): number {
  let at = begin;
  for (let end = endOfRow(bytes, at); end !== undefined; end = endOfRow(bytes, at)) {
    see(bytes, at + FIELD_COUNT_BYTES, end);
    at = end;
  }
  return at;
}

/** Undefined where the row is not whole, and after the last one, whose number of fields is -1. */
function endOfRow(bytes: Buffer, begin: number): number | undefined {
  let at = begin + FIELD_COUNT_BYTES;
  if (at > bytes.length) return undefined;
  const fields = bytes.readInt16BE(begin);
  if (fields < 0) return undefined;
  for (let field = 0; field < fields; field++) {
    if (at + LENGTH_BYTES > bytes.length) return undefined;
    at += LENGTH_BYTES + Math.max(0, bytes.readInt32BE(at));
  }
  return at <= bytes.length ? at : undefined;
}
