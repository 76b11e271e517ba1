import { canonicalJson, identify } from '@overlay/evidence';
import type { Model } from '@overlay/llm';
import { type Narrative, timestampOf } from '@overlay/model';
import {
  type DayFacts,
  dayFactsOf,
  makeZone,
  type Report,
  readProse,
  renderDailySummary,
  reportOf,
  requestProse,
  type Told,
  type Zone,
} from '@overlay/narratives';
import type { Pack } from '@overlay/packs';
import { type Logger, messageOf, Trouble } from '@overlay/runtime';
import {
  type Database,
  type RecordAct,
  readAuthors,
  readDayBound,
  readDaysBetween,
  readFactsBound,
  readStretchFacts,
  storeNarrative,
} from '@overlay/storage';

export interface DailySummariesDeps {
  readonly database: Database;
  readonly pack: Pick<Pack, 'title' | 'timeZone' | 'currency' | 'report'>;
  /** Writes the prose above the figures; without one the template does all. */
  readonly model?: Model | undefined;
  /** Puts on record, in the name of the model, what it is given. */
  readonly record: RecordAct;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** A summary that was written: of which day, up to which sequence, by whom. */
export type WrittenSummary = Pick<Narrative, 'subject' | 'asOfSequence' | 'author'>;

/** Tries of a model for one summary; then the template stands. */
const TRIES_MAX = 2;
const TEMPLATE = 'template';

/** How far a source was looked at. Only a shortcut: without it, every day is looked at again and found written. */
interface Seen {
  readonly upTo: number;
  /** Days with records that are yet to come by the clock. */
  readonly ahead: readonly string[];
}

/**
 * Gives `refresh(source, now)`: writes the summary of each local day up to today that has records and none at its present bound, the oldest
 * first. A summary's id and facts come from source, day, bound and author alone, so repeats and restarts write nothing twice, and several
 * copies may run. Throws the troubles of the database; a model that fails is told to the log, and the template stands in.
 */
export function makeDailySummaries(deps: DailySummariesDeps) {
  const report = reportOf(deps.pack);
  const zone = makeZone(report.timeZone);
  const seen = new Map<string, Seen>();
  return async function refresh(source: string, now: Date): Promise<readonly WrittenSummary[]> {
    const { database } = deps;
    const { upTo: after, ahead } = seen.get(source) ?? { upTo: 0, ahead: [] };
    const upTo = await readFactsBound(database, source);
    const fresh = await readDaysBetween(database, { source, timeZone: zone.name, after, upTo });
    const today = zone.dayOf(timestampOf(now.getTime() * 1000));
    const days = [...new Set([...ahead, ...fresh])].sort();
    const written: WrittenSummary[] = [];
    for (const day of days.filter((one) => one <= today)) {
      const summary = await writeDay(deps, { report, zone, source, day, upTo, now });
      if (summary) written.push(summary);
    }
    seen.set(source, { upTo: Math.max(upTo, after), ahead: days.filter((one) => one > today) });
    return written;
  };
}

interface Day {
  readonly report: Report;
  readonly zone: Zone;
  readonly source: string;
  readonly day: string;
  readonly upTo: number;
  readonly now: Date;
}

async function writeDay(deps: DailySummariesDeps, of: Day): Promise<WrittenSummary | undefined> {
  const { database, model } = deps;
  const { report, source, day, now } = of;
  const bounds = of.zone.boundsOf(day);
  const { bound } = await readDayBound(database, { source, ...bounds, upTo: of.upTo });
  if (bound === null) return undefined;
  const authors = await readAuthors(database, { source, kind: 'daily_summary', subject: day, asOfSequence: bound });
  if (authors.includes(model?.name ?? TEMPLATE)) return undefined;

  const counted = await readStretchFacts(database, { source, ...bounds, upTo: bound }, report.sections);
  const { author, told } = await tell(deps, dayFactsOf(report, { source, day }, counted));
  const narrative: Narrative = {
    narrativeId: identify('daily_summary', source, day, bound, author),
    kind: 'daily_summary',
    subject: day,
    asOfSequence: bound,
    timestamp: timestampOf(now.getTime() * 1000),
    author,
    title: told.title,
    text: told.text,
    facts: [...told.facts],
  };
  const isNew = await storeNarrative(database, source, narrative, canonicalJson(narrative), bounds.from);
  if (!isNew) return undefined;
  deps.logger.info({ source, day, asOfSequence: bound, author }, 'daily summary written');
  return { subject: day, asOfSequence: bound, author };
}

async function tell(deps: DailySummariesDeps, day: DayFacts): Promise<{ author: string; told: Told }> {
  const told = renderDailySummary(day);
  const prose = deps.model && (await writeProse({ ...deps, model: deps.model }, told, day));
  return prose === undefined || !deps.model
    ? { author: TEMPLATE, told }
    : { author: deps.model.name, told: renderDailySummary(day, prose) };
}

/** Prose that was found grounded; undefined when the model is away or was refused twice. */
async function writeProse(
  { model, logger, record }: Pick<DailySummariesDeps, 'logger' | 'record'> & { readonly model: Model },
  { facts }: Told,
  { source, day }: DayFacts,
): Promise<string | undefined> {
  let violations: readonly string[] = [];
  const given = { action: 'read', object: 'day_facts', outcome: 'ok', rows: facts.length } as const;
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    await record({ ...given, arguments: { source, day } });
    const answered = await model.complete(requestProse(facts, violations)).catch((thrown: unknown) => {
      if (!(thrown instanceof Trouble)) throw thrown;
      logger.warn(
        { source, day, model: model.name, detail: messageOf(thrown) },
        'model failed, the template stands in',
      );
      return NOTHING;
    });
    if (answered === NOTHING) return undefined;
    const prose = readProse(answered, facts);
    if (prose.ok) return prose.text;
    violations = prose.violations;
  }
  // Only how much was wrong: what was wrong quotes the model, and it the rows.
  logger.warn(
    { source, day, model: model.name, tries: TRIES_MAX, violations: violations.length },
    'prose of the model was refused, the template stands in',
  );
  return undefined;
}

const NOTHING = Symbol('no answer');
