import { once } from 'node:events';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** A value of one COPY field: text, number, boolean or null. */
export type Field = string | number | boolean | null;

/** Text this long is handed to the socket at once. */
const CHUNK_LENGTH = 256 * 1024;

/** Writes rows into a table by COPY, inside whatever transaction the client is in. `columns` and every row have the same order. */
export async function copyRows(
  client: ClientBase,
  table: string,
  columns: readonly string[],
  rows: Iterable<readonly Field[]>,
): Promise<void> {
  const stream = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`));
  const done = new Promise<void>((resolve, reject) => stream.once('finish', resolve).once('error', reject));
  done.catch(() => {}); // reported by the await below; without this a failure while writing would be unhandled
  let chunk = '';
  for (const row of rows) {
    chunk += `${row.map(fieldText).join('\t')}\n`;
    if (chunk.length < CHUNK_LENGTH) continue;
    if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), done]);
    chunk = '';
  }
  stream.end(chunk);
  await done;
}

/** Postgres text holds no NUL. Bodies have it escaped; in the columns beside them it becomes the replacement character. */
export const withoutNul = (text: string): string => text.replaceAll('\0', '\uFFFD');

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\uFFFD',
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

function fieldText(field: Field): string {
  if (field === null) return '\\N';
  if (typeof field !== 'string') return String(field);
  return /[\0\\\t\n\r]/.test(field)
    ? field.replace(/[\0\\\t\n\r]/g, (character) => ESCAPES[character] ?? character)
    : field;
}
