/** What an application said of itself in a comment of its SQL statement: its own words, as text by name. */
export type StatementContext = Readonly<Record<string, string>>;

/** Where a comment stands: ahead of the statement or behind it. Nothing else of a statement, which may hold megabytes of values, is looked at. */
const REACH = 2048;
const NAMES_MAX = 16;
const NAME = /^[A-Za-z_][\w.-]{0,63}$/;
const VALUE_LENGTH_MAX = 256;

/**
 * The context of a statement: the comment behind it, or else the one ahead of it, either as sqlcommenter writes it (`name='value'`, both
 * URL-encoded, joined by commas) or as a JSON object of plain values. Null when neither is there: hints, prose, a comment of more than 2,048 characters, or any
 * name or value that is too long are no context. The statement itself is to be dropped: it holds values of rows.
 */
export function contextOf(statement: string): StatementContext | null {
  return parse(commentBehind(statement.slice(-REACH))) ?? parse(commentAhead(statement.slice(0, REACH)));
}

/** `/*!` and `/*+` are words to the server. */
const commentAhead = (text: string): string | undefined => /^\s*\/\*(?![!+])([\s\S]*?)\*\//.exec(text)?.[1];

/** A text that ends so ends with a comment: a value would end with its quote. */
function commentBehind(text: string): string | undefined {
  const [, body] = /^([\s\S]*)\*\/[\s;]*$/.exec(text) ?? [];
  const begin = body?.lastIndexOf('/*') ?? -1;
  const comment = begin < 0 ? undefined : body?.slice(begin + 2);
  return comment === undefined || /^[!+]/.test(comment) ? undefined : comment;
}

function parse(comment: string | undefined): StatementContext | null {
  const text = comment?.trim() ?? '';
  const members = text.startsWith('{') ? jsonMembers(text) : commenterMembers(text);
  if (!members || members.length === 0 || members.length > NAMES_MAX) return null;
  if (!members.every(([name, value]) => NAME.test(name) && value.length <= VALUE_LENGTH_MAX)) return null;
  return Object.fromEntries(members);
}

type Members = readonly (readonly [name: string, value: string])[];

function jsonMembers(text: string): Members | null {
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, unknown>).filter(([, value]) => value !== null);
    const isPlain = entries.every(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
    return isPlain ? entries.map(([name, value]) => [name, String(value)] as const) : null;
  } catch {
    return null;
  }
}

const COMMENTER = /^\s*([^=,\s']+)\s*=\s*'((?:[^'\\]|\\.)*)'\s*$/;

function commenterMembers(text: string): Members | null {
  const members: [string, string][] = [];
  // A comma within a value is URL-encoded.
  for (const part of text.split(',')) {
    const [, name, value] = COMMENTER.exec(part) ?? [];
    if (name === undefined || value === undefined) return null;
    const [clearName, clearValue] = [decoded(name), decoded(value.replace(/\\(.)/g, '$1'))];
    if (clearName === null || clearValue === null) return null;
    members.push([clearName, clearValue]);
  }
  return members;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
