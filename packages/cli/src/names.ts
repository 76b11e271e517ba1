import { type Api, tokensIn, withValues } from '@overlay/api';
import type { Io } from './io.ts';
import { plural } from './print/words.ts';
import type { GlobalOptions, Shown } from './run.ts';

/** Options of a command whose answer can be shown with sealed values in clear. */
export interface Naming extends GlobalOptions {
  readonly names?: boolean;
  readonly reason?: string;
}

/** The command and its options, as what was asked stands on record. */
export const worded = (command: string, asked: Readonly<Record<string, string | number | undefined>>): string =>
  Object.entries(asked).reduce(
    (text, [name, value]) => (value === undefined ? text : `${text} --${name} ${value}`),
    command,
  );

/** The answer with values in the place of their tokens, where that was asked for. @param of what was asked */
export async function withNames<Value>(
  io: Io,
  api: Api,
  { names, reason = '', by = io.userName }: Naming,
  of: string,
  shown: Shown<Value>,
): Promise<Shown<Value>> {
  if (!names || !shown.answer.ok) return shown;
  const { value } = shown.answer;
  const tokens = tokensIn(value);
  if (tokens.length === 0) return { ...shown, note: both(shown, 'Nothing in it is sealed: nothing was opened.') };
  const opened = await api.names({ tokens, of, reason, by });
  if (!opened.ok) return { ...shown, answer: opened };
  const { values, erased } = opened.value;
  const found = Object.keys(values).length;
  const told = [
    `${plural(found - erased, 'sealed value is', 'sealed values are')} shown in clear; that you asked, and why, is on record.`,
    ...(erased > 0 ? [`${erased} of people who were erased: nobody can open them any more.`] : []),
    ...(found < tokens.length
      ? [`${plural(tokens.length - found, 'token is', 'tokens are')} in no change of the log.`]
      : []),
  ];
  // Texts in the place of texts: its shape stays.
  return {
    ...shown,
    answer: { ok: true, value: withValues(value, values) as Value },
    note: both(shown, told.join('\n')),
  };
}

/** What the command says anyway, and this. */
const both =
  <Value>({ note }: Shown<Value>, text: string): NonNullable<Shown<Value>['note']> =>
  (value) =>
    [note?.(value), text].filter((line) => line !== undefined).join('\n');
