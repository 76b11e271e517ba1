import { type Database, type Found, findByEntity, findByIds, findTransactions } from '@overlay/storage';
import { type Answer, answer, refuse } from './answer.ts';

/** What an id named: the thing itself, and more of its kind (other events of an entity, the same id in another source). */
export interface Named {
  readonly found: Found;
  readonly others: readonly Found[];
}

/** Fewer characters than this name too much. */
const PREFIX_LENGTH_MIN = 8;
const OTHERS_MAX = 10;
const ID_LENGTH_MAX = 500;

const ACCEPTED = [
  'accepted are the id of an anomaly, business event or change event (or its first 8 characters or more)',
  'a transaction id (GTID), or an entity as type:id, such as order:123',
].join(', ');

/** Finds what people write as an id. Ids in full come first, then transactions, then entities. */
export async function findNamed(database: Database, text: string): Promise<Answer<Named>> {
  const id = text.trim();
  if (id === '' || id.length > ID_LENGTH_MAX) return refuse('invalid', 'that is no id', ACCEPTED);
  if (/^[0-9a-f-]+$/i.test(id) && id.length < PREFIX_LENGTH_MIN)
    return refuse('invalid', `'${id}' is too short for an id: it would name too much`, ACCEPTED);
  const range = uuidRange(id);
  if (range) return byUuid(await findByIds(database, range.low, range.high, OTHERS_MAX + 1), id);
  const transactions = await findTransactions(database, id, OTHERS_MAX + 1);
  const [first, ...others] = transactions.length > 0 ? transactions : await byEntity(database, id);
  return first ? answer({ found: first, others }) : notFound(id);
}

function byUuid(all: readonly Found[], id: string): Answer<Named> {
  const [first, ...more] = all;
  if (!first) return notFound(id);
  if (more.length === 0) return answer({ found: first, others: [] });
  const list = all.map((found) => `${found.id} (${found.kind} ${found.label})`).join(', ');
  return refuse('ambiguous', `'${id}' is the beginning of several ids`, `write more of one of: ${list}`);
}

const notFound = (id: string): Answer<never> => refuse('not_found', `nothing in the log is named '${id}'`, ACCEPTED);

async function byEntity(database: Database, id: string): Promise<readonly Found[]> {
  const colon = id.indexOf(':');
  if (colon < 1 || colon === id.length - 1) return [];
  return findByEntity(database, id.slice(0, colon), id.slice(colon + 1), OTHERS_MAX + 1);
}

/** The first and the last UUID that begin with the digits; undefined when these are no beginning of a UUID. */
export function uuidRange(id: string): { readonly low: string; readonly high: string } | undefined {
  if (!/^[0-9a-f][0-9a-f-]*$/i.test(id)) return undefined;
  const digits = id.replaceAll('-', '').toLowerCase();
  if (digits.length < PREFIX_LENGTH_MIN || digits.length > 32) return undefined;
  const whole = (fill: string): string =>
    digits.padEnd(32, fill).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { low: whole('0'), high: whole('f') };
}
