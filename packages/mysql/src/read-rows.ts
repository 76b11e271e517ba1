import { setTimeout as sleep } from 'node:timers/promises';
import type { Page, Source } from './connect.ts';
import type { SourceSnapshot } from './snapshot.ts';

/** A column of a primary key. */
export interface KeyColumn {
  readonly name: string;
  /** MySQL's type name in capitals. */
  readonly type: string;
}

/** What is read of a table, and how fast. */
export interface RowReading {
  readonly database: string;
  readonly table: string;
  /** SQL of what is asked of each row. */
  readonly expressions: readonly string[];
  /** The first column of the primary key, by whose ranges the table is read; undefined: it is read in one piece. */
  readonly key: KeyColumn | undefined;
  readonly rows_per_s_max: number;
  readonly signal?: AbortSignal | undefined;
  /** Takes rows, in no order. */
  readonly onRows: (rows: Page) => Promise<void>;
}

/** Rows between two bounds of a key. */
const CHUNK_ROWS = 20_000;
const PAGE_ROWS = 1000;

export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/**
 * Reads every row of a table once, in ranges of its key, as many at a time as the snapshot has readers. What the server says against it is thrown as it comes; a
 * server that is gone is a Trouble.
 */
export async function readRows(snapshot: SourceSnapshot, reading: RowReading): Promise<void> {
  const { database, table, expressions, onRows, rows_per_s_max, signal } = reading;
  const name = `${quoteName(database)}.${quoteName(table)}`;
  const select = `select ${expressions.join(', ')} from ${name}`;
  const ranges = rangesOf(snapshot.scout, name, reading.key);
  const wait = makePace(rows_per_s_max);
  await Promise.all(
    snapshot.readers.map(async (reader) => {
      for (let range = await ranges.next(); !range.done; range = await ranges.next())
        await reader.eachPage(`${select} where ${range.value}`, PAGE_ROWS, async (rows) => {
          signal?.throwIfAborted();
          await wait(rows.length);
          await onRows(rows);
        });
    }),
  );
}

/** Conditions that every row meets one of. */
async function* rangesOf(scout: Source, name: string, key: KeyColumn | undefined): AsyncGenerator<string> {
  const literal = key && literalOf(key.type);
  if (!literal) {
    yield 'true';
    return;
  }
  const column = quoteName(key.name);
  for (let from = 'true'; ; ) {
    const [row] = await scout.queryArrays(
      `select ${literal.ask(column)} from ${name} where ${from} order by ${column} limit 1 offset ${CHUNK_ROWS - 1}`,
    );
    if (!row) {
      yield from;
      return;
    }
    const bound = literal.write(String(row[0]));
    yield `${from} and ${column} <= ${bound}`;
    from = `${column} > ${bound}`;
  }
}

/** How a bound of a key is asked for, and written so that MySQL compares it as the column's own value. */
interface Literal {
  readonly ask: (column: string) => string;
  readonly write: (answer: string) => string;
}

const LITERALS: readonly (readonly [RegExp, Literal])[] = [
  [
    /^(SERIAL|TINYINT|SMALLINT|MEDIUMINT|INT|BIGINT|YEAR|DECIMAL|NUMERIC)/,
    { ask: (column) => `cast(${column} as char)`, write: (digits) => digits },
  ],
  [/^(DATE|TIME)/, { ask: (column) => `cast(${column} as char)`, write: (time) => `'${time}'` }],
  [/BINARY/, { ask: (column) => `hex(${column})`, write: (hex) => `X'${hex}'` }],
  [
    /CHAR/,
    { ask: (column) => `hex(convert(${column} using utf8mb4))`, write: (hex) => `convert(X'${hex}' using utf8mb4)` },
  ],
];

const literalOf = (type: string): Literal | undefined => LITERALS.find(([pattern]) => pattern.test(type))?.[1];

/** Waits so that no more than so many rows pass in a second; a pause that nobody used does not come back. */
function makePace(rows_per_s_max: number): (rows: number) => Promise<void> {
  let due_ms = performance.now();
  return async (rows) => {
    const now_ms = performance.now();
    due_ms = Math.max(due_ms, now_ms) + (rows * 1000) / rows_per_s_max;
    if (due_ms > now_ms + PAUSE_MS_MIN) await sleep(due_ms - now_ms);
  };
}

/** Timers are no finer. */
const PAUSE_MS_MIN = 5;
