import { type Token, tokensOf } from './sql-tokens.ts';

/** Stands where a literal stood. */
const LITERAL = '?';
/** Ends a statement of which the rest could not be told from text. */
const CUT = '…';

/**
 * A DDL statement without what may be data: texts and numbers become `?`, comments go, and so do runs of spaces. What is schema stays: names,
 * the words of ENUM and SET, the length and scale of a type. Whether a backslash escapes in texts depends on a mode of the server that the
 * statement does not tell; from where that makes a difference on, nothing is kept.
 */
export function stripLiterals(statement: string): string {
  const [one, other] = [strip(statement, true), strip(statement, false)];
  const end = one.findIndex((token, at) => token !== other[at]);
  const isSame = end < 0 && one.length === other.length;
  return isSame
    ? one.join('').trim()
    : `${one
        .slice(0, end < 0 ? one.length : end)
        .join('')
        .trim()} ${CUT}`;
}

/** What a pair of brackets is around. */
type Around = 'columns' | 'labels' | 'size' | 'other';

const TYPES =
  /^(bit|bool|boolean|tinyint|smallint|mediumint|int|integer|bigint|real|double|precision|float|decimal|dec|numeric|fixed|date|datetime|timestamp|time|year|n?char|n?varchar|character|varying|binary|varbinary|tinyblob|blob|mediumblob|longblob|tinytext|text|mediumtext|longtext|vector)$/i;
const LABELS = /^(enum|set)$/i;

function strip(statement: string, hasEscapes: boolean): readonly string[] {
  const out: string[] = [];
  const open: Around[] = [];
  let before: Token | undefined;
  for (const token of tokensOf(statement, hasEscapes)) {
    const around = open.at(-1);
    if (token.raw === '(') open.push(aroundOf(before, open, out.length));
    else if (token.raw === ')') open.pop();
    out.push(`${token.isApart ? ' ' : ''}${isKept(token, around) ? token.raw : LITERAL}`);
    before = token;
  }
  return out;
}

function isKept({ kind }: Token, around: Around | undefined): boolean {
  if (kind === 'number') return around === 'size';
  if (kind === 'text') return around === 'labels';
  return true;
}

/** A type stands among columns; in an expression, a word that looks like a type is a function, and what it is given is data. */
function aroundOf(before: Token | undefined, open: readonly Around[], tokens: number): Around {
  const isAmongColumns = open.every((around) => around === 'columns');
  if (!isAmongColumns || before?.kind === 'sign') return 'other';
  const word = before?.kind === 'word' ? before.value : '';
  if (TYPES.test(word)) return 'size';
  if (LABELS.test(word)) return 'labels';
  const isList =
    before?.kind === 'name' || /^(add|column)$/i.test(word) || (open.length === 0 && tokens <= COLUMNS_AT_MOST);
  return isList && !/^(default|check|as|in|than|values|by|hash|list|range|key|on)$/i.test(word) ? 'columns' : 'other';
}

/** `CREATE TEMPORARY TABLE IF NOT EXISTS database . table (`: further on, brackets are around something else. */
const COLUMNS_AT_MOST = 9;
