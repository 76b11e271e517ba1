import type { DenseRecord, WrittenRecord } from '@overlay/model';

/** A record with the bytes of its items: made once where they are in memory, and each time they are asked for where they may not be. */
export function writtenOf<Item>(record: DenseRecord<Item>, bodyOf: (item: Item) => string): WrittenRecord<Item> {
  const { items } = record;
  if (Array.isArray(items)) return { record, bodies: (items as readonly Item[]).map(bodyOf) };
  const bodies = {
    length: items.length,
    *[Symbol.iterator]() {
      for (const item of items) yield bodyOf(item);
    },
  };
  return { record, bodies };
}
