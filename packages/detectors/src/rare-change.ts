import type { Timestamp } from '@overlay/model';
import type { RareChange } from '@overlay/packs';
import { daysBetween, fading, later, recallKind, type Tally } from './baseline.ts';
import { type Judge, makeEventCompiler, makeGrade, makeReport, type Scene, type Tools, textOf } from './judge.ts';

/**
 * Changes of state. The surprise is minus the logarithm of how often such a change was among all changes, smoothed; policies weigh in
 * nats beside it, and need no history. Changes that became anomalies are not learned from.
 */
export function makeRareChange(detector: RareChange, tools: Tools): Judge {
  const compile = makeEventCompiler(tools.calendar);
  const [fromOf, toOf] = [compile(detector.from), compile(detector.to)];
  const gradeOf = makeGrade(detector, compile);
  const report = makeReport(detector, compile, tools);

  return (scene) => {
    const from = textOf(fromOf(scene.context)) ?? 'unknown';
    const to = textOf(toOf(scene.context)) ?? 'unknown';
    const all = tallyOf(detector, scene, `${detector.id}:all`);
    const kind = tallyOf(detector, scene, `${detector.id}:change:${from}>${to}`);
    const { kinds, strength } = detector.prior;
    const frequency = (kind.tally.weight + strength) / (all.tally.weight + strength * kinds);
    const surprise = Math.max(0, -Math.log(frequency));
    const gain = privilegeGained(detector, from, to);
    const grade = gradeOf(surprise, scene.context, gain > 0 ? { 'privilege-gained': gain } : {});
    if (grade.severity === null)
      return { anomaly: null, remember: [all, kind].map(({ key, tally }) => [key, oneMore(tally)]) };
    const anomaly = report(scene, {
      grade,
      severity: grade.severity,
      pValue: null,
      observed: Object.values(grade.weights).reduce((sum, weight) => sum + weight, surprise),
      expected: null,
      features: {
        surprise,
        frequency,
        seen: kind.tally.count,
        total: all.tally.count,
        seen_weight: kind.tally.weight,
        total_weight: all.tally.weight,
      },
      slots: { from, to, seen: String(kind.tally.count), total: String(all.tally.count) },
      businessEventIds: [scene.event.eventId],
      sourceEventIds: scene.event.sourceEventIds,
    });
    return { anomaly, remember: [] };
  };
}

/** Nats for a rise in rank; a state without a rank gives none. */
function privilegeGained({ ranks, weightPerRank }: RareChange, from: string, to: string): number {
  const rank = (name: string) => (Object.hasOwn(ranks, name) ? ranks[name] : undefined);
  const [below, above] = [rank(from), rank(to)];
  return below === undefined || above === undefined ? 0 : Math.max(0, above - below) * weightPerRank;
}

function tallyOf({ halfLifeDays }: RareChange, { recall, event }: Scene, key: string): { key: string; tally: Tally } {
  const known = recallKind(recall, key, 'tally');
  return { key, tally: known ? faded(known, event.timestamp, halfLifeDays) : nothing(event.timestamp) };
}

const nothing = (at: Timestamp): Tally => ({ kind: 'tally', at, weight: 0, count: 0 });

const faded = (tally: Tally, now: Timestamp, halfLifeDays: number): Tally => ({
  ...tally,
  at: later(tally.at, now),
  weight: tally.weight * fading(daysBetween(tally.at, now), halfLifeDays),
});

const oneMore = (tally: Tally): Tally => ({ ...tally, weight: tally.weight + 1, count: tally.count + 1 });
