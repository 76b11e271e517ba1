import { type DenseRecord, type GrowingItems, type NewItems, type WrittenRecord, withItems } from '@overlay/model';

/** Largest number of items, and about the largest text, of one piece. */
const PIECE_ITEMS_MAX = 2000;
const PIECE_LENGTH_MAX = 512 * 1024;

/**
 * The texts to publish for one record: one, or several pieces when it is large, each the canonical JSON of the record's contract with the
 * items' stored bytes as they are. What is sealed stands beside the items, in their order, in pieces that have any.
 */
export function* piecesOf({ record, bodies, sealedValues }: WrittenRecord<unknown>): Generator<string> {
  const beside = sealedValues?.[Symbol.iterator]();
  let items: string[] = [];
  let sealed: (string | null)[] = [];
  let length = 0;
  let piece = 0;
  for (const body of bodies) {
    const values = beside?.next().value ?? null;
    const own = body.length + (values === null ? 0 : values.length);
    if (items.length > 0 && (items.length >= PIECE_ITEMS_MAX || length + own > PIECE_LENGTH_MAX)) {
      yield pieceText(record, { piece, last: false }, items, sealed);
      [items, sealed, length] = [[], [], 0];
      piece++;
    }
    items.push(body);
    sealed.push(values);
    length += own;
  }
  yield pieceText(record, { piece, last: true }, items, sealed);
}

function pieceText(
  { source, sequence, kind, transactionId, timestamp, repairs }: DenseRecord<unknown>,
  { piece, last }: { readonly piece: number; readonly last: boolean },
  items: readonly string[],
  sealed: readonly (string | null)[],
): string {
  const repaired = repairs === undefined ? '' : `,"repairs":${repairs}`;
  const values = sealed.some((one) => one !== null) ? `,"sealedValues":[${sealed.map(String).join(',')}]` : '';
  return (
    `{"items":[${items.join(',')}],"kind":${JSON.stringify(kind)},"last":${last},"piece":${piece}${repaired}${values},"sequence":${sequence},` +
    `"source":${JSON.stringify(source)},"timestamp":"${timestamp}","transactionId":${JSON.stringify(transactionId)}}`
  );
}

/** A record of a dense topic as it is read: perhaps one of several pieces. */
export interface Piece<Item> extends DenseRecord<Item> {
  readonly items: readonly Item[];
  readonly piece: number;
  readonly last: boolean;
}

/** What a piece made: a whole record, nothing yet, or nothing new. */
export type Joined<Item> = DenseRecord<Item> | 'partial' | 'repeat';

/**
 * Puts the pieces of one source's records together. Two publishers may overlap, so any piece can come again at any place: equal pieces have
 * equal bytes, and only the one that is due is taken. A record never begins before all earlier ones were published whole.
 */
export function makeJoin<Item>(newItems: NewItems): (piece: Piece<Item>) => Joined<Item> {
  let sequence = 0;
  let next = 0;
  let items: GrowingItems<Item> | undefined;
  let lengthOfItem = 0;
  const take = (piece: Piece<Item>, into: GrowingItems<Item>): Joined<Item> => {
    next++;
    if (piece.last && piece.piece === 0) {
      items = undefined;
      return withItems(piece, piece.items);
    }
    lengthOfItem = PIECE_LENGTH_MAX / Math.max(1, piece.items.length);
    for (const item of piece.items) into.push(item);
    if (!piece.last) return 'partial';
    items = undefined;
    return withItems(piece, into);
  };
  return (piece) => {
    if (piece.sequence > sequence && piece.piece === 0)
      [sequence, next, items] = [piece.sequence, 0, newItems<Item>(() => lengthOfItem)];
    if (!items) return piece.sequence <= sequence ? 'repeat' : 'partial';
    const isDue = piece.sequence === sequence && piece.piece === next;
    return isDue ? take(piece, items) : 'partial';
  };
}
