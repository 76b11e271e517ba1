import type { Anomaly } from '@overlay/model';
import type { Database } from '../database.ts';
import { countAnomalies, readAnomalies } from './anomalies.ts';
import { type DayRange, type DayRecord, readDayRecord } from './days.ts';
import { type NamedSection, readSection, type SectionValues } from './sections.ts';

/** All that a summary of a stretch may state, counted up to its bound. */
export interface StretchFacts {
  readonly record: DayRecord;
  readonly sections: readonly (SectionValues & Pick<NamedSection, 'id' | 'title' | 'unit'>)[];
  readonly anomalies: {
    readonly bySeverity: Readonly<
      Record<Anomaly['severity'], { readonly count: number; readonly ids: readonly string[] }>
    >;
    readonly top: readonly Anomaly[];
  };
}

/** Anomalies that a summary tells of one by one. */
const TOP_MAX = 5;

/** Reads the record of the log, each section, and the anomalies of a stretch. The log only grows: the same bound gives the same facts. */
export async function readStretchFacts(
  database: Database,
  range: DayRange,
  sections: readonly NamedSection[],
): Promise<StretchFacts> {
  const record = await readDayRecord(database, range);
  const values: StretchFacts['sections'][number][] = [];
  for (const section of sections) {
    const { id, title, unit } = section;
    values.push({ id, title, unit, ...(await readSection(database, range, section)) });
  }
  const counts = await countAnomalies(database, range);
  const top = await readAnomalies(database, { ...range, limit: TOP_MAX });
  const none = { count: 0, ids: [] };
  const countOf = (severity: Anomaly['severity']) => counts.get(severity) ?? none;
  return {
    record,
    sections: values,
    anomalies: {
      bySeverity: {
        low: countOf('low'),
        medium: countOf('medium'),
        high: countOf('high'),
        critical: countOf('critical'),
      },
      top: top.map(({ anomaly }) => anomaly),
    },
  };
}
