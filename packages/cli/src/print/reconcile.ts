import { printNumber, type Reconciliation } from '@overlay/api';
import { cleanLine, type Paint } from '../io.ts';
import { keyText, quotedText } from './values.ts';
import { plural } from './words.ts';

type Table = Reconciliation['tables'][number];
type Difference = Table['listed'][number];

/** Each table, what differs in it, and what was not compared. */
export function reconciliationLines(
  { source, sequence, gtids, locked_ms, unlocked, tables, holes }: Reconciliation,
  paint: Paint,
): readonly string[] {
  const differing = tables.filter(({ verdict }) => verdict === 'differs').length;
  const left = tables.filter(({ verdict }) => verdict === 'not_compared').length;
  const held = unlocked === null ? `held still for ${locked_ms} ms` : 'not held still';
  return [
    `${cleanLine(source)} at ${cleanLine(gtids)} (${held}), the log up to sequence ${printNumber(String(sequence))}`,
    ...tables.flatMap((table) => tableLines(table, paint)),
    ...holes.map((hole) => `${paint('yellow', 'not known')} ${cleanLine(hole)}`),
    differing > 0
      ? paint('red', `${plural(differing, 'table differs', 'tables differ')} from the source.`)
      : paint(
          'green',
          `What was compared is equal${left > 0 ? `; ${plural(left, 'table was', 'tables were')} not compared` : ''}.`,
        ),
  ];
}

const STYLES = { equal: 'green', differs: 'red', not_compared: 'yellow' } as const;
const WORDS = { equal: 'equal', differs: 'differs', not_compared: 'not compared' } as const;

function tableLines(table: Table, paint: Paint): readonly string[] {
  const {
    database,
    table: name,
    verdict,
    why,
    sourceRows,
    logRows,
    differences,
    isCounted,
    listed,
    notCompared,
  } = table;
  const rows =
    sourceRows === logRows
      ? plural(sourceRows, 'row', 'rows')
      : `${plural(sourceRows, 'row', 'rows')} at the source, ${logRows} in the log`;
  const said = why ?? (differences > 0 ? `${rows}, ${isCounted ? '' : 'at least '}${differences} not the same` : rows);
  return [
    `${paint(STYLES[verdict], WORDS[verdict])} ${cleanLine(`${database}.${name}`)}: ${cleanLine(said)}`,
    ...listed.flatMap((difference) => differenceLines(difference, paint)),
    ...(listed.length < differences ? [`  ${differences - listed.length} more`] : []),
    ...notCompared.map(
      ({ column, why: reason, rows: count }) =>
        `  ${paint('yellow', 'not compared')} ${cleanLine(column)}${count === null ? '' : ` in ${plural(count, 'row', 'rows')}`}: ${cleanLine(reason)}`,
    ),
  ];
}

const KINDS = {
  missing_in_log: 'is not in the log',
  missing_at_source: 'is not at the source',
  differs: 'is another one',
} as const;
const VALUE_LENGTH_MAX = 60;

function differenceLines(
  { kind, primaryKey, columns, sequence, eventId, perhaps }: Difference,
  paint: Paint,
): readonly string[] {
  const row = Object.keys(primaryKey).length > 0 ? keyText(primaryKey) : 'a row';
  const behind = sequence === null ? '' : `, last changed by sequence ${sequence}, event ${eventId}`;
  return [
    `  ${paint('red', `${row} ${KINDS[kind]}`)}${behind}`,
    ...columns.map((column) => `    ${cleanLine(column.column)}: ${sidesText(column)}`),
    ...(perhaps === null ? [] : [`    perhaps: ${cleanLine(perhaps)}`]),
  ];
}

function sidesText({ log, source }: Difference['columns'][number]): string {
  if (source === undefined) return valueText(log);
  return log === undefined ? valueText(source) : `${valueText(log)} in the log, ${valueText(source)} at the source`;
}

function valueText(value: string | boolean | null | undefined): string {
  const text = quotedText(value ?? null);
  return text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}...` : text;
}
