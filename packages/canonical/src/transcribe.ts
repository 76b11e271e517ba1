import type { ToValue, Value } from './column-values.ts';
import { CLOSING_BRACE, isDigit, MINUS, POINT, QUOTE } from './json-bytes.ts';
import type { TextPage } from './text-page.ts';
import type { ImageShape, WrittenImage } from './written-image.ts';

/** A column as canonical JSON has it: what stands before its value, and how that is made. */
export interface PlannedColumn {
  readonly name: string;
  readonly prefix: string;
  readonly toValue: ToValue;
}

const N = 0x6e;
const ASCII_MAX = 0x7f;

/** The columns of a definition in the images of one shape. */
interface Layout {
  readonly shape: ImageShape;
  readonly places: readonly number[];
  /** What stands before each value, in the order of the definition. */
  readonly prefixes: readonly Buffer[];
  readonly isAscii: boolean;
}

/** The last one of each definition: a table has one shape at a time. */
const layouts = new WeakMap<readonly PlannedColumn[], Layout>();

function layoutOf(shape: ImageShape, columns: readonly PlannedColumn[]): Layout | undefined {
  const known = layouts.get(columns);
  if (known?.shape === shape) return known;
  const places = columns.map(({ name }) => shape.placeOf(name));
  if (shape.names.length !== columns.length || places.includes(undefined)) return undefined;
  const prefixes = columns.map(({ prefix }, index) => Buffer.from(`${index === 0 ? '{' : ','}${prefix}`));
  const layout = {
    shape,
    places: places as number[],
    prefixes,
    isAscii: prefixes.every((prefix) => prefix.every((byte) => byte <= ASCII_MAX)),
  };
  layouts.set(columns, layout);
  return layout;
}

/**
 * Puts the canonical text of an image on a page, byte by byte from how it was written: most values are not even read. The same text as from its
 * values. False, and nothing is put, for one that has other columns.
 */
export function transcribe(image: WrittenImage, columns: readonly PlannedColumn[], page: TextPage): boolean {
  const layout = layoutOf(image.shape, columns);
  if (!layout) return false;
  const { places, prefixes } = layout;
  for (let index = 0; index < places.length; index++) {
    const prefix = prefixes[index] as Buffer;
    page.putBytes(prefix, 0, prefix.length, layout.isAscii);
    transcribeValue(image, places[index] as number, (columns[index] as PlannedColumn).toValue, page);
  }
  page.putByte(CLOSING_BRACE);
  return true;
}

/** Puts the canonical text of one value on a page. */
export function transcribeValue(image: WrittenImage, place: number, toValue: ToValue, page: TextPage): void {
  const { bytes, bounds } = image;
  const from = bounds[2 * place] as number;
  const to = bounds[2 * place + 1] as number;
  const form = formOf(bytes, from, to, toValue);
  if (form === undefined) {
    page.put(valueText(toValue(image.valueAt(place))));
    return;
  }
  if (form === 'unquoted') page.putByte(QUOTE);
  page.putBytes(bytes, from, to, toValue.form !== 'text');
  if (form === 'unquoted') page.putByte(QUOTE);
}

export const valueText = (value: Value): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

/** How a value that was written is its own canonical text: as it is, or but for quotes around it; undefined when it is not. */
function formOf(bytes: Buffer, from: number, to: number, { form }: ToValue): 'same' | 'unquoted' | undefined {
  const first = bytes[from];
  if (first === N) return 'same';
  if (form === 'whole') return isWhole(bytes, from, to) ? 'unquoted' : undefined;
  const isSame = first === QUOTE && (form === 'text' || (form === 'decimal' && isDecimal(bytes, from + 1, to - 1)));
  return isSame ? 'same' : undefined;
}

/** Digits alone: a sign is left to who knows what it means. */
function isWhole(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!isDigit(bytes[at] as number)) return false;
  return true;
}

/** Digits, and perhaps a point and digits, after perhaps a sign. */
function isDecimal(bytes: Buffer, from: number, to: number): boolean {
  const begin = bytes[from] === MINUS ? from + 1 : from;
  let at = begin;
  while (at < to && isDigit(bytes[at] as number)) at++;
  if (at === begin || at === to) return at > begin;
  return bytes[at] === POINT && at + 1 < to && isWhole(bytes, at + 1, to);
}
