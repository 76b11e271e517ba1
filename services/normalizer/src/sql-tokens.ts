/** A piece of an SQL statement. `name` is an identifier in backticks, `text` anything in single or double quotes. */
export interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'sign';
  /** As it was written. */
  readonly raw: string;
  /** Of a word, a name or a text: what it stands for, without quotes. */
  readonly value: string;
  /** Whether a space or a comment stands before it. */
  readonly isApart: boolean;
}

const SPACE = /\s+/y;
/** Comments end at their line, `*\/` or the statement. The content of executable comments is dropped with them. */
const COMMENT = /#[^\n]*|--(?=[\s\p{Cc}]|$)[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/uy;
const NAME = /`(?:[^`]|``)*(?:`|$)/y;
const TEXT = /'(?:[^'\\]|''|\\[\s\S])*(?:'|\\?$)|"(?:[^"\\]|""|\\[\s\S])*(?:"|\\?$)/y;
const TEXT_WITHOUT_ESCAPES = /'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)/y;
const NUMBER = /(?:0x[0-9a-f]+|0b[01]+|\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)(?![\w$\u0080-\uffff])/iy;
const WORD = /[\w$@\u0080-\uffff]+/y;

/**
 * Cuts a MySQL statement into tokens; spaces and comments are left out. `hasEscapes`: whether a backslash escapes in texts, which is the
 * server's `sql_mode` to say. Takes any text: what is not SQL gives tokens all the same.
 */
export function* tokensOf(statement: string, hasEscapes = true): Generator<Token> {
  const text = hasEscapes ? TEXT : TEXT_WITHOUT_ESCAPES;
  let isApart = false;
  for (let at = 0; at < statement.length; ) {
    const { kind, raw, value } = read(statement, at, text);
    at += raw.length;
    if (kind !== 'nothing') yield { kind, raw, value, isApart };
    isApart = kind === 'nothing';
  }
}

interface Piece {
  readonly kind: Token['kind'] | 'nothing';
  readonly raw: string;
  readonly value: string;
}

function read(statement: string, at: number, text: RegExp): Piece {
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(statement)?.[0];
  };
  const nothing = match(SPACE) ?? match(COMMENT);
  if (nothing) return { kind: 'nothing', raw: nothing, value: '' };
  const name = match(NAME);
  if (name) return { kind: 'name', raw: name, value: inside(name) };
  const quoted = match(text);
  if (quoted) return { kind: 'text', raw: quoted, value: inside(quoted) };
  const number = match(NUMBER);
  if (number) return { kind: 'number', raw: number, value: number };
  const word = match(WORD);
  if (word) return { kind: 'word', raw: word, value: word };
  const sign = statement.charAt(at);
  return { kind: 'sign', raw: sign, value: sign };
}

/** Without the quotes around it, and with doubled ones undone. */
function inside(quoted: string): string {
  const quote = quoted.charAt(0);
  const end = quoted.length > 1 && quoted.endsWith(quote) ? -1 : undefined;
  return quoted.slice(1, end).replaceAll(quote + quote, quote);
}
