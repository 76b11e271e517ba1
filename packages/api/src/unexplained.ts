import type { Zone } from '@overlay/narratives';
import { countUnexplained, type Database, readSources, readUnexplained } from '@overlay/storage';
import { type Answer, answer, refuse } from './answer.ts';
import { chooseDays, chooseSource } from './choose.ts';
import type { UnexplainedList } from './contract/index.ts';

export interface UnexplainedAsk {
  /** All sources when none is named. */
  readonly source?: string | undefined;
  readonly table?: string | undefined;
  /** First and last day. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** How many of the newest to list. */
  readonly limit?: number | undefined;
}

const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 1000;

export async function listUnexplained(
  { database, zone, now }: { readonly database: Database; readonly zone: Zone; readonly now: () => Date },
  ask: UnexplainedAsk,
): Promise<Answer<UnexplainedList>> {
  const { source, table, limit = LIMIT_DEFAULT } = ask;
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    return refuse('invalid', 'the limit is out of range', `accepted are whole numbers from 1 to ${LIMIT_MAX}`);
  }
  const stretch = chooseDays(ask, zone, now());
  if (!stretch.ok) return stretch;
  if (source !== undefined) {
    const chosen = chooseSource(source, await readSources(database));
    if (!chosen.ok) return chosen;
  }
  const filter = { source, table, ...stretch.value };
  const tables = await countUnexplained(database, filter);
  return answer({
    timeZone: zone.name,
    tables: tables.map((count) => ({ ...count, share: Number((count.unexplained / count.rows).toFixed(4)) })),
    newest: [...(await readUnexplained(database, filter, limit))],
  });
}
