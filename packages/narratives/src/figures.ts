/** `-1234567.50` → `-1,234,567.50`; text that is no decimal number comes back as it is. */
export function printNumber(value: string): string {
  const match = /^([+-]?)(\d+)(\.\d+)?$/.exec(value);
  if (!match) return value;
  const [, sign = '', whole = '', rest = ''] = match;
  return `${sign}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${rest}`;
}

/** A finite number in full, never in exponent form below 10^21. */
export function exactOf(value: number): string {
  const text = String(value);
  return text.includes('e-') ? withoutTrailingZeros(value.toFixed(20)) : text;
}

/** A number that came from a measurement, rounded to four significant digits. */
export function roundedOf(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return String(value);
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return withoutTrailingZeros(value.toFixed(Math.min(digits, 20)));
}

/** `3.20` → `3.2`, `40.` never comes, `40` stays. */
export const withoutTrailingZeros = (number: string): string =>
  number.includes('.') ? number.replace(/\.?0+$/, '') : number;

/**
 * What ends lines, moves cursors, or turns the writing direction: C0, DEL and C1 controls, line and paragraph separators, bidirectional and
 * zero-width marks, byte order marks, lone surrogates.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;

/** Characters of captured text that people are shown at most. */
const ROW_TEXT_MAX = 80;

/** Text that came out of a row, made fit to stand in a line for people: one line, printable, bounded. */
export function rowText(text: string, max: number = ROW_TEXT_MAX): string {
  const clean = text.replace(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim();
  const characters = [...clean];
  return characters.length <= max ? clean : `${characters.slice(0, max - 1).join('')}…`;
}
