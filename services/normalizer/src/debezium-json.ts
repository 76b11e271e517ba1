import { isUtf8 } from 'node:buffer';
import { readDebezium, unreadable } from './debezium.ts';
import { countMembers, look } from './json-look.ts';
import type { RawRecord } from './raw-record.ts';

/** Debezium nests its values eight deep; what is much deeper was not written by it. */
const DEPTH_MAX = 64;

/**
 * Reads one value of Debezium's MySQL connector, JSON without schemas. Never throws: what cannot be read comes back as `unreadable`, with
 * a detail that holds no values. Whole numbers of a row that a JavaScript number may not hold come as their text.
 */
export function parseDebeziumJson(value: Buffer | string): RawRecord {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  // Anything else would be read as other text than was written.
  if (!isUtf8(bytes)) return unreadable('raw.not_json', 'the value is neither UTF-8 nor framed Avro');
  const text = bytes.toString('utf8');
  return parseUsualChange(bytes, text) ?? parseAny(bytes, text);
}

/**
 * What follows the images in nearly every record, as the connector writes it: in this form no key stands twice, and no number is of use that
 * would have to be kept as text.
 */
const USUAL_END =
  /^,"source":\{"version":"[^"\\]*","connector":"[^"\\]*","name":"[^"\\]*","ts_ms":\d+,"snapshot":(?:null|"[^"\\]*"),"db":"[^"\\]*","sequence":null,"ts_us":\d{1,16},"ts_ns":\d+,"table":"[^"\\]*","server_id":\d+,"gtid":(?:null|"[^"\\]*"),"file":"[^"\\]*","pos":\d{1,15},"row":\d{1,15},"thread":(?:null|\d{1,15}),"query":null\},"transaction":(?:null|\{"id":"[^"\\]*","total_order":\d{1,15},"data_collection_order":\d+\}),"op":"\w","ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+\}$/;
const END_BEGINS = ',"source":{"version":';
/** `before` and `after` themselves. */
const OWN_MEMBERS = 2;

/** A change with the usual end, of which only the images need a closer look. Undefined for everything else. */
function parseUsualChange(bytes: Buffer, text: string): RawRecord | undefined {
  const end = bytes.lastIndexOf(END_BEGINS);
  // All of the end is ASCII, or this is another place, where the end does not begin.
  if (end < 0 || !USUAL_END.test(text.slice(end - bytes.length))) return undefined;
  const { members, containers, depth, longNumbers } = look(bytes, end);
  if (depth > DEPTH_MAX) return undefined;
  const value = parse(bytes, text, longNumbers) as { before?: unknown; after?: unknown } | undefined;
  if (!value || countMembers([value.before, value.after], containers - 1) + OWN_MEMBERS !== members) return undefined;
  return readDebezium(value);
}

function parseAny(bytes: Buffer, text: string): RawRecord {
  const { members, containers, depth, longNumbers } = look(bytes, bytes.length);
  if (depth > DEPTH_MAX)
    return unreadable('raw.not_json', `the value is nested deeper than ${DEPTH_MAX} objects and lists`);
  const value = parse(bytes, text, isChange(text) ? longNumbers : []);
  if (value === undefined) return unreadable('raw.not_json', 'the value is not JSON');
  if (countMembers([value], containers) !== members)
    return unreadable('raw.not_json', 'an object has the same key twice');
  return readDebezium(value);
}

/** Only rows have numbers that must be kept as text. */
const isChange = (text: string): boolean => text.includes('"op":');

/** Undefined for what is not JSON. Numbers at these places become text. */
function parse(bytes: Buffer, text: string, longNumbers: readonly number[]): unknown {
  try {
    return JSON.parse(longNumbers.length === 0 ? text : withQuotes(bytes, longNumbers));
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
