import {
  type Anomaly,
  type BusinessEvent,
  type DenseRecord,
  type Fault,
  type Fold,
  type Recall,
  withItems,
} from '@overlay/model';
import { type Detector, type Evaluate, failureOf, makeCalendar, type Pack } from '@overlay/packs';
import type { Baseline } from './baseline.ts';
import { makeClosedHours, SINCE_KEY } from './closed-hours.ts';
import { type Identify, type Judge, makeEventCompiler, type Scene, type Tools, Unusable } from './judge.ts';
import { makeLargeValue } from './large-value.ts';
import { makeRareChange } from './rare-change.ts';

/**
 * The stage that says how strange an event is, by the detectors of a pack. One record out for each record in, possibly with no anomalies.
 * All that is learned stands in memory, a row per series; time is the events' own. An anomaly's id comes from
 * `identify(source, detector, event id of the business event that raised it)`. A detector that cannot be evaluated on an event is a
 * fault beside what the others gave, and learns nothing from it.
 */
export function makeScore(
  pack: Pack,
  identify: Identify,
): Fold<DenseRecord<BusinessEvent>, DenseRecord<Anomaly>, Baseline> {
  const tools: Tools = { calendar: makeCalendar(pack), identify };
  const watches = pack.detectors.map((detector) => watchOf(detector, tools));
  return {
    open:
      ({ recall }) =>
      (record) => {
        const changes = new Map<string, Baseline>();
        const latest: Recall<Baseline> = (key) => changes.get(key) ?? recall(key);
        const faults = new Map<string, Fault>();
        if (record.items.length > 0 && recall(SINCE_KEY) === undefined)
          changes.set(SINCE_KEY, { kind: 'since', at: record.timestamp });
        const events = [...record.items];
        const types = new Set(events.map(({ type }) => type));
        const anomalies = events.flatMap((event) => {
          const scene = sceneOf(record.source, event, latest);
          return watches
            .filter((watch) => watch.event === event.type && !(watch.unless !== undefined && types.has(watch.unless)))
            .flatMap((watch) => applied(watch, scene, changes, faults, record.sequence));
        });
        const out = withItems(record, anomalies);
        return {
          verdict: faults.size === 0 ? { kind: 'emit', out } : { kind: 'emit', out, faults: [...faults.values()] },
          ...(changes.size > 0 && { remember: [...changes] }),
        };
      },
  };
}

interface Watch {
  readonly id: string;
  readonly version: number;
  readonly event: string;
  readonly unless: string | undefined;
  readonly where: Evaluate | null;
  readonly judge: Judge;
}

function watchOf(detector: Detector, tools: Tools): Watch {
  const { id, version, event, unless, where } = detector;
  return {
    id,
    version,
    event,
    unless,
    where: where === undefined ? null : makeEventCompiler(tools.calendar)(where),
    judge: judgeOf(detector, tools),
  };
}

function judgeOf(detector: Detector, tools: Tools): Judge {
  switch (detector.method) {
    case 'large_value':
      return makeLargeValue(detector, tools);
    case 'rare_change':
      return makeRareChange(detector, tools);
    case 'closed_hours':
      return makeClosedHours(detector, tools);
  }
}

const sceneOf = (source: string, event: BusinessEvent, recall: Recall<Baseline>): Scene => ({
  source,
  event,
  recall,
  context: { payload: event.payload, actor: event.actor, time: event.timestamp },
});

/** Why an event cannot be judged; null for any other error, which is a bug. */
function reasonOf(error: unknown): string | null {
  return error instanceof Unusable ? error.message : failureOf(error);
}

/** The anomaly that a detector finds, if any. What it learns goes to `changes`, what it cannot evaluate to `faults`, once per detector. */
function applied(
  watch: Watch,
  scene: Scene,
  changes: Map<string, Baseline>,
  faults: Map<string, Fault>,
  sequence: number,
): Anomaly[] {
  try {
    if (watch.where && watch.where(scene.context) !== true) return [];
    const { anomaly, remember } = watch.judge(scene);
    for (const [key, baseline] of remember) changes.set(key, baseline);
    return anomaly ? [anomaly] : [];
  } catch (error) {
    const why = reasonOf(error);
    if (why === null) throw error;
    faults.set(watch.id, {
      code: 'detector.failed',
      detail: `detector ${watch.id} version ${watch.version} could not be evaluated on an event of type ${watch.event} (${why})`,
      sequence,
    });
    return [];
  }
}
