/**
 * A seeded source of chance. The same seed gives the same draws in the same order on every machine; `fork` starts an
 * independent stream from a label, so that one part of the business can change without moving another.
 */
export type Random = {
  /** A number in [0, 1). */
  readonly unit: () => number;
  /** A whole number from low to high, both included. */
  readonly integer: (low: number, high: number) => number;
  readonly between: (low: number, high: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <Item>(items: readonly Item[]) => Item;
  readonly shuffled: <Item>(items: readonly Item[]) => Item[];
  readonly normal: () => number;
  /** Gamma with the given shape and mean 1: the larger the shape, the closer to 1. */
  readonly around1: (shape: number) => number;
  readonly poisson: (mean: number) => number;
  readonly fork: (label: string) => Random;
};

/** Draws an index with probability proportional to its weight. */
export type Sampler = (random: Pick<Random, 'unit'>) => number;

export function makeRandom(seed: string): Random {
  const unit = makeUnit(seed);
  const integer = (low: number, high: number): number => low + Math.floor(unit() * (high - low + 1));
  const normal = makeNormal(unit);
  return {
    unit,
    integer,
    normal,
    between: (low, high) => low + unit() * (high - low),
    chance: (probability) => unit() < probability,
    pick: (items) => at(items, integer(0, items.length - 1)),
    shuffled: (items) => shuffled(items, integer),
    around1: (shape) => gamma(shape, unit, normal) / shape,
    poisson: (mean) => poisson(mean, unit),
    fork: (label) => makeRandom(`${seed}/${label}`),
  };
}

export function makeSampler(weights: readonly number[]): Sampler {
  const cumulative = new Float64Array(weights.length);
  let total = 0;
  for (const [index, weight] of weights.entries()) {
    total += weight;
    cumulative[index] = total;
  }
  return (random) => firstAbove(cumulative, random.unit() * total);
}

/**
 * Zipf's law with Mandelbrot's shift: weight of rank r (from 1) is 1 / (r + shift)^exponent, summing to 1. The shift keeps
 * the first product from standing in every basket.
 */
export function zipfWeights(count: number, exponent: number, shift: number): number[] {
  const raw = Array.from({ length: count }, (_, index) => (index + 1 + shift) ** -exponent);
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => weight / total);
}

function firstAbove(cumulative: Float64Array, target: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cumulative[middle] ?? 0) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** sfc32 (Chris Doty-Humphrey), 53 bits a draw, its state from the seed's text. */
function makeUnit(seed: string): () => number {
  let [a, b, c, d] = spread(seed);
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round += 1) next();
  return () => (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
}

/** Four 32-bit words from a text (cyrb128). */
function spread(text: string): [number, number, number, number] {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    a = b ^ Math.imul(a ^ code, 597399067);
    b = c ^ Math.imul(b ^ code, 2869860233);
    c = d ^ Math.imul(c ^ code, 951274213);
    d = a ^ Math.imul(d ^ code, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  return [a ^ b ^ c ^ d, b ^ a, c ^ a, d ^ a];
}

/** Box and Muller, one of the pair. */
function makeNormal(unit: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
}

/** Marsaglia and Tsang, for shapes of at least 1. */
function gamma(shape: number, unit: () => number, normal: () => number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - unit()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Knuth's product, a large mean taken in pieces so that exp() does not underflow. */
function poisson(mean: number, unit: () => number): number {
  let count = 0;
  for (let left = mean; left > 0; left -= 16) {
    const limit = Math.exp(-Math.min(left, 16));
    for (let product = unit(); product > limit; product *= unit()) count += 1;
  }
  return count;
}

function shuffled<Item>(items: readonly Item[], integer: (low: number, high: number) => number): Item[] {
  const result = [...items];
  for (let index = result.length - 1; index > 0; index -= 1) {
    const other = integer(0, index);
    const held = at(result, index);
    result[index] = at(result, other);
    result[other] = held;
  }
  return result;
}

function at<Item>(items: readonly Item[], index: number): Item {
  if (index < 0 || index >= items.length) throw new Error(`nothing to draw from: index ${index} of ${items.length}`);
  return items[index] as Item;
}
