/** A commit time with its microseconds, as a record carries it; JavaScript's Date would cut them off. */
export const instant = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/**
 * A body in which every text can be read by Postgres: NUL and lone surrogates, which JSON can hold and Postgres' text cannot, become U+FFFD.
 * Canonical JSON escapes no other character of those ranges.
 */
export const readable = (body: string): string =>
  String.raw`case when strpos(${body}::text, '\u0000') > 0 or strpos(${body}::text, '\ud') > 0
    then regexp_replace(${body}::text, '(?<!\\)((?:\\\\)*)\\u(0000|d[89a-f][0-9a-f]{2})', '\1\\ufffd', 'g')::json else ${body} end`;

/** A decimal text as an exact number; null for any other text. */
export const decimal = (text: string): string =>
  String.raw`case when ${text} ~ '^[+-]?\d{1,80}(\.\d{1,40})?$' then ${text}::numeric end`;

/** Severities from the least, for comparing and ordering. */
export const severityRank = (column: string): string =>
  `array_position(array['low','medium','high','critical'], ${column})`;
