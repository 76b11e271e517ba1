import { afterBytes, BACKSLASH, CLOSING_BRACE, COMMA, isDigit, MINUS, PLUS, POINT, QUOTE, ZERO } from './json-bytes.ts';
import type { RawImage } from './raw-image.ts';

const UPPER_E = 0x45;
const LOWER_E = 0x65;
const SPACE = 0x20;
/** The escapes that JSON.stringify writes in the same way. */
const ESCAPED = new Set([...'"\\bfnrt'].map((letter) => letter.charCodeAt(0)));
const WORDS = ['null', 'true', 'false'].map((word) => Buffer.from(word));

/** Whole numbers that may be beyond 2^53. */
const LONG = /^-?(?:9\d{15}|\d{17,})$/;
const LONG_LENGTH_MIN = 16;

/** The columns of a table's images as the connector writes them: their names, each once, in its order. */
export class ImageShape {
  readonly names: readonly string[];
  /** What stands before each value. */
  readonly #keys: readonly Buffer[];
  readonly #places: ReadonlyMap<string, number>;

  constructor(names: readonly string[]) {
    this.names = names;
    this.#keys = names.map((name, index) => Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`));
    this.#places = new Map(names.map((name, index) => [name, index]));
  }

  /** The place of a column, undefined where there is none of that name. */
  placeOf(name: string): number | undefined {
    return this.#places.get(name);
  }

  /**
   * The image that begins at a byte of UTF-8, where it has this shape and is written as the connector does: without spaces, each value
   * a string without escapes of code points, a number or a word. Undefined for everything else, also for what is not JSON.
   */
  read(bytes: Buffer, from: number): WrittenImage | undefined {
    const bounds = new Array<number>(2 * this.#keys.length);
    let at = from;
    for (let index = 0; index < this.#keys.length; index++) {
      at = afterBytes(bytes, at, this.#keys[index] as Buffer);
      if (at < 0) return undefined;
      bounds[2 * index] = at;
      at = afterValue(bytes, at);
      if (at < 0) return undefined;
      bounds[2 * index + 1] = at;
    }
    return bytes[at] === CLOSING_BRACE && this.#keys.length > 0
      ? new WrittenImage(this, bytes, bounds, from, at + 1)
      : undefined;
  }
}

/** An image whose values stand where they were written, and are read when they are asked for. */
export class WrittenImage {
  readonly shape: ImageShape;
  readonly bytes: Buffer;
  /** Where each value begins and ends, in the order of the shape. */
  readonly bounds: readonly number[];
  /** Where the image begins and ends. */
  readonly begin: number;
  readonly end: number;

  constructor(shape: ImageShape, bytes: Buffer, bounds: readonly number[], begin: number, end: number) {
    this.shape = shape;
    this.bytes = bytes;
    this.bounds = bounds;
    this.begin = begin;
    this.end = end;
  }

  /** The value of a column as {@link RawImage} has it; undefined where there is none of that name. */
  value(name: string): unknown {
    const place = this.shape.placeOf(name);
    return place === undefined ? undefined : this.valueAt(place);
  }

  valueAt(place: number): unknown {
    const text = this.bytes.toString('utf8', this.bounds[2 * place], this.bounds[2 * place + 1]);
    return LONG.test(text) ? text : JSON.parse(text);
  }

  /** All values by their columns. */
  values(): RawImage {
    const values = JSON.parse(this.bytes.toString('utf8', this.begin, this.end)) as Record<string, unknown>;
    for (const [place, name] of this.shape.names.entries()) {
      const isShort = (this.bounds[2 * place + 1] ?? 0) - (this.bounds[2 * place] ?? 0) < LONG_LENGTH_MIN;
      if (!isShort && typeof values[name] === 'number') values[name] = this.valueAt(place);
    }
    return values;
  }
}

/** A row image, however its wire format has it. */
export type Image = RawImage | WrittenImage;

/** The value of a column; undefined where there is none of that name. */
export function valueIn(image: Image, name: string): unknown {
  if (image instanceof WrittenImage) return image.value(name);
  return Object.hasOwn(image, name) ? image[name] : undefined;
}

/** All values by their columns. */
export const valuesOf = (image: Image): RawImage => (image instanceof WrittenImage ? image.values() : image);

/** The byte after a value, or -1. */
function afterValue(bytes: Buffer, from: number): number {
  const first = bytes[from] as number;
  if (first === QUOTE) return afterString(bytes, from);
  if (first === MINUS || isDigit(first)) return afterNumber(bytes, from);
  for (const word of WORDS) if (word[0] === first) return afterBytes(bytes, from, word);
  return -1;
}

function afterString(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.length; at++) {
    const code = bytes[at] as number;
    if (code === QUOTE) return at + 1;
    if (code < SPACE) return -1;
    if (code === BACKSLASH && !ESCAPED.has(bytes[++at] as number)) return -1;
  }
  return -1;
}

/** By the grammar of JSON. */
function afterNumber(bytes: Buffer, from: number): number {
  const whole = bytes[from] === MINUS ? from + 1 : from;
  let at = bytes[whole] === ZERO ? whole + 1 : afterDigits(bytes, whole);
  if (at > 0 && bytes[at] === POINT) at = afterDigits(bytes, at + 1);
  if (at > 0 && (bytes[at] === LOWER_E || bytes[at] === UPPER_E)) at = afterDigits(bytes, afterSign(bytes, at + 1));
  return bytes[at] === COMMA || bytes[at] === CLOSING_BRACE ? at : -1;
}

const afterSign = (bytes: Buffer, at: number): number => (bytes[at] === PLUS || bytes[at] === MINUS ? at + 1 : at);

/** The byte after one digit or more, or -1. */
function afterDigits(bytes: Buffer, from: number): number {
  let at = from;
  while (isDigit(bytes[at] as number)) at++;
  return at > from ? at : -1;
}
