/** What bytes of JSON hold, seen without parsing them. */
export interface Look {
  /** Members of objects, each time a key is written. */
  members: number;
  /** Objects and lists. */
  containers: number;
  depth: number;
  /** Where whole numbers begin and end that a JavaScript number may not hold. */
  readonly longNumbers: number[];
}

const QUOTE = 0x22;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const LOWER_E = 0x65;

/**
 * One pass over the bytes before `end`. Every record passes here, so it is written for speed: of bytes that are not JSON it says something,
 * of those that are the truth.
 */
export function look(bytes: Uint8Array, end: number): Look {
  const seen: Look = { members: 0, containers: 0, depth: 0, longNumbers: [] };
  let depth = 0;
  for (let at = 0; at < end; at++) {
    const code = bytes[at] ?? 0;
    if (code === QUOTE) at = endOfString(bytes, at, end);
    else if (code === COLON) seen.members++;
    else if (isDigit(code)) at = lookAtNumber(bytes, at, seen.longNumbers);
    else if (isOpening(code)) lookAtContainer(++depth, seen);
    else if (isClosing(code)) depth--;
  }
  return seen;
}

/** Braces and brackets differ in one bit. */
const isOpening = (code: number): boolean => (code | 0x20) === 0x7b;
const isClosing = (code: number): boolean => (code | 0x20) === 0x7d;
/** What stands before or after digits that are not all of a number. */
const isOfFraction = (code: number): boolean => code === POINT || (code | 0x20) === LOWER_E;
const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;

function lookAtContainer(depth: number, seen: Look): void {
  seen.containers++;
  if (depth > seen.depth) seen.depth = depth;
}

/** The place of the quote that closes the string which opens at `at`; `end` when none does. */
function endOfString(bytes: Uint8Array, at: number, end: number): number {
  for (let next = at + 1; next < end; next++) {
    const code = bytes[next];
    if (code === QUOTE) return next;
    if (code === BACKSLASH) next++;
  }
  return end;
}

/** Fewer digits are within 2^53; as many are when they do not begin with a 9. */
const LONG_DIGITS_MIN = 16;

/** Notes a whole number that may be beyond 2^53. Gives the place of its last digit. */
function lookAtNumber(bytes: Uint8Array, start: number, longNumbers: number[]): number {
  let end = start + 1;
  while (isDigit(bytes[end] ?? 0)) end++;
  if (end - start >= LONG_DIGITS_MIN && isLong(bytes, start, end)) {
    longNumbers.push(bytes[start - 1] === MINUS ? start - 1 : start, end);
  }
  return end - 1;
}

function isLong(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  const isSigned = bytes[start - 1] === MINUS || bytes[start - 1] === PLUS;
  const isWhole = [bytes[isSigned ? start - 2 : start - 1], bytes[end]].every((code) => !isOfFraction(code ?? 0));
  return isWhole && first !== ZERO && (first === NINE || end - start > LONG_DIGITS_MIN);
}

/** Members of all objects in parsed values: fewer than were written, where a key stood twice. `containers`: how many objects and lists they hold. */
export function countMembers(values: readonly unknown[], containers: number): number {
  const found = values.filter(isContainer);
  let members = 0;
  for (const container of found) {
    if (!Array.isArray(container)) members += Object.keys(container).length;
    if (found.length < containers) found.push(...Object.values(container).filter(isContainer));
  }
  return members;
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;
