import type { Pack, Section } from '@overlay/packs';
import type { DayFacts } from './day-facts.ts';

/** What a day's summary is made of, by the pack: how it is titled, whose day it is, what is counted and summed. */
export interface Report {
  readonly title: string;
  readonly timeZone: string;
  readonly sections: readonly ReportSection[];
}

export interface ReportSection {
  readonly id: string;
  readonly title: string;
  readonly unit: string | null;
  /** Null: events of every type, by type. */
  readonly eventType: string | null;
  /** The field of the payload to sum; null counts events. */
  readonly sum: string | null;
  readonly groupBy: string | null;
  readonly labelBy: string | null;
  /** Events whose field has one of these values do not count. */
  readonly except: NonNullable<Section['except']> | null;
  readonly top: number;
}

/** Groups shown where the pack sets no limit. */
const TOP_DEFAULT = 10;

/** The report that a pack asks for; without a pack, events by type in UTC. */
export function reportOf(pack: Pick<Pack, 'title' | 'timeZone' | 'currency' | 'report'> | undefined): Report {
  if (!pack) return { title: 'Day', timeZone: 'UTC', sections: [EVENTS_BY_TYPE] };
  const { title, timeZone, currency, report } = pack;
  return { title, timeZone, sections: report.sections.map((section) => sectionOf(section, currency)) };
}

const EVENTS_BY_TYPE: ReportSection = {
  id: 'events_by_type',
  title: 'Business events by type',
  unit: null,
  eventType: null,
  sum: null,
  groupBy: null,
  labelBy: null,
  except: null,
  top: 20,
};

const sectionOf = (section: Section, currency: string): ReportSection => ({
  id: section.id,
  title: section.title,
  unit: section.unit === 'currency' ? currency : (section.unit ?? null),
  eventType: section.eventType,
  sum: section.measure.kind === 'sum' ? section.measure.path : null,
  groupBy: section.groupBy ?? null,
  labelBy: section.labelBy ?? null,
  except: section.except ?? null,
  top: section.top ?? TOP_DEFAULT,
});

/** What was counted in the database for one day. */
export interface CountedDay extends Pick<DayFacts, 'sections' | 'anomalies'> {
  readonly record: DayFacts['coverage'];
}

/** Joins what was counted with what it is called. */
export const dayFactsOf = (
  { title, timeZone }: Report,
  { source, day }: { readonly source: string; readonly day: string },
  { record, sections, anomalies }: CountedDay,
): DayFacts => ({ source, day, timeZone, title, coverage: record, sections, anomalies });
