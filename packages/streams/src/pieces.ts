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

/** What a piece made: a whole record, nothing yet, or nothing new. */
export type Joined<Item> = DenseRecord<Item> | 'partial' | 'repeat';

/**
 * Puts the pieces of one source's records together. Two publishers may overlap, so any piece can come again at any place: equal pieces have
 * equal bytes, and only the one that is due is taken. A record never begins before all earlier ones were published whole.
 */
export function makeJoin<Item>(): (piece: Piece<Item>) => Joined<Item> {
  let sequence = 0;
  let next = 0;
  let items: Item[] | undefined;
  const take = (piece: Piece<Item>, into: Item[]): Joined<Item> => {
    next++;
    for (const item of piece.items) into.push(item);
    if (!piece.last) return 'partial';
    items = undefined;
    const { source, kind, transactionId, timestamp } = piece;
    return { source, sequence, kind, transactionId, timestamp, items: into };
  };
  return (piece) => {
    if (piece.sequence > sequence && piece.piece === 0) [sequence, next, items] = [piece.sequence, 0, []];
    if (!items) return piece.sequence <= sequence ? 'repeat' : 'partial';
    const isDue = piece.sequence === sequence && piece.piece === next;
    return isDue ? take(piece, items) : 'partial';
  };
}
