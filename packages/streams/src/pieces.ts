import { canonicalJson } from '@overlay/evidence';
import type { DenseRecord, WrittenRecord } from '@overlay/model';

/** Largest number of items, and about the largest text, of one piece. */
const PIECE_ITEMS_MAX = 2000;
const PIECE_LENGTH_MAX = 512 * 1024;

/**
 * The texts to publish for one record: one, or several pieces when it is large, each the canonical JSON of the record's contract with the
 * items' stored bytes as they are.
 */
export function* piecesOf({ record, bodies }: WrittenRecord<unknown>): Generator<string> {
  const tail = `${canonicalJson({ kind: record.kind })}`.slice(1, -1);
  const rest = `"sequence":${record.sequence},${members({ source: record.source, timestamp: record.timestamp, transactionId: record.transactionId })}`;
  let from = 0;
  for (let piece = 0; piece === 0 || from < bodies.length; piece++) {
    const to = endOfPiece(bodies, from);
    const isLast = to === bodies.length;
    yield `{"items":[${bodies.slice(from, to).join(',')}],${tail},"last":${isLast},"piece":${piece},${rest}}`;
    from = to;
  }
}

const members = (object: Readonly<Record<string, string>>): string => canonicalJson(object).slice(1, -1);

function endOfPiece(bodies: readonly string[], from: number): number {
  let length = 0;
  for (let at = from; at < bodies.length; at++) {
    length += bodies[at]?.length ?? 0;
    if (at > from && (at - from >= PIECE_ITEMS_MAX || length > PIECE_LENGTH_MAX)) return at;
  }
  return bodies.length;
}

/** A record of a dense topic as it is read: perhaps one of several pieces. */
export interface Piece<Item> extends DenseRecord<Item> {
  readonly piece: number;
  readonly last: boolean;
}

/** Puts the pieces of one source's records together. A first piece begins anew, so pieces that are published again do no harm. */
export function makeJoin<Item>(): (piece: Piece<Item>) => DenseRecord<Item> | undefined {
  let sequence = 0;
  let next = 0;
  let items: Item[] = [];
  return (piece) => {
    if (piece.piece === 0) [sequence, next, items] = [piece.sequence, 0, []];
    if (piece.sequence !== sequence || piece.piece !== next) return undefined;
    next++;
    for (const item of piece.items) items.push(item);
    if (!piece.last) return undefined;
    const { source, kind, transactionId, timestamp } = piece;
    const joined = { source, sequence, kind, transactionId, timestamp, items };
    [sequence, next, items] = [0, 0, []];
    return joined;
  };
}
