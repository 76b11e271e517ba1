/** What an application says of itself with a statement: who acts, and whatever else it likes, by name. What is null or undefined is left out. */
export type Context = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>;

/** What a reader of the binary log takes at most; see docs/reference/actors.md. */
const NAMES_MAX = 16;
const VALUE_LENGTH_MAX = 256;
const COMMENT_LENGTH_MAX = 2000;
const NAME = /^[A-Za-z_][\w.-]{0,63}$/;

/**
 * The context as a comment in the form of sqlcommenter, by name in order: `/*actor='3',route='%2Fprices'*​/`; nothing when there is nothing to say. Values are
 * URL-encoded: whatever they hold, the comment ends where it ends, and has no quote, `?` or `:` that a driver would take for its own. Throws a
 * RangeError for what a reader would not take: more than 16 names, a name that is no word of up to 64 letters, digits, `_`, `.` and `-`, a value
 * of more than 256 characters, more than 2,000 in all.
 */
export function comment(context: Context): string {
  const members = Object.entries(context)
    .filter(([, value]) => value !== null && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (members.length === 0) return '';
  if (members.length > NAMES_MAX)
    throw new RangeError(`a comment has ${NAMES_MAX} names at most, not ${members.length}`);
  const text = `/*${members.map(([name, value]) => memberOf(name, String(value))).join(',')}*/`;
  if (text.length > COMMENT_LENGTH_MAX)
    throw new RangeError(`a comment has ${COMMENT_LENGTH_MAX} characters at most, not ${text.length}: leave names out`);
  return text;
}

/** The statement with the context behind it; whatever comment it ended with, this one counts. Costs a microsecond, and nothing on the way to the server. */
export function commented(statement: string, context: Context): string {
  const text = comment(context);
  // On a line of its own: the statement may end with a comment that goes to the end of its line.
  return text === '' ? statement : `${statement.replace(/[\s;]+$/, '')}\n${text}`;
}

function memberOf(name: string, value: string): string {
  if (!NAME.test(name))
    throw new RangeError(`'${name}' is no name for a comment: accepted are up to 64 letters, digits, '_', '.' and '-'`);
  if (value.length > VALUE_LENGTH_MAX)
    throw new RangeError(
      `the value of ${name} has ${value.length} characters, ${VALUE_LENGTH_MAX} at most are accepted`,
    );
  return `${name}='${encode(value)}'`;
}

/** A value with half of a surrogate pair becomes the replacement character, as everywhere on the way to a server. */
const encode = (value: string): string =>
  encodeURIComponent(value.toWellFormed()).replaceAll("'", '%27').replaceAll('*', '%2A');
