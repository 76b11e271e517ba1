const QUOTE = 0x22;
const MINUS = 0x2d;
const BACKSLASH = 0x5c;
/** Of `\u001a`. */
const ESCAPE_LENGTH = 6;
/** A double-precision number has so many digits at most, in its shortest form. */
const DIGITS_MAX = 17;

/**
 * MySQL's JSON text without the spaces that a snapshot has and the binary log has not. What the connector writes in another form, when it
 * reads the binary log, comes back to MySQL's: large and small double-precision numbers, escapes. One pass, whatever the length.
 */
export function jsonText(raw: string): string {
  const edits: Edit[] = [];
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code === QUOTE) at = editString(raw, at, edits);
    else if (isSpace(code)) edits.push({ start: at, end: at + 1, written: '' });
    else if (isDigit(code) || code === MINUS) at = editNumber(raw, at, edits);
  }
  return edits.length === 0 ? raw : edited(raw, edits);
}

/** What is to stand in the place of a part of a text. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly written: string;
}

function edited(raw: string, edits: readonly Edit[]): string {
  let text = '';
  let from = 0;
  for (const { start, end, written } of edits) {
    text += raw.slice(from, start) + written;
    from = end;
  }
  return text + raw.slice(from);
}

/** Notes what a number is to become, if anything. Gives the place of its last character. */
function editNumber(raw: string, start: number, edits: Edit[]): number {
  const end = endOfNumber(raw, start);
  const written = end - start > DIGITS_MAX ? shortened(raw.slice(start, end)) : undefined;
  if (written !== undefined) edits.push({ start, end, written });
  return end - 1;
}

/**
 * Notes what the escapes of a string are to become: MySQL writes them in small letters, the connector in capitals. Gives the place of the quote
 * that closes it; the length of the text when none does.
 */
function editString(raw: string, start: number, edits: Edit[]): number {
  for (let at = start + 1; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code !== BACKSLASH) continue;
    const written = raw.slice(at, at + ESCAPE_LENGTH);
    if (/^\\u(?=.*[A-F])[\dA-Fa-f]{4}$/.test(written))
      edits.push({ start: at, end: at + ESCAPE_LENGTH, written: written.toLowerCase() });
    at++;
  }
  return raw.length;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;

/** The place after the number that begins at `at`. */
function endOfNumber(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && /[\d.eE+-]/.test(text.charAt(end))) end++;
  return end;
}

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/** MySQL's form of a number that is a double-precision number written in full; undefined for integers and decimals. */
function shortened(full: string): string | undefined {
  if (/^-?[1-9]\d*$/.test(full)) {
    const whole = BigInt(full);
    if (whole >= INT64_MIN && whole <= UINT64_MAX) return undefined;
  } else if (!/^-?(0|[1-9]\d*)\.\d+$/.test(full)) return undefined;
  const value = Number(full);
  return Number.isFinite(value) && exactText(value) === full ? mysqlDoubleText(value) : undefined;
}

/** Every digit of a finite number, without an exponent. */
export function exactText(value: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(value));
  const biased = Number(bits.getBigUint64(0) >> 52n);
  const fraction = bits.getBigUint64(0) & (2n ** 52n - 1n);
  const mantissa = biased === 0 ? fraction : fraction | (2n ** 52n);
  const exponent = Math.max(biased, 1) - 1075;
  const sign = value < 0 ? '-' : '';
  if (exponent >= 0) return `${sign}${mantissa << BigInt(exponent)}`;
  const digits = String(mantissa * 5n ** BigInt(-exponent)).padStart(1 - exponent, '0');
  const decimals = digits.slice(exponent).replace(/0+$/, '');
  return `${sign}${digits.slice(0, exponent)}${decimals && `.${decimals}`}`;
}

const PLAIN_EXPONENT_MIN = -15;
const PLAIN_EXPONENT_MAX = 14;

/** A finite number as MySQL writes it in JSON: shortest digits; with an exponent below 1e-15, and from 1e15 on where there is no fraction. */
export function mysqlDoubleText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const [coefficient = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  const sign = value < 0 ? '-' : '';
  const digits = coefficient.replace(/[-.]/g, '');
  const hasFraction = digits.length > exponent + 1;
  if (exponent < PLAIN_EXPONENT_MIN || (exponent > PLAIN_EXPONENT_MAX && !hasFraction))
    return `${coefficient}e${exponent}`;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}
