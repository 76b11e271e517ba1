import type { Anomaly } from '@overlay/model';
import { SEVERITIES, type Zone } from '@overlay/narratives';
import { countAnomalies, type Database, readAnomalies, readSources, type StoredAnomaly } from '@overlay/storage';
import { type Answer, answer, refuse } from './answer.ts';
import { chooseSource, chooseStretch } from './choose.ts';
import type { AnomalyList, ListedAnomaly } from './contract/index.ts';

export interface AnomalyAsk {
  /** All sources when none is named. */
  readonly source?: string | undefined;
  readonly date?: string | undefined;
  /** A day, or a time back from now: `30m`, `12h`, `7d`. */
  readonly since?: string | undefined;
  /** The least severity that is wanted. */
  readonly severity?: string | undefined;
  readonly limit?: number | undefined;
}

const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 1000;

export async function listAnomalies(
  { database, zone, now }: { readonly database: Database; readonly zone: Zone; readonly now: () => Date },
  ask: AnomalyAsk,
): Promise<Answer<AnomalyList>> {
  const { severity, limit = LIMIT_DEFAULT } = ask;
  if (severity !== undefined && !isSeverity(severity)) {
    return refuse('invalid', `'${severity}' is no severity`, `accepted are ${SEVERITIES.join(', ')}: it and all above`);
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    return refuse('invalid', 'the limit is out of range', `accepted are whole numbers from 1 to ${LIMIT_MAX}`);
  }
  const stretch = chooseStretch(ask, zone, now());
  if (!stretch.ok) return stretch;
  if (ask.source !== undefined) {
    const source = chooseSource(ask.source, await readSources(database));
    if (!source.ok) return source;
  }
  const filter = {
    ...stretch.value,
    ...(ask.source !== undefined && { source: ask.source }),
    ...(severity !== undefined && { severityMin: severity }),
  };
  const counts = await countAnomalies(database, filter);
  const anomalies = await readAnomalies(database, { ...filter, limit });
  return answer({
    timeZone: zone.name,
    total: [...counts.values()].reduce((sum, { count }) => sum + count, 0),
    anomalies: anomalies.map(listed),
  });
}

const isSeverity = (text: string): text is Anomaly['severity'] => SEVERITIES.some((severity) => severity === text);

export const listed = ({ anomaly, source, sequence, caseId }: StoredAnomaly): ListedAnomaly => ({
  ...anomaly,
  source,
  sequence,
  caseId,
});
