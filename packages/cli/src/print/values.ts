import { rowText } from '@overlay/api';
import type { Json, Row } from '@overlay/model';
import { cleanLine } from '../io.ts';

/** Characters of a value that are shown at most. */
const VALUE_LENGTH_MAX = 120;

/** A value on a line of its own, as it is. */
export const valueText = (value: Json): string =>
  typeof value === 'string' && value !== '' ? rowText(value, VALUE_LENGTH_MAX) : quotedText(value);

/** A value between others, in quotes where its end could be mistaken. */
export function quotedText(value: Json): string {
  if (value === null) return 'NULL';
  const isWord = typeof value === 'string' && /^[^\s"'=]+$/.test(value);
  return rowText(isWord ? value : JSON.stringify(value), VALUE_LENGTH_MAX);
}

export const keyText = (key: Row): string =>
  Object.entries(key)
    .map(([name, value]) => `${cleanLine(name)}=${quotedText(value)}`)
    .join(' ');

/** A column's value before and after, or the one there is. */
export const changeTextOf = ({
  before,
  after,
}: {
  readonly before?: Json | undefined;
  readonly after?: Json | undefined;
}): string =>
  [before, after]
    .filter((value) => value !== undefined)
    .map(valueText)
    .join(' → ');

/** Who did it, and how sure that is; several are all told, where it is known who they are. */
export function whoText(
  actors: readonly { readonly id: string | null; readonly label: string | null; readonly grade: string }[],
): string {
  const [actor, ...others] = actors;
  if (!actor || actor.grade === 'unknown') return 'actor unknown';
  const named = actors.map(({ id, label, grade }) => (id === null ? grade : `${rowText(label ?? id)} (${grade})`));
  return `by ${others.length > 0 ? 'several: ' : ''}${named.join(', ')}`;
}
