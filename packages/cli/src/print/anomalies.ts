import { type AnomalyList, type ListedAnomaly, makeZone, rowText, type Zone } from '@overlay/api';
import { cleanLine, type Paint } from '../io.ts';
import { type Cell, type Column, tableLines } from './table.ts';
import { scoreText, shortId, styleOf } from './words.ts';

/** Characters of a reason that are shown at most. */
const REASON_LENGTH_MAX = 400;

/** One line each, its reasons under it. */
export function anomaliesLines({ anomalies, timeZone }: AnomalyList, paint: Paint): readonly string[] {
  if (anomalies.length === 0) return ['No anomalies.'];
  const zone = makeZone(timeZone);
  const columns: readonly Column[] = [
    { title: 'SEVERITY' },
    { title: 'SCORE', isNumber: true },
    { title: `TIME IN ${timeZone}` },
    { title: 'WHAT' },
    { title: 'DETECTOR' },
    { title: 'ID' },
  ];
  const [titles = '', ...lines] = tableLines(
    columns,
    anomalies.map((anomaly) => cellsOf(anomaly, zone)),
    paint,
  );
  const blocks = anomalies.map(({ reasons }, index) => [
    lines[index] ?? '',
    ...reasons.map((reason) => `    ${rowText(reason, REASON_LENGTH_MAX)}`),
  ]);
  return [titles, ...blocks.flat()];
}

const cellsOf = (anomaly: ListedAnomaly, zone: Zone): readonly Cell[] => [
  { text: anomaly.severity, style: styleOf(anomaly.severity) },
  { text: scoreText(anomaly.score) },
  { text: zone.timeOf(anomaly.timestamp) },
  { text: entityText(anomaly), style: 'bold' },
  { text: cleanLine(anomaly.detector) },
  { text: shortId(anomaly.anomalyId), style: 'dim' },
];

export function entityText({ entityType, entityId, entityLabel }: ListedAnomaly): string {
  const label = entityLabel === null || entityLabel === entityId ? '' : `${rowText(entityLabel)} `;
  return `${rowText(entityType)} ${label}${label === '' ? rowText(entityId) : `(${rowText(entityId)})`}`;
}
