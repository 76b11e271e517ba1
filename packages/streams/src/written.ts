import type { DenseRecord, Items, WrittenRecord } from '@overlay/model';
import type { Arrow } from './arrow.ts';

/** How the items of an arrow are written. */
export type Writing<Item> = Pick<Arrow<never, Item, never>, 'bodyOf' | 'sealedValuesOf'>;

/** A record with the bytes of its items: made once where they are in memory, and each time they are asked for where they may not be. */
export function writtenOf<Item>(
  record: DenseRecord<Item>,
  { bodyOf, sealedValuesOf }: Writing<Item>,
): WrittenRecord<Item> {
  const bodies = mapped(record.items, bodyOf);
  return sealedValuesOf ? { record, bodies, sealedValues: mapped(record.items, sealedValuesOf) } : { record, bodies };
}

function mapped<Item, Part>(items: Items<Item>, part: (item: Item) => Part): Items<Part> {
  if (Array.isArray(items)) return (items as readonly Item[]).map(part);
  return {
    length: items.length,
    *[Symbol.iterator]() {
      for (const item of items) yield part(item);
    },
  };
}
