import { makeZone, printNumber, type UnexplainedList } from '@overlay/api';
import { cleanLine, type Paint } from '../io.ts';
import { tableLines } from './table.ts';
import { shortId } from './words.ts';

/** How much of each table no rule explains, and the newest of it. */
export function unexplainedLines({ tables, newest, timeZone }: UnexplainedList, paint: Paint): readonly string[] {
  if (tables.length === 0) return ['Every row change is explained.'];
  const zone = makeZone(timeZone);
  const number = (title: string) => ({ title, isNumber: true });
  const byTable = tableLines(
    [
      { title: 'SOURCE' },
      { title: 'TABLE' },
      { title: 'CHANGE' },
      number('UNEXPLAINED'),
      number('OF'),
      number('SHARE'),
    ],
    tables.map((count) => [
      { text: cleanLine(count.source) },
      { text: cleanLine(`${count.database}.${count.table}`), style: 'bold' },
      { text: count.operation },
      { text: printNumber(String(count.unexplained)) },
      { text: printNumber(String(count.rows)) },
      { text: `${(100 * count.share).toFixed(1)} %` },
    ]),
    paint,
  );
  const latest = tableLines(
    [
      { title: `NEWEST, TIME IN ${timeZone}` },
      number('SEQUENCE'),
      { title: 'TABLE' },
      { title: 'CHANGE' },
      number('ROWS'),
      { title: 'FIRST CHANGE' },
    ],
    newest.map((change) => [
      { text: zone.timeOf(change.timestamp) },
      { text: String(change.sequence) },
      { text: cleanLine(`${change.database}.${change.table}`) },
      { text: change.operation },
      { text: String(change.rows) },
      { text: shortId(change.firstEventId), style: 'dim' },
    ]),
    paint,
  );
  return [...byTable, '', ...latest];
}
