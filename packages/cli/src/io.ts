import { styleText } from 'node:util';

/** The outside of the program: what it is given and where it speaks. stdout is for data, stderr for talk. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTty: boolean;
  /** Who decides, when nobody else is named. */
  readonly userName: string;
}

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan' | 'magenta';
/** Colours text for a terminal, or leaves it. */
export type Paint = (style: Style, text: string) => string;

/** Colour goes to terminals that want it, never into a pipe. */
export function makePaint({ env, isTty }: Io): Paint {
  const isColored = isTty && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  return (style, text) => (isColored ? styleText(style, text, { validateStream: false }) : text);
}

/**
 * Everything that could steer a terminal or turn the writing direction: control characters but the line feed, bidirectional and zero-width
 * marks, lone surrogates.
 */
const STEERING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;

/** Captured text without what steers a terminal. */
export const clean = (text: string): string => text.replace(STEERING, '');

/** The same for a text that must stay in its line. */
export const cleanLine = (text: string): string => clean(text.replace(/[\n\t]+/g, ' '));

/** JSON for programs: the same values, with what steers a terminal written as escapes. */
export const jsonText = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replace(STEERING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
