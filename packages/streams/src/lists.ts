import type { NewItems, WrittenRecord } from '@overlay/model';
import { LongItems } from '@overlay/runtime';

/** Lists that may stand in files, from their making to their release. */
export class Lists {
  readonly #lists = new Set<LongItems<unknown>>();

  readonly make: NewItems = <Item>(lengthOf: (item: Item) => number) => {
    const list = new LongItems(lengthOf);
    this.#lists.add(list as LongItems<unknown>);
    return list;
  };

  /** Lets go of the files behind these records. */
  release(records: readonly WrittenRecord<unknown>[]): void {
    for (const { record } of records) if (record.items instanceof LongItems) this.#releaseOne(record.items);
  }

  releaseAll(): void {
    for (const list of this.#lists) this.#releaseOne(list);
  }

  #releaseOne(list: LongItems<unknown>): void {
    list.release();
    this.#lists.delete(list);
  }
}
