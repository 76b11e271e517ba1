import { makeSampler, type Random } from './random.ts';
import type { Scenario } from './scenario.ts';

export type Payment = keyof Scenario['basket']['payments'];
export type Reason = keyof Scenario['adjustments']['reasons'];

/** Chance by the weights of the scenario. */
export type Draws = {
  readonly lines: (random: Random) => number;
  readonly units: (random: Random) => number;
  readonly payment: (random: Random) => Payment;
  readonly reason: (random: Random) => Reason;
};

export function makeDraws({ basket, adjustments }: Scenario): Draws {
  return {
    lines: numberDraw(basket.lines),
    units: numberDraw(basket.units),
    payment: drawOf(basket.payments),
    reason: drawOf(adjustments.reasons),
  };
}

/** Draws a name by its weight. */
function drawOf<Name extends string>(weights: Readonly<Record<Name, number>>): (random: Random) => Name {
  const names = Object.keys(weights) as Name[];
  const sampler = makeSampler(names.map((name) => weights[name]));
  return (random) => names[sampler(random)] as Name;
}

function numberDraw(weights: Readonly<Record<string, number>>): (random: Random) => number {
  const draw = drawOf(weights);
  return (random) => Number(draw(random));
}

/** The mean of whole numbers by their weights. */
export function meanOf(weights: Readonly<Record<string, number>>): number {
  const sum = (value: (entry: [string, number]) => number) =>
    Object.entries(weights).reduce((total, entry) => total + value(entry), 0);
  return sum(([count, weight]) => Number(count) * weight) / sum(([, weight]) => weight);
}
