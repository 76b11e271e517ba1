import { type Coverage, makeZone, printNumber } from '@overlay/api';
import { cleanLine, type Paint, type Style } from '../io.ts';
import { type Cell, type Column, tableLines } from './table.ts';

const VERDICTS: Readonly<Record<Coverage['verdict'], readonly [text: string, style: Style]>> = {
  complete: ['Complete: everything that the source executed is accounted for.', 'green'],
  incomplete: ['Incomplete: something is missing.', 'red'],
  unknown: ['Unknown: it cannot be told whether something is missing.', 'yellow'],
};
const STATES: Readonly<Record<string, readonly [text: string, style?: Style]>> = {
  landed: ['landed', 'green'],
  before_log: ['before the log began'],
  no_captured_row: ['changed nothing captured'],
  gap: ['gap', 'red'],
  on_the_way: ['on the way', 'yellow'],
  unexplained: ['unexplained', 'red'],
  unknown_to_source: ['unknown to the source', 'red'],
};
const KINDS: Readonly<Record<string, string>> = {
  transaction: 'transactions',
  snapshot: 'pieces of snapshots',
  schema_change: 'changes of definitions',
  truncate: 'TRUNCATEs',
  repair: 'repairs',
  set_aside: 'set aside',
};
const INTERVALS: readonly Column[] = [
  { title: 'GTIDS' },
  { title: 'TRANSACTIONS', isNumber: true },
  { title: 'STATE' },
  { title: 'WHAT' },
];

export function coverageLines(coverage: Coverage, paint: Paint): readonly string[] {
  const { source, verdict, findings, unseen, first, last, checkedAt, timeZone } = coverage;
  const zone = makeZone(timeZone);
  const [text, style] = VERDICTS[verdict];
  return [
    `Source ${paint('bold', cleanLine(source))}, sequences ${printNumber(String(first))} to ${printNumber(String(last))}${
      checkedAt === null ? '' : `, compared with the source at ${zone.timeOf(checkedAt)}`
    }`,
    beginningLine(coverage),
    '',
    ...tableLines(INTERVALS, coverage.intervals.map(intervalCells), paint),
    '',
    ...storedLines(coverage, paint),
    '',
    paint(style, text),
    ...findings.map((finding) => `  ${cleanLine(finding)}`),
    ...unseen.map((what) => paint('dim', `not seen here: ${what}`)),
  ];
}

function beginningLine({ beganAt, isBeginningProven }: Coverage): string {
  if (beganAt === null) return 'The log begins without a snapshot.';
  return `The log begins with the snapshot at ${cleanLine(beganAt)}${
    isBeginningProven ? '' : '; the binary log of that place was gone, so that what came before is assumed, not proven'
  }.`;
}

function intervalCells({ server, first, last, state, cause }: Coverage['intervals'][number]): readonly Cell[] {
  const [text, style] = STATES[state] ?? [state];
  return [
    { text: cleanLine(`${server}:${first}${first === last ? '' : `-${last}`}`) },
    { text: printNumber(String(last - first + 1)) },
    { text, style },
    { text: cleanLine(cause ?? '') },
  ];
}

/** What is stored, by kind of transaction and by table. */
function storedLines({ kinds, changes }: Coverage, paint: Paint): readonly string[] {
  const operations = [...new Set(changes.map(({ operation }) => operation))];
  const byTable = Map.groupBy(changes, ({ table }) => table);
  const columns = [{ title: 'TABLE' }, ...operations.map((title) => ({ title, isNumber: true }))];
  const rows = [...byTable].map(([table, counts]): readonly Cell[] => [
    { text: cleanLine(table) },
    ...operations.map((operation) => ({
      text: printNumber(String(counts.find((one) => one.operation === operation)?.count ?? 0)),
    })),
  ]);
  return [
    `Stored: ${kinds.map(({ kind, count }) => `${printNumber(String(count))} ${KINDS[kind] ?? kind}`).join(', ')}`,
    ...tableLines(columns, rows, paint),
  ];
}
