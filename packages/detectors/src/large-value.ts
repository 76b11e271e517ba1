import type { Timestamp } from '@overlay/model';
import { type LargeValue, VALUE_VARIABLES } from '@overlay/packs';
import { type Baseline, daysBetween, fading, later, type Moments, recallKind } from './baseline.ts';
import {
  type Judge,
  makeEventCompiler,
  makeGrade,
  makeReport,
  numberOf,
  oddsOf,
  PROBABILITY_MIN,
  printed,
  type Scene,
  type Tools,
  textOf,
} from './judge.ts';
import { studentTail } from './tails.ts';

/** The spread never falls below this part of the prior's: a series of equal values does not make the next one a wonder. */
const SPREAD_MIN = 0.5;

/**
 * Values in the upper tail. The logarithms of all values have a normal distribution whose mean and spread are learned with the prior's
 * strength, fading in event time; each series shifts the mean by its own, as far as it is known. The tail is Student's, because the
 * spread is an estimate. Values that became anomalies are not learned from.
 */
export function makeLargeValue(detector: LargeValue, tools: Tools): Judge {
  const compile = makeEventCompiler(tools.calendar);
  const withValue = makeEventCompiler(tools.calendar, VALUE_VARIABLES);
  const measure = compile(detector.value);
  const isMaterial = detector.material === undefined ? null : withValue(detector.material);
  const series = Object.entries(detector.series).map(([name, text]) => ({ name, keyOf: compile(text) }));
  const gradeOf = makeGrade(detector, withValue);
  const report = makeReport(detector, compile, tools);

  return (scene) => {
    const value = numberOf(measure(scene.context), 'value');
    if (value <= 0) return { anomaly: null, remember: [] };
    const context = { ...scene.context, value };
    const keys = series.flatMap(({ name, keyOf }) => {
      const key = textOf(keyOf(scene.context));
      return key === null ? [] : [`${detector.id}:${name}:${key}`];
    });
    const belief = believe(detector, scene, keys);
    const { pValue, features } = tailOf(belief, value);
    const grade = isMaterial && isMaterial(context) !== true ? null : gradeOf(-Math.log(pValue), context);
    if (!grade || grade.severity === null)
      return { anomaly: null, remember: learn(belief, value, scene.event.timestamp) };
    const typical = Math.exp(belief.mean);
    const anomaly = report(scene, {
      grade,
      severity: grade.severity,
      pValue,
      observed: value,
      expected: typical,
      features,
      slots: { value: printed(value), typical: printed(typical), odds: oddsOf(pValue) },
      businessEventIds: [scene.event.eventId],
      sourceEventIds: scene.event.sourceEventIds,
    });
    return { anomaly, remember: [] };
  };
}

interface Belief {
  readonly mean: number;
  readonly spread: number;
  readonly weight: number;
  readonly moments: readonly (readonly [key: string, Moments])[];
}

function believe({ id, prior, halfLifeDays }: LargeValue, { recall, event }: Scene, keys: readonly string[]): Belief {
  const read = (key: string): readonly [string, Moments] => [
    key,
    faded(recallKind(recall, key, 'moments'), event.timestamp, halfLifeDays),
  ];
  const all = read(`${id}:all`);
  const parts = keys.map(read);
  const centre = Math.log(prior.typical);
  const [, { weight: seen, sum, squares }] = all;
  const weight = seen + prior.strength;
  const mean = (prior.strength * centre + sum) / weight;
  const variance = (prior.strength * (prior.spread ** 2 + centre ** 2) + squares) / weight - mean ** 2;
  const shift = parts.reduce(
    (total, [, part]) => total + (part.sum - part.weight * mean) / (part.weight + prior.strength),
    0,
  );
  return {
    mean: mean + shift,
    spread: Math.max(Math.sqrt(Math.max(0, variance)), prior.spread * SPREAD_MIN),
    weight,
    moments: [all, ...parts],
  };
}

function tailOf({ mean, spread, weight }: Belief, value: number) {
  const scale = spread * Math.sqrt(1 + 1 / weight);
  const distance = (Math.log(value) - mean) / scale;
  const pValue = Math.max(PROBABILITY_MIN, studentTail(distance, weight));
  return { pValue, features: { value, log_mean: mean, log_scale: scale, degrees_of_freedom: weight, distance } };
}

function faded(moments: Moments | undefined, now: Timestamp, halfLifeDays: number): Moments {
  if (!moments) return { kind: 'moments', at: now, weight: 0, sum: 0, squares: 0 };
  const left = fading(daysBetween(moments.at, now), halfLifeDays);
  return {
    kind: 'moments',
    at: later(moments.at, now),
    weight: moments.weight * left,
    sum: moments.sum * left,
    squares: moments.squares * left,
  };
}

function learn({ moments }: Belief, value: number, now: Timestamp): (readonly [string, Baseline])[] {
  const x = Math.log(value);
  return moments.map(([key, { at, weight, sum, squares }]) => [
    key,
    { kind: 'moments', at: later(at, now), weight: weight + 1, sum: sum + x, squares: squares + x * x },
  ]);
}
