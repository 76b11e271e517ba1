import { type ClearImages, ERASED, openValues } from '@overlay/sealing';
import { findSealed, type KeyStore, type SealedAt } from '@overlay/storage';
import { type Answer, answer, refuse } from './answer.ts';
import type { Names } from './contract/index.ts';
import type { Intend } from './recording.ts';
import { begin, type Doing, type SealedDeps } from './sealed.ts';

/** A token of a sealed value, wherever in a text. */
const TOKEN = /sealed:[A-Za-z0-9_-]{22}/g;
/** More is no question of a person, and takes long to look for. */
const TOKENS_MAX = 1000;

/** Sealed values by their tokens, and what they are wanted for. */
export interface NamesAsk extends Doing {
  readonly tokens: readonly string[];
  /** The answer in which they stand, as it was asked for. */
  readonly of: string;
}

/** The tokens of sealed values in an answer, in the middle of texts too, each once. */
export const tokensIn = (value: unknown): readonly string[] => [...new Set(JSON.stringify(value).match(TOKEN) ?? [])];

/** An answer with values in the place of their tokens; other tokens stay. */
export function withValues(value: unknown, values: Names['values']): unknown {
  if (typeof value === 'string')
    return value.replace(TOKEN, (token) => (Object.hasOwn(values, token) ? (values[token] ?? token) : token));
  if (Array.isArray(value)) return value.map((item) => withValues(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withValues(item, values)]));
}

/** Opens values by their tokens, each where it was sealed last. Whose they are, by their ids, is on record before anything is opened. */
export async function openNames(
  deps: SealedDeps,
  { tokens, ...doing }: NamesAsk,
  intend: Intend,
): Promise<Answer<Names>> {
  const keys = begin(deps, doing);
  if (!keys.ok) return keys;
  if (tokens.length > TOKENS_MAX)
    return refuse(
      'invalid',
      `these are ${tokens.length} sealed values`,
      `ask for less: up to ${TOKENS_MAX} are opened`,
    );
  const places = await findSealed(deps.database, tokens);
  const subjects = [...new Set(places.flatMap(({ sealedValues }) => sealedValues.map(({ subject }) => subject)))];
  await intend({ subjects });
  const values = await openPlaces(keys.value.store, places, subjects);
  const asked = tokens.filter((token) => values.has(token));
  return answer({
    values: Object.fromEntries(asked.map((token) => [token, values.get(token) ?? ERASED])),
    erased: asked.filter((token) => values.get(token) === undefined).length,
  });
}

/** Token → value; undefined where whose it was is erased. */
async function openPlaces(
  store: KeyStore,
  places: readonly SealedAt[],
  subjects: readonly string[],
): Promise<ReadonlyMap<string, string | undefined>> {
  const keys = await store.findSubjectKeys(subjects);
  const found = places.flatMap(({ sealedValues, ...at }) =>
    sealedValues.map((values) => ({ ...at, values, key: keys.get(values.subject) })),
  );
  const clear = new Map<string, string | undefined>();
  for (const { token, key } of found) if (key === 'destroyed') clear.set(token, undefined);
  for (const { eventId, values, key } of found)
    if (typeof key === 'object')
      for (const value of valuesIn(openValues(key, eventId, values))) clear.set(key.tokenize(value), value);
  return clear;
}

const valuesIn = ({ before = {}, after = {} }: ClearImages = {}): readonly string[] =>
  [...Object.values(before), ...Object.values(after)].map(String);
