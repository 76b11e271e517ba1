import type { Anomaly, Json } from '@overlay/model';
import type { Told } from './daily-summary.ts';
import { FactTable } from './fact-table.ts';
import { exactOf, roundedOf, rowText } from './figures.ts';
import { checkGrounded } from './grounding.ts';
import { makeZone } from './zone.ts';

/** Characters of one reason that are shown at most: a sentence with some names in it. */
const REASON_MAX = 400;
/** Features that become facts at most. */
const FEATURES_MAX = 60;

/**
 * Why an anomaly is one, by template: when and what, the detector's reasons, the score. A reason with a figure that is in no fact is left out;
 * when none is left, observed and expected speak for themselves. `timeZone` is an IANA name.
 */
export function explainAnomaly(anomaly: Anomaly, timeZone: string): Told {
  const table = new FactTable();
  const ids = [anomaly.anomalyId, ...anomaly.businessEventIds];
  const entity = `${anomaly.entityType} ${rowText(anomaly.entityLabel ?? anomaly.entityId)}`;
  const zone = makeZone(timeZone);
  const at = table.add('Time', zone.timeOf(anomaly.timestamp), null, ids);
  table.add('Entity', entity);
  table.add('Observed', exactOf(anomaly.observed), null, ids);
  if (anomaly.expected !== null) table.add('Expected', exactOf(anomaly.expected));
  table.add('Score', exactOf(anomaly.score));
  table.add('Detector', `${anomaly.detector}, version ${anomaly.detectorVersion}`);
  for (const [name, value] of featuresOf(anomaly.features)) table.add(`Feature ${name}`, value);

  const usual = anomaly.expected === null ? '' : `, expected ${roundedOf(anomaly.expected)}`;
  const reasons = anomaly.reasons.map((reason) => rowText(reason, REASON_MAX)).filter(isGrounded(table));
  const said = reasons.length > 0 ? reasons : [`Observed ${roundedOf(anomaly.observed)}${usual}.`];
  const text = [
    `${at.value}, ${entity}.`,
    ...said,
    `Score ${roundedOf(anomaly.score)} (${anomaly.severity}), by detector ${anomaly.detector}, version ${anomaly.detectorVersion}.`,
  ].join('\n');
  return { title: `${capitalized(anomaly.severity)}: ${entity}`, text, facts: table.facts };
}

const isGrounded =
  (table: FactTable) =>
  (reason: string): boolean =>
    checkGrounded(reason, table.facts).length === 0;

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function featuresOf(features: Anomaly['features']): readonly (readonly [name: string, value: string])[] {
  return Object.entries(features)
    .flatMap(([name, value]) => leaves(rowText(name), value))
    .slice(0, FEATURES_MAX);
}

function leaves(name: string, value: Json): readonly (readonly [string, string])[] {
  if (value === null || typeof value === 'boolean') return [];
  if (typeof value === 'number') return [[name, exactOf(value)]];
  if (typeof value === 'string') return [[name, rowText(value, REASON_MAX)]];
  return Object.entries(value).flatMap(([key, part]) => leaves(`${name}.${rowText(key)}`, part));
}
