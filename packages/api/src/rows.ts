import type { Row } from '@overlay/model';
import type { Zone } from '@overlay/narratives';
import {
  type Database,
  readHoles,
  readKeyColumns,
  readPlace,
  readRowHistory,
  readRowsAsOf,
  type StoredHistoryEntry,
} from '@overlay/storage';
import { type Answer, answer, answered, refuse } from './answer.ts';
import { chooseDay } from './choose.ts';
import type { RowHistory, RowsAsOf } from './contract/index.ts';
import { diff } from './trace.ts';

/** A table, and the source where there are several. */
interface TableAsk {
  readonly table: string;
  readonly source?: string | undefined;
}

export interface HistoryAsk extends TableAsk {
  /** See {@link parseKey}. */
  readonly key: string;
}

export interface AsOfAsk extends TableAsk {
  readonly key?: string | undefined;
  /** A time with its zone, a day (its beginning), a GTID or a sequence. */
  readonly at: string;
  /** How many rows to give. */
  readonly limit?: number | undefined;
}

interface RowsDeps {
  readonly database: Database;
  readonly zone: Zone;
  readonly now: () => Date;
}

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000_000;

/** Who did what to a row and when, in which transaction; its table's definitions among it. */
export const rowHistory = ({ database, zone }: RowsDeps, ask: HistoryAsk): Promise<Answer<RowHistory>> =>
  answered(async () => {
    const key = parseKey(ask.key, await readKeyColumns(database, ask));
    if (!key.ok) return key;
    const entries = await readRowHistory(database, ask, key.value);
    return answer({ timeZone: zone.name, table: ask.table, key: key.value, entries: entries.map(listedEntry) });
  });

/** The rows of a table, or one of them, as whole transactions had left them at a place in the log. */
export const rowsAsOf = (deps: RowsDeps, ask: AsOfAsk): Promise<Answer<RowsAsOf>> =>
  answered(async () => {
    const { database, zone } = deps;
    const { limit = LIMIT_DEFAULT } = ask;
    if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
      return refuse('invalid', 'the limit is out of range', `accepted are whole numbers from 1 to ${LIMIT_MAX}`);
    const at = beginningOf(ask.at, deps);
    const key = ask.key === undefined ? answer(undefined) : parseKey(ask.key, await readKeyColumns(database, ask));
    if (!key.ok) return key;
    const { source, sequence, ...place } = await readPlace(database, ask, at);
    const found = await readRowsAsOf(database, ask, { at: String(sequence), key: key.value, limit });
    return answer({
      timeZone: zone.name,
      source,
      database: place.database,
      table: place.table,
      at,
      sequence,
      total: found.total,
      rows: found.rows.map((row) => ({ ...row, doubts: [...row.doubts] })),
      holes: (await readHoles(database, source, sequence)).map(({ why }) => why),
    });
  });

/** A day is meant from its beginning; everything else is left to the log. */
export function beginningOf(at: string, { zone, now }: Pick<RowsDeps, 'zone' | 'now'>): string {
  if (/^\d+$/.test(at)) return at;
  const day = chooseDay(at, zone, now());
  return day.ok ? zone.boundsOf(day.value).from : at;
}

/**
 * A primary key as people write it: JSON (`{"id":"7"}`), the value of a key of one column (`7`), or `column=value` for each, with commas
 * (`shop_id=3,product_id=55`). Values are text, as docs/reference/values.md has them.
 */
function parseKey(text: string, columns: readonly string[]): Answer<Row> {
  const refused = (why: string) =>
    refuse(
      'invalid',
      why,
      columns.length === 0
        ? 'the table has no primary key: its rows cannot be told apart'
        : `its key is ${columns.join(', ')}: write ${columns.map((name) => `${name}=...`).join(',')} or JSON`,
    );
  if (columns.length === 0) return refused(`no row is named by '${text}'`);
  if (text.trim().startsWith('{')) {
    const values = jsonObject(text);
    if (!values) return refused(`'${text}' is no JSON object of texts`);
    return checked(values);
  }
  const [only, ...more] = columns;
  if (only !== undefined && more.length === 0 && !text.startsWith(`${only}=`)) return answer({ [only]: text });
  const parts = text.split(/,(?=[^,=]+=)/).map((part) => /^([^=]+)=(.*)$/s.exec(part));
  if (parts.some((part) => part === null)) return refused(`'${text}' does not name a row`);
  return checked(Object.fromEntries(parts.map((part) => [part?.[1]?.trim() ?? '', part?.[2] ?? ''])));

  function checked(row: Row): Answer<Row> {
    const isWhole = Object.keys(row).sort().join() === [...columns].sort().join();
    if (!isWhole) return refused(`'${text}' does not name a row`);
    // Postgres' text holds no NUL.
    return JSON.stringify(row).includes('\\u0000') ? refused('a key with a NUL cannot be asked for') : answer(row);
  }
}

function jsonObject(text: string): Row | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const entries = Object.entries(value);
    return entries.every(([, one]) => one === null || ['string', 'number', 'boolean'].includes(typeof one))
      ? Object.fromEntries(
          entries.map(([name, one]) => [
            name,
            typeof one === 'number' ? String(one) : ((one as Row[string] | undefined) ?? null),
          ]),
        )
      : undefined;
  } catch {
    return undefined;
  }
}

const listedEntry = ({ before, after, ...entry }: StoredHistoryEntry): RowHistory['entries'][number] => ({
  ...entry,
  columns: diff(before, after),
});
