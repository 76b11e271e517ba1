import { countShelf, launch, promote, writeOff } from './hard-negatives.ts';
import { anAdmin, setPrice } from './office.ts';
import type { Planned, Span } from './plan.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import { momentWithin } from './shape.ts';
import { DAY_US, dateOfDay, dayOfMonth, HOUR_US } from './time.ts';
import { drawLot } from './trouble.ts';
import type { Wave } from './waves.ts';
import { productAt, type World } from './world.ts';

const PROMOTION_RANKS = [20, 150] as const;
const WRITE_OFF_RANKS = [0, 250] as const;

/** How many products a history launches: they have their places from its beginning. */
export function launchesOf(scenario: Scenario, span: Span): number {
  const { everyDays } = scenario.hardNegatives.newProduct;
  return everyDays === 0 ? 0 : Math.floor((span.zone.day(span.until_us) - span.firstDay) / everyDays);
}

/** What moves demand in a history, from its options alone. */
export function planWaves(world: World, random: Random, span: Span): Wave[] {
  const { promotion, fluWave, holidays } = world.scenario.hardNegatives;
  const lasting = (day: number, days: number) => ({
    from_us: span.zone.startOf(day),
    to_us: span.zone.startOf(day + days),
  });
  const ill = world.products.flatMap(({ name }, place) =>
    fluWave.products.some((each) => name.startsWith(each)) ? [place] : [],
  );
  const sold = world.byDemand.filter((place) => productAt(world, place).isLaunched);
  const chain = { type: 'chain', id: 1 } as const;
  return [
    ...daysOf(random, promotion.everyDays, 'promotion', span).map((day): Wave => {
      const place = sold[random.fork(`promotion:${day}`).integer(...PROMOTION_RANKS)] ?? 0;
      return {
        ...{ id: `promotion-${dateOfDay(day)}`, kind: 'promotion', ...lasting(day, promotion.days) },
        ...{ customers: promotion.customers, share: promotion.share, products: [place] },
        entity: { type: 'product', id: productAt(world, place).id },
      };
    }),
    ...daysOf(random, fluWave.everyDays, 'flu', span).map((day): Wave => {
      const id = `flu-wave-${dateOfDay(day)}`;
      const { customers, share } = fluWave;
      return { id, kind: 'flu_wave', ...lasting(day, fluWave.days), customers, share, products: ill, entity: chain };
    }),
    ...everyDay(span).flatMap((day): Wave[] => {
      const customers = holidays[dateOfDay(day).slice(5)];
      const id = `holiday-${dateOfDay(day)}`;
      if (customers === undefined) return [];
      return [{ id, kind: 'holiday', ...lasting(day, 1), customers, share: 0, products: [], entity: chain }];
    }),
  ];
}

/** What of one day only looks like trouble, in no order. */
export function harmlessSteps(world: World, random: Random, span: Span, day: number): Planned[] {
  const { newProduct, expiryWriteOff, approvedPromotion } = world.scenario.hardNegatives;
  const steps: Planned[] = [...monthEnd(world, random, span, day), ...campaigns(world, random, span, day)];
  const once = (
    label: string,
    everyDays: number,
    ranks: readonly [number, number],
    perform: typeof launch | typeof writeOff,
  ) => {
    if (!daysOf(random, everyDays, label, span).includes(day)) return;
    const chance = random.fork(`${label}:${day}`);
    const lot = { ...drawLot(world, chance, `${label}-${dateOfDay(day)}`), rank: chance.integer(...ranks) };
    const at = momentWithin(span.zone, chance, day, 9, 18);
    steps.push({ at, perform: (random_, now_us) => perform(world, random_, lot, now_us) });
  };
  once('new-product', newProduct.everyDays, [0, 0], launch);
  once('expiry-write-off', expiryWriteOff.everyDays, WRITE_OFF_RANKS, writeOff);
  once('approved-promotion', approvedPromotion.everyDays, [0, 0], promote);
  return steps;
}

/** After closing on the month's last day, in some of the branches. */
function monthEnd(world: World, random: Random, { zone }: Span, day: number): Planned[] {
  const { branchShare, corrections } = world.scenario.hardNegatives.monthEndCount;
  if (branchShare === 0 || dayOfMonth(day + 1) !== 1) return [];
  const chance = random.fork(`month end:${day}`);
  return world.branches.flatMap((branch, place) => {
    if (!chance.chance(branchShare)) return [];
    const lot = { id: `month-end-count-${dateOfDay(day)}-${branch.id}`, branch: place, rank: 0, actor: 0 };
    const closing = branch.zone.startOf(day) + branch.closes * HOUR_US;
    return Array.from({ length: chance.integer(...corrections) }, () => ({
      at: Math.min(Math.floor(closing + chance.between(0.1, 2.5) * HOUR_US), zone.startOf(day + 1) - 1),
      perform: (random_: Random, now_us: number) => countShelf(world, random_, lot, now_us),
    }));
  });
}

/** The prices of promotions: down before opening, and back as they were after the last day. */
function campaigns(world: World, random: Random, span: Span, day: number): Planned[] {
  const { promotion } = world.scenario.hardNegatives;
  const from = span.zone.startOf(day);
  return world.waves
    .filter(({ kind }) => kind === 'promotion')
    .flatMap(({ id, products: [place = 0], from_us, to_us }): Planned[] => {
      const product = productAt(world, place);
      const lower = 1 - random.fork(id).between(...promotion.discount);
      const begin = (chance: Random) => {
        world.priceBefore.set(id, product.price_cents);
        return setPrice(product, Math.max(1, Math.round(product.price_cents * lower)), anAdmin(world, chance));
      };
      const end = (chance: Random) => {
        const price = world.priceBefore.get(id);
        return price === undefined ? undefined : setPrice(product, price, anAdmin(world, chance));
      };
      return [
        { at: from_us + 7 * HOUR_US, perform: begin },
        { at: to_us + 7 * HOUR_US, perform: end },
      ];
    })
    .filter(({ at }) => at >= from && at < from + DAY_US);
}

/** One day in each so many of a span, drawn for each label; 0: none. */
function daysOf(random: Pick<Random, 'fork'>, everyDays: number, label: string, span: Span): number[] {
  if (everyDays === 0) return [];
  const days: number[] = [];
  const last = span.zone.day(span.until_us);
  for (let first = span.firstDay; first + everyDays <= last; first += everyDays) {
    days.push(first + random.fork(`${label} days:${first}`).integer(0, everyDays - 1));
  }
  return days;
}

function everyDay({ firstDay, until_us, zone }: Span): number[] {
  return Array.from({ length: zone.day(until_us) - firstDay + 1 }, (_, index) => firstDay + index);
}
