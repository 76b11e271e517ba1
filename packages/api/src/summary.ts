import { dayFactsOf, type Report, renderDailySummary, type Zone } from '@overlay/narratives';
import {
  type Database,
  readDayBound,
  readFactsBound,
  readNarrative,
  readSources,
  readStretchFacts,
} from '@overlay/storage';
import { type Answer, answer } from './answer.ts';
import { chooseDay, chooseSource } from './choose.ts';
import type { Summary } from './contract/index.ts';

export interface SummaryDeps {
  readonly database: Database;
  readonly report: Report;
  readonly zone: Zone;
  readonly now: () => Date;
}

export interface SummaryAsk {
  readonly source?: string | undefined;
  /** `today`, `yesterday` or `YYYY-MM-DD`. */
  readonly date: string;
}

/**
 * The summary of a day: what the summarizer stored if it covers everything of the day that every stage has been through, else one made now
 * by template from the same facts.
 */
export async function summarize(
  { database, report, zone, now }: SummaryDeps,
  ask: SummaryAsk,
): Promise<Answer<Summary>> {
  const day = chooseDay(ask.date, zone, now());
  if (!day.ok) return day;
  const source = chooseSource(ask.source, await readSources(database));
  if (!source.ok) return source;

  const stretch = {
    source: source.value,
    ...zone.boundsOf(day.value),
    upTo: await readFactsBound(database, source.value),
  };
  const { bound, pending } = await readDayBound(database, stretch);
  const head = { source: source.value, day: day.value, timeZone: zone.name, pendingTransactions: pending };
  const stored = await readNarrative(database, { source: source.value, kind: 'daily_summary', subject: day.value });
  if (stored && bound !== null && stored.asOfSequence >= bound) {
    const { author, asOfSequence, title, text, facts } = stored;
    return answer({ ...head, author, asOfSequence, isStored: true, title, text, facts });
  }
  const range = { ...stretch, upTo: bound ?? 0 };
  const counted = await readStretchFacts(database, range, report.sections);
  const { title, text, facts } = renderDailySummary(
    dayFactsOf(report, { source: source.value, day: day.value }, counted),
  );
  return answer({
    ...head,
    author: 'template',
    asOfSequence: bound ?? 0,
    isStored: false,
    title,
    text,
    facts: [...facts],
  });
}
