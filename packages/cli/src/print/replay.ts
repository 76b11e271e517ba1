import type { ReplayReport } from '@overlay/api';
import { cleanLine, type Paint } from '../io.ts';
import { plural } from './words.ts';

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;
const STYLES = { added: 'green', removed: 'red', changed: 'yellow' } as const;

/** What a pack makes of a stretch of the log, beside what holds. */
export function replayLines(report: ReplayReport, paint: Paint): readonly string[] {
  const { pack, version, source, fromSequence, toSequence, transactions, rows, unexplainedRows, faults } = report;
  const isSame = report.types.every(({ added, removed, changed }) => added + removed + changed === 0);
  return [
    paint(
      'bold',
      `${cleanLine(pack)} version ${version} over sequences ${fromSequence} to ${toSequence} of ${cleanLine(source)}`,
    ),
    `  ${plural(transactions, 'transaction', 'transactions')}, ${plural(rows, 'row', 'rows')}; no event rests on ${unexplainedRows} of them`,
    ...(faults === 0 ? [] : [paint('red', `  rules could not be evaluated ${plural(faults, 'time', 'times')}:`)]),
    ...report.faultDetails.map((detail) => `    ${cleanLine(detail)}`),
    '',
    ...report.types.map(
      ({ type, kept, added, removed, changed }) =>
        `  ${cleanLine(type)}: ${kept} as they are, +${added} -${removed} ~${changed}`,
    ),
    ...(isSame ? ['', '  Every event is as it stands.'] : ['']),
    ...report.differences.flatMap((difference) => differenceLines(difference, paint)),
    ...(report.rebuild === null
      ? []
      : ['', paint('green', `These events hold from now on (rebuild ${report.rebuild}).`)]),
  ];
}

function differenceLines(
  { kind, sequence, event, former }: ReplayReport['differences'][number],
  paint: Paint,
): readonly string[] {
  const head = `${SIGNS[kind]} ${cleanLine(event.type)} of ${cleanLine(event.entityType)} ${cleanLine(event.entityId)}, sequence ${sequence}, ${event.eventId}`;
  return [paint(STYLES[kind], head), ...(former === null ? [] : changesOf(former, event))];
}

type Event = ReplayReport['differences'][number]['event'];

/** Each part that is other, as it stands and as it would be. */
function changesOf(former: Event, event: Event): string[] {
  const parts = (one: Event): Record<string, unknown> => {
    const { payload, ...rest } = one;
    return {
      ...rest,
      ...Object.fromEntries(Object.entries(payload).map(([name, value]) => [`payload.${name}`, value])),
    };
  };
  const [before, after] = [parts(former), parts(event)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [a, b] = [JSON.stringify(before[name]), JSON.stringify(after[name])];
    return a === b ? [] : [cleanLine(`    ${name}: ${a ?? 'nothing'} -> ${b ?? 'nothing'}`)];
  });
}
