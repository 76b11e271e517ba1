import { type Token, tokensOf } from './sql-tokens.ts';

/** A table as a statement names it: the database may be the one that the session used. */
export interface NamedTable {
  readonly database: string | null;
  readonly table: string;
}

export interface Rename {
  readonly from: NamedTable;
  readonly to: NamedTable;
}

/** What a DDL says beyond the definitions that the connector gives with it. */
export interface Ddl {
  /** Tables that get another name, in their order. */
  readonly renames: readonly Rename[];
  /** Columns that get another name: old → new. */
  readonly renamedColumns: ReadonlyMap<string, string>;
  /** The database that is dropped with all of its tables. */
  readonly droppedDatabase: string | null;
  /** Rows go or come without being told of: partitions are emptied, dropped or exchanged, tablespaces discarded or imported. */
  readonly losesRows: boolean;
}

const NOTHING: Ddl = { renames: [], renamedColumns: new Map(), droppedDatabase: null, losesRows: false };

/** Reads a DDL statement as far as it says what the connector's definitions do not. Any text can be read. */
export function readDdl(statement: string): Ddl {
  const tokens = [...tokensOf(statement)];
  const words = new Words(tokens);
  if (words.take('rename')) return words.take('table', 'tables') ? { ...NOTHING, renames: pairsOf(words) } : NOTHING;
  if (words.take('drop')) return dropped(words);
  return words.take('alter') && words.take('table') ? altered(words) : NOTHING;
}

/** A place in the tokens of a statement. */
class Words {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Goes past one of these words or signs, if one of them stands here. */
  take(...wanted: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (!token || token.kind === 'name' || token.kind === 'text') return undefined;
    const word = token.raw.toLowerCase();
    if (!wanted.includes(word)) return undefined;
    this.#at++;
    return word;
  }

  skip(): void {
    this.#at++;
  }

  /** Goes past a name, quoted or not; with `sql_mode=ANSI_QUOTES` names stand in double quotes. */
  name(): string | undefined {
    const token = this.#tokens[this.#at];
    if (!token || token.kind === 'sign' || token.raw.startsWith("'")) return undefined;
    this.#at++;
    return token.value;
  }

  table(): NamedTable | undefined {
    const first = this.name();
    if (first === undefined) return undefined;
    if (!this.take('.')) return { database: null, table: first };
    const second = this.name();
    return second === undefined ? undefined : { database: first, table: second };
  }
}

function pairsOf(words: Words): readonly Rename[] {
  const pairs: Rename[] = [];
  do {
    const from = words.table();
    const to = words.take('to') && words.table();
    if (!from || !to) return pairs;
    pairs.push({ from, to });
  } while (words.take(','));
  return pairs;
}

function dropped(words: Words): Ddl {
  if (!words.take('database', 'schema')) return NOTHING;
  if (words.take('if')) words.take('exists');
  return { ...NOTHING, droppedDatabase: words.name() ?? null };
}

/** Goes through the clauses of an ALTER TABLE; each begins after a comma that no brackets are around, or at the beginning. */
function altered(words: Words): Ddl {
  const from = words.table();
  if (!from) return NOTHING;
  const renames: Rename[] = [];
  const renamedColumns = new Map<string, string>();
  let losesRows = false;
  let depth = 0;
  for (let isBeginning = true; !words.isAtEnd; ) {
    if (isBeginning && depth === 0) {
      losesRows ||= readClause(words, from, renames, renamedColumns);
      isBeginning = false;
    }
    const sign = words.take('(', ')', ',');
    if (sign === '(') depth++;
    else if (sign === ')') depth--;
    else if (sign === ',') isBeginning = true;
    else words.skip();
  }
  return { ...NOTHING, renames, renamedColumns, losesRows };
}

/** The beginning of a clause; true when it takes rows away or brings some without a word. */
function readClause(words: Words, from: NamedTable, renames: Rename[], columns: Map<string, string>): boolean {
  const verb = words.take('rename', 'change', 'truncate', 'drop', 'exchange', 'discard', 'import');
  if (verb === 'rename') readRename(words, from, renames, columns);
  else if (verb === 'change') {
    words.take('column');
    setRenamed(columns, words.name(), words.name());
  } else if (verb) return words.take('partition', 'tablespace') !== undefined;
  return false;
}

function readRename(words: Words, from: NamedTable, renames: Rename[], columns: Map<string, string>): void {
  if (words.take('index', 'key')) return;
  if (words.take('column')) {
    const old = words.name();
    setRenamed(columns, old, words.take('to') && words.name());
    return;
  }
  words.take('to', 'as', '=');
  const to = words.table();
  if (to) renames.push({ from, to });
}

function setRenamed(columns: Map<string, string>, old: string | undefined, now: string | undefined): void {
  if (old !== undefined && now !== undefined && old !== now) columns.set(old, now);
}
