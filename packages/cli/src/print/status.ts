import { makeZone, printNumber, type StageStatus, type Status, type Zone } from '@overlay/api';
import { cleanLine, type Paint } from '../io.ts';
import { type Cell, type Column, tableLines } from './table.ts';
import { plural, styleOf } from './words.ts';

export function statusLines(status: Status, paint: Paint): readonly string[] {
  const zone = makeZone(status.timeZone);
  return [
    ...serverLines(status, paint),
    ...status.sources.flatMap(({ source, stages }) => ['', ...sourceLines(source, stages, zone, paint)]),
    ...(status.postgres.isUp && status.sources.length === 0 ? ['', 'No source has been captured yet.'] : []),
    ...(status.postgres.isUp ? ['', ...openLines(status, zone, paint)] : []),
    '',
    ...(status.findings.length === 0
      ? [paint('green', 'All is well.')]
      : [paint('red', 'Findings'), ...status.findings.map((finding) => `  ${cleanLine(finding)}`)]),
  ];
}

function serverLines({ postgres, connect }: Status, paint: Paint): readonly string[] {
  const connectors = connect?.connectors.map(({ name, state, tasks }) => {
    const states = tasks.map((task) => `task ${task.id} ${task.state}`);
    return `${name} ${state}${states.length === 0 ? '' : ` (${states.join(', ')})`}`;
  });
  const rows: (readonly Cell[])[] = [
    [{ text: 'Postgres' }, upCell(postgres.isUp), { text: cleanLine(postgres.detail) }],
    connect === null
      ? [{ text: 'Connect' }, { text: '-' }, { text: 'not asked: CONNECT_URL is not set' }]
      : [
          { text: 'Connect' },
          upCell(connect.isUp),
          { text: cleanLine(connect.isUp ? connectors?.join(', ') || 'no connectors' : connect.detail) },
        ],
  ];
  return tableLines([{ title: '' }, { title: '' }, { title: '' }], rows, paint);
}

const upCell = (isUp: boolean): Cell => ({ text: isUp ? 'up' : 'down', style: isUp ? 'green' : 'red' });

const COLUMNS: readonly Column[] = [
  { title: 'STAGE' },
  { title: 'STATE' },
  { title: 'LANDED', isNumber: true },
  { title: 'PUBLISHED', isNumber: true },
  { title: 'LAG', isNumber: true },
];

/** What a stage measures itself, when its metrics could be read. */
const MEASURED_COLUMNS: readonly Column[] = [
  { title: 'LAG RECORDS', isNumber: true },
  { title: 'LAG SECONDS', isNumber: true },
];

function sourceLines(source: string, stages: readonly StageStatus[], zone: Zone, paint: Paint): readonly string[] {
  const isMeasured = stages.some(({ lagRecords, lagSeconds }) => lagRecords !== null || lagSeconds !== null);
  const columns = [
    ...COLUMNS,
    ...(isMeasured ? MEASURED_COLUMNS : []),
    { title: `COMMITTED IN ${zone.name}` },
    { title: 'HEAD MOVED' },
  ];
  const rows = stages.map((stage): readonly Cell[] => [
    { text: cleanLine(stage.stage) },
    { text: stage.state, style: styleOf(stage.state) },
    { text: printNumber(String(stage.landed)) },
    { text: printNumber(String(stage.published)) },
    { text: figure(stage.lagSequences) },
    ...(isMeasured ? [{ text: figure(stage.lagRecords) }, { text: figure(stage.lagSeconds) }] : []),
    { text: stage.landedCommitTime === null ? '-' : zone.timeOf(stage.landedCommitTime) },
    { text: stage.updatedAt === null ? '-' : zone.timeOf(stage.updatedAt) },
  ]);
  return [`Source ${paint('bold', cleanLine(source))}`, ...tableLines(columns, rows, paint).map((line) => `  ${line}`)];
}

const figure = (value: number | null): string =>
  value === null ? '-' : printNumber(String(Math.round(value * 10) / 10));

function openLines({ gaps, deadLetters, setAside, waiting }: Status, zone: Zone, paint: Paint): readonly string[] {
  const letters = deadLetters.reduce((sum, { count }) => sum + count, 0);
  const rows = [
    [{ text: 'Gaps undecided' }, { text: printNumber(String(gaps.length)) }],
    [{ text: 'Dead letters' }, { text: printNumber(String(letters)) }],
    [{ text: 'Set aside' }, { text: printNumber(String(setAside.count)) }],
    [{ text: 'Not whole yet' }, { text: printNumber(String(waiting.length)) }],
  ];
  const details = [
    ...gaps.map(({ gapId, code, detail }) => `  gap ${gapId}: ${code}, ${detail}`),
    ...deadLetters.map(
      ({ count, stage, source, code, lastDetail, lastTopic, lastPartition, lastOffset }) =>
        `  ${plural(count, 'dead letter', 'dead letters')} of ${stage} in ${source}: ${code}, the last at ${lastTopic}/${lastPartition} offset ${lastOffset}: ${lastDetail}`,
    ),
    ...waiting.map(
      ({ stage, source, subject, records, since, last }) =>
        `  not whole: ${subject ?? 'a record in pieces'} of ${source}: ${stage} has ${plural(records, 'record', 'records')} of it since ${zone.timeOf(since)}, the last of ${zone.timeOf(last)}`,
    ),
    ...setAside.latest.map(
      ({ source, sequence, transactionId, commitTime }) =>
        `  set aside: sequence ${sequence} of ${source}, ${zone.timeOf(commitTime)}, ${transactionId}`,
    ),
  ];
  return [...tableLines([{ title: '' }, { title: '', isNumber: true }], rows, paint), ...details.map(cleanLine)];
}
