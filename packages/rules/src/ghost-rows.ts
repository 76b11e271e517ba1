import { type ChangeEvent, type DenseRecord, withItems } from '@overlay/model';

export const isGhost = ({ metadata }: ChangeEvent): boolean => metadata.ghostOf !== undefined;

/**
 * A record without the rows of tables that only help a tool to change another table's definition online. They are in the log, and are no
 * change of the business: neither do rules see them, nor do they make a transaction large.
 */
export function withoutGhosts(record: DenseRecord<ChangeEvent>): DenseRecord<ChangeEvent> {
  const { items } = record;
  let ghosts = 0;
  for (const item of items) if (isGhost(item)) ghosts++;
  if (ghosts === 0) return record;
  return withItems(record, {
    length: items.length - ghosts,
    *[Symbol.iterator]() {
      for (const item of items) if (!isGhost(item)) yield item;
    },
  });
}
