import { isUtf8 } from 'node:buffer';
import { afterBytes, type Image, ImageShape, type RawImage } from '@overlay/canonical';
import { readDebezium, unreadable } from './debezium.ts';
import { countMembers, look } from './json-look.ts';
import type { RawRecord } from './raw-record.ts';

/** Debezium nests its values eight deep; what is much deeper was not written by it. */
const DEPTH_MAX = 64;

/** Tables whose shapes are kept; of more, all are learned anew. */
const SHAPES_MAX = 10_000;

/** Reads one value of Debezium's MySQL connector, JSON without schemas. */
export type ParseJson = (value: Buffer | string) => RawRecord;

/**
 * Makes a reader, which learns how the images of each table are written. It never throws: what cannot be read comes back as `unreadable`, with
 * a detail that holds no values. Whole numbers of a row that a JavaScript number may not hold come as their text.
 */
export function makeDebeziumJson(): ParseJson {
  const learned: Learned = { shapes: new Map(), endBytes: 0 };
  return (value) => {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    // Anything else would be read as other text than was written.
    if (!isUtf8(bytes)) return unreadable('raw.not_json', 'the value is neither UTF-8 nor framed Avro');
    return parseUsualChange(bytes, learned) ?? parseAny(bytes);
  };
}

/**
 * What follows the images in nearly every record, as the connector writes it: in this form no key stands twice, and no number is of use that
 * would have to be kept as text.
 */
