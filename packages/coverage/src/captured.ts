import type { BinlogGroup } from '@overlay/mysql';

/** What a group of the binary log did to what is captured. `what` holds no value of a statement. */
export interface Effect {
  readonly isCaptured: boolean;
  /** The kind of statement, or whose rows it changed. */
  readonly what: string;
}

/** Statements that change the rows or the definition of a table, whose name they may hold without its database. */
const TABLE_DDL = /^(create table|alter table|drop table|truncate|rename table|drop (database|schema)|import table)\b/i;
/** Statements that define, or say, something other than a table. */
const HARMLESS =
  /^(create|alter|drop|grant|revoke|flush|analyze|optimize|repair|check|checksum|set|install|uninstall|xa|savepoint|release|rollback|commit|begin)\b/i;
const NAMES_SHOWN = 3;

/** Tells whether a group changed captured rows or definitions: those of one database. */
export function effectOf({ tables, statement, isPrepared }: BinlogGroup, database: string): Effect {
  const own = [...tables].filter((table) => table.startsWith(`${database}.`));
  if (own.length > 0) return { isCaptured: true, what: `${isPrepared ? 'prepared ' : ''}rows of ${listed(own)}` };
  if (statement !== undefined) return effectOfStatement(statement, database);
  if (tables.size === 0) return { isCaptured: false, what: 'no row' };
  const others = new Set([...tables].map((table) => table.slice(0, table.indexOf('.'))));
  return { isCaptured: false, what: `rows of other databases: ${listed([...others])}` };
}

function effectOfStatement(text: string, database: string): Effect {
  const [before = '', used] = /^use `((?:[^`]|``)*)`;\s*/.exec(text) ?? [];
  const bare = text
    .slice(before.length)
    .replace(/^(\s|\/\*.*?\*\/|--[^\n]*\n|#[^\n]*\n)+/s, '')
    .replace(/\s+/g, ' ');
  const what = (/^[a-z]+( [a-z]+)?/i.exec(bare)?.[0] ?? 'a statement').toUpperCase();
  if (/^(create|drop) temporary /i.test(bare)) return { isCaptured: false, what };
  if (!TABLE_DDL.test(bare) && HARMLESS.test(bare)) return { isCaptured: false, what };
  // Rows that were changed by a statement which stands in the log instead of them are told of by no row.
  const isCaptured =
    used?.toLowerCase() === database.toLowerCase() || bare.toLowerCase().includes(database.toLowerCase());
  return { isCaptured, what: isCaptured ? `${what} in ${database}` : what };
}

const listed = (names: readonly string[]): string =>
  `${names.slice(0, NAMES_SHOWN).join(', ')}${names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : ''}`;
