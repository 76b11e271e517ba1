/** Bytes that mean something in JSON. */
export const QUOTE = 0x22;
export const PLUS = 0x2b;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const POINT = 0x2e;
export const ZERO = 0x30;
export const BACKSLASH = 0x5c;
export const CLOSING_BRACE = 0x7d;
const NINE = 0x39;

export const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;

/** The byte after `expected`, if that stands at a byte; else -1. */
export function afterBytes(bytes: Buffer, from: number, expected: Buffer): number {
  for (let index = 0; index < expected.length; index++) if (bytes[from + index] !== expected[index]) return -1;
  return from + expected.length;
}
