import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../kit/world.ts';

const PAUSE_MS = 100;

export interface Reads {
  readonly reads: number;
  /** What a reader saw that nobody may see; empty is right. */
  readonly partial: readonly string[];
}

/**
 * Reads what the log shows, again and again, as any reader could at any moment: the newest transactions must be there with all of their events, up
 * to the head and not beyond it. The function ends it.
 */
export function watchReads({ record, name }: World): () => Promise<Reads> {
  const partial: string[] = [];
  let reads = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const seen = await record
        .query<{ sequence: string; announced: number; events: number }>(LOOK, [name])
        .catch(() => undefined);
      if (seen) reads++;
      for (const { sequence, announced, events } of seen ?? [])
        partial.push(`sequence ${sequence} was seen with ${events} of ${announced} events`);
      await sleep(PAUSE_MS);
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return { reads, partial: [...new Set(partial)] };
  };
}

/** One statement sees one state of the database. */
const LOOK = `with head as (select coalesce(max(landed), 0) as landed from audit.heads where stage = 'normalizer' and source = $1),
    announced as (select sequence, item_count from audit.transactions, head where source = $1 and sequence > head.landed - 30),
    told as (select sequence, count(*)::integer as events from audit.change_events, head
      where source = $1 and sequence > head.landed - 30 group by sequence)
  select coalesce(announced.sequence, told.sequence) as sequence, coalesce(item_count, -1) as announced, coalesce(events, 0) as events
    from announced full join told using (sequence), head
    where item_count is distinct from coalesce(events, 0) or coalesce(announced.sequence, told.sequence) > head.landed`;