const USUAL_END =
  /^,"source":\{"version":"([^"\\\p{Cc}]*)","connector":"([^"\\\p{Cc}]*)","name":"[^"\\\p{Cc}]*","ts_ms":(?:0|[1-9]\d*),"snapshot":(?:null|"([^"\\\p{Cc}]*)"),"db":"([^"\\\p{Cc}]*)","sequence":null,"ts_us":(0|[1-9]\d{0,15}),"ts_ns":(?:0|[1-9]\d*),"table":"([^"\\\p{Cc}]*)","server_id":(?:0|[1-9]\d*),"gtid":(?:null|"([^"\\\p{Cc}]*)"),"file":"([^"\\\p{Cc}]*)","pos":(0|[1-9]\d{0,14}),"row":(0|[1-9]\d{0,14}),"thread":(?:null|(0|[1-9]\d{0,14})),"query":null\},"transaction":(?:null|\{"id":"([^"\\\p{Cc}]*)","total_order":(0|[1-9]\d{0,14}),"data_collection_order":(?:0|[1-9]\d*)\}),"op":"(\w)","ts_ms":(?:0|[1-9]\d*),"ts_us":(?:0|[1-9]\d*),"ts_ns":(?:0|[1-9]\d*)\}$/u;
const END_BEGINS = Buffer.from(',"source":{"version":');
/** How much longer or shorter an end is than the one before, most often. */
const END_SPREAD = 12;
/** `before` and `after` themselves. */
const OWN_MEMBERS = 2;

/** What a reader has learned from what it read. */
interface Learned {
  /** How the images of a table were written last, by its name. */
  readonly shapes: Map<string, ImageShape>;
  /** Length of the last usual end. */
  endBytes: number;
}

/** A change with the usual end, of which only the images need a closer look. Undefined for everything else. */
function parseUsualChange(bytes: Buffer, learned: Learned): RawRecord | undefined {
  const from = endOfImages(bytes, learned.endBytes);
  const end = from < 0 ? null : USUAL_END.exec(bytes.toString('utf8', from));
  if (!end) return undefined;
  learned.endBytes = bytes.length - from;
  const { shapes } = learned;
  const table = `${end[4]}\n${end[6]}`;
  const known = shapes.get(table);
  const written = known && writtenImages(bytes, from, known);
  if (written) return readDebezium(changeOf(end, written));
  const images = parseImages(bytes, from);
  if (!images) return undefined;
  const names = Object.keys(images.after ?? images.before ?? {});
  if (names.length > 0 && !isSame(names, known?.names)) {
    if (shapes.size >= SHAPES_MAX) shapes.clear();
    shapes.set(table, new ImageShape(names));
  }
  return readDebezium(changeOf(end, images));
}

const isSame = (one: readonly string[], other: readonly string[] = []): boolean =>
  one.length === other.length && one.every((name, index) => name === other[index]);

/** Where the end begins, near to where it did in the last record, or anywhere; -1 where there is none. */
function endOfImages(bytes: Buffer, lastBytes: number): number {
  const guess = bytes.length - lastBytes;
  for (let at = Math.max(0, guess - END_SPREAD); at <= guess + END_SPREAD; at++)
    if (afterBytes(bytes, at, END_BEGINS) > 0) return at;
  return bytes.lastIndexOf(END_BEGINS);
}

interface Images {
  readonly before: Image | null;
  readonly after: Image | null;
}

/** The value that the end belongs to, as far as it is read. */
function changeOf(end: RegExpExecArray, images: Images): unknown {
  const [, version, connector, snapshot, db, time, table, gtid, file, pos, row, thread, id, order, op] = end;
  const source = {
    version,
    connector,
    snapshot: snapshot ?? null,
    db,
    ts_us: Number(time),
    table,
    gtid: gtid ?? null,
    file,
    pos: Number(pos),
    row: Number(row),
    thread: thread === undefined ? null : Number(thread),
    query: null,
  };
  const transaction = id === undefined ? null : { id, total_order: Number(order) };
  return { ...images, source, transaction, op };
}

const BEFORE = Buffer.from('{"before":');
const AFTER = Buffer.from(',"after":');
const NULL = Buffer.from('null');

/** The images in the bytes before the end, if they are of this shape; undefined when they are written in any other way. */
function writtenImages(bytes: Buffer, end: number, shape: ImageShape): Images | undefined {
  const before = writtenImage(bytes, BEFORE, 0, shape);
  const after = before && writtenImage(bytes, AFTER, before.end, shape);
  return after?.end === end ? { before: before?.image ?? null, after: after.image } : undefined;
}

function writtenImage(bytes: Buffer, key: Buffer, from: number, shape: ImageShape) {
  const at = afterBytes(bytes, from, key);
  if (at < 0) return undefined;
  const afterNull = afterBytes(bytes, at, NULL);
  if (afterNull > 0) return { image: null, end: afterNull };
  const image = shape.read(bytes, at);
  return image && { image, end: image.end };
}

/** The images in the bytes before the end, as values; undefined when that is not all that stands there, or a key stands twice. */
function parseImages(bytes: Buffer, end: number): { before: RawImage | null; after: RawImage | null } | undefined {
  const { members, containers, depth, longNumbers } = look(bytes, end);
  if (depth > DEPTH_MAX) return undefined;
  const value = parse(bytes.subarray(0, end), longNumbers, '}') as { before?: unknown; after?: unknown } | undefined;
  if (!value || countMembers([value.before, value.after], containers - 1) + OWN_MEMBERS !== members) return undefined;
  return isImage(value.before) && isImage(value.after) ? { before: value.before, after: value.after } : undefined;
}

const isImage = (value: unknown): value is RawImage | null =>
  value === null || (typeof value === 'object' && !Array.isArray(value));

function parseAny(bytes: Buffer): RawRecord {
  const { members, containers, depth, longNumbers } = look(bytes, bytes.length);
  if (depth > DEPTH_MAX)
    return unreadable('raw.not_json', `the value is nested deeper than ${DEPTH_MAX} objects and lists`);
  // Only rows have numbers that must be kept as text.
  const value = parse(bytes, bytes.includes('"op":') ? longNumbers : []);
  if (value === undefined) return unreadable('raw.not_json', 'the value is not JSON');
  if (countMembers([value], containers) !== members)
    return unreadable('raw.not_json', 'an object has the same key twice');
  return readDebezium(value);
}

/** Undefined for what is not JSON, with this after it. Numbers at these places become text. */
function parse(bytes: Buffer, longNumbers: readonly number[], ending = ''): unknown {
  try {
    return JSON.parse(withQuotes(bytes, longNumbers) + ending);
  } catch {
    return undefined;
  }
}

function withQuotes(bytes: Buffer, places: readonly number[]): string {
  let quoted = '';
  let from = 0;
  for (const place of places) {
    quoted += `${bytes.toString('utf8', from, place)}"`;
    from = place;
  }
  return quoted + bytes.toString('utf8', from);
}
