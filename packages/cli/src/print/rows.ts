import { makeZone, printNumber, type RowHistory, type RowsAsOf, type Zone } from '@overlay/api';
import { cleanLine, type Paint } from '../io.ts';
import { tableLines } from './table.ts';
import { changeTextOf, keyText, quotedText, whoText } from './values.ts';

/** What happened to a row, the oldest first. */
export function historyLines({ entries, table, key, timeZone }: RowHistory, paint: Paint): readonly string[] {
  const zone = makeZone(timeZone);
  if (!entries.some(({ eventId }) => eventId !== null))
    return [`Nothing in the log is about ${cleanLine(table)} ${keyText(key)}.`];
  return entries.flatMap((entry, at) => [...(at === 0 ? [] : ['']), ...entryLines(entry, zone, paint)]);
}

type Entry = RowHistory['entries'][number];

function entryLines(entry: Entry, zone: Zone, paint: Paint): readonly string[] {
  const table = cleanLine(`${entry.database}.${entry.table}`);
  const place = `${zone.timeOf(entry.timestamp)}, sequence ${printNumber(String(entry.sequence))}`;
  const transaction = cleanLine(entry.transactionId ?? 'no GTID');
  if (entry.eventId === null)
    return [
      `${paint('dim', entry.operation)} ${table}`,
      `${place}, ${transaction}`,
      ...(entry.statement === null ? [] : [cleanLine(entry.statement)]),
    ];
  const columns = entry.columns.map((column) => [{ text: cleanLine(column.column) }, { text: changeTextOf(column) }]);
  return [
    `${paint('cyan', entry.operation)} ${table} ${keyText(entry.primaryKey ?? {})}`.trimEnd(),
    `${place}, ${whoOf(entry)}, ${transaction}`,
    `change ${entry.order}, ${cleanLine(entry.file)} at ${entry.position}, id ${entry.eventId}`,
    ...movedLines(entry),
    ...(entry.hasUnshowableText ? ['text that cannot be shown is NULL here'] : []),
    ...tableLines([{ title: '' }, { title: '' }], columns, paint).map((line) => `  ${line}`),
  ];
}

const whoOf = ({ actor }: Entry): string => whoText(actor === null ? [] : [actor]);

function movedLines({ otherKey, operation }: Entry): readonly string[] {
  if (otherKey === null) return [];
  const when = operation === 'INSERT' ? 'its key was changed from' : 'its key was changed to';
  return [`${when} ${keyText(otherKey)}`];
}

/** Rows as they were, in the order of the changes that made them so. */
export function asOfLines(
  { rows, holes, source, database, table, sequence, total }: RowsAsOf,
  paint: Paint,
): readonly string[] {
  const columns = [...new Set(rows.flatMap(({ row }) => Object.keys(row)))];
  const doubts = rows.flatMap(({ primaryKey, doubts }) =>
    doubts.map((doubt) => `${keyText(primaryKey)}: ${cleanLine(doubt)}`),
  );
  return [
    `${cleanLine(`${database}.${table}`)} of ${cleanLine(source)} after sequence ${printNumber(String(sequence))}: ${total === 0 ? 'no such row' : total === 1 ? '1 row' : `${printNumber(String(total))} rows`}`,
    ...tableLines(
      [...columns.map((title) => ({ title: cleanLine(title) })), { title: 'SINCE SEQUENCE', isNumber: true }],
      rows.map(({ row, sequence: since }) => [
        ...columns.map((name) => ({ text: name in row ? quotedText(row[name] ?? null) : 'not known' })),
        { text: String(since) },
      ]),
      paint,
    ),
    ...[...doubts, ...holes.map(cleanLine)].map((line) => paint('yellow', line)),
  ];
}
