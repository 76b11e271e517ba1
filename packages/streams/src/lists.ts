import type { NewItems, WrittenRecord } from '@overlay/model';
import { LongItems } from '@overlay/runtime';

/** Lists that may stand in files, from their making to their release. */
export class Lists {
  /** Those that are still being filled, or that nothing came of. */
  readonly #open = new Set<LongItems<unknown>>();
  /** Those of records that are to land, or to be published. */
  readonly #emitted = new Set<LongItems<unknown>>();

  readonly make: NewItems = <Item>(lengthOf: (item: Item) => number) => {
    const list = new LongItems(lengthOf);
    this.#open.add(list as LongItems<unknown>);
    return list;
  };

  /** A record is on its way: its items are needed until they are released. */
  emit({ record: { items } }: WrittenRecord<unknown>): void {
    if (items instanceof LongItems && this.#open.delete(items)) this.#emitted.add(items);
  }

  /** Lets go of the files behind these records. */
  release(records: readonly WrittenRecord<unknown>[]): void {
    for (const { record } of records) {
      if (!(record.items instanceof LongItems)) continue;
      record.items.release();
      this.#emitted.delete(record.items);
    }
  }

  /** Lets go of what is still being filled: its records are over, or will be read once more. */
  releaseOpen(): void {
    for (const list of this.#open) list.release();
    this.#open.clear();
  }

  releaseAll(): void {
    this.releaseOpen();
    for (const list of this.#emitted) list.release();
    this.#emitted.clear();
  }
}
