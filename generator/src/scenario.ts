import { z } from 'zod';
import { LINES } from './names.ts';
import { parseInstant } from './options.ts';
import { HOUR_US, isZone, makeZone } from './time.ts';

const share = z.number().min(0).max(1);
const perDay = z.number().min(0).max(1000);
const factor = z.number().positive().max(100);
const gammaShape = z.number().min(1).max(1e6);
const hour = z.int().min(0).max(24);
const zone = z.string().refine(isZone, 'is no time zone that is known here: use a name such as America/Lima');
const range = (least: number, most: number, kind: z.ZodNumber = z.int()) =>
  z
    .tuple([kind.min(least).max(most), kind.min(least).max(most)])
    .refine(([low, high]) => low <= high, 'must not begin above its end: write the smaller number first');
/** Whole numbers with their weights. */
const weights = z
  .record(z.string().regex(/^[1-9]\d?$/, 'is no whole number from 1 to 99: use one as a key'), z.number().min(0))
  .refine((all) => Object.values(all).some((weight) => weight > 0), 'has no weight above 0: give one');

const Branch = z.strictObject({
  city: z.string().min(1).max(50),
  region: z.string().min(1).max(50),
  address: z
    .string()
    .min(1)
    .max(200)
    .refine((text) => !text.includes('\\'), 'has a backslash: leave it out'),
  size: z.number().positive(),
  timeZone: zone.optional(),
  opens: hour.optional(),
  closes: hour.optional(),
});

const sometimes = { perWeek: z.number().min(0).max(7), isRecent: z.boolean() };
const everyDays = z.int().min(0).max(3660);

const PRODUCTS_MAX = LINES.reduce((sum, { names, forms }) => sum + names.length * forms.length, 0);

const Dials = z.strictObject({
  seed: z.string(),
  days: z.int().min(1).max(3660),
  /** Epoch microseconds, or `now`. */
  until: z.union([z.literal('now'), z.string().transform(instantOf)]),
  salesPerDay: z.number().positive().max(1e7),
  timeZone: zone,
  opens: hour,
  closes: hour,
  branches: z.array(Branch).min(1).max(500),
  products: z.int().min(50).max(PRODUCTS_MAX),
  demand: z.strictObject({ exponent: z.number().min(0).max(5), shift: z.number().min(0), taste: gammaShape }),
  shape: z.strictObject({
    byHour: z.array(z.number().min(0)).length(24),
    byWeekday: z.strictObject({
      sunday: factor,
      monday: factor,
      tuesday: factor,
      wednesday: factor,
      thursday: factor,
      friday: factor,
      saturday: factor,
    }),
    payday: z.strictObject({ days: z.array(z.union([z.int().min(1).max(31), z.literal('last')])), factor }),
    overdispersion: z.strictObject({ day: gammaShape, hour: gammaShape }),
  }),
  basket: z.strictObject({
    lines: weights,
    units: weights,
    payments: z.strictObject({ CASH: share, CARD: share, MOBILE: share }),
  }),
  stock: z.strictObject({
    fullDays: z.number().positive(),
    fullUnits: z.int().min(1),
    reorderDays: z.number().min(0),
    reorderUnits: z.int().min(0),
  }),
  orders: z.strictObject({ costShare: share, sameDayShare: share, cancelledShare: share, shortShare: share }),
  adjustments: z.strictObject({
    shareOfSales: share,
    reasons: z.strictObject({ DAMAGE: share, COUNT: share, SUPPLIER_ERROR: share, OTHER: share, THEFT: share }),
  }),
  office: z.strictObject({
    priceChanges: perDay,
    roleChanges: perDay,
    hires: perDay,
    leaves: perDay,
    suppliers: perDay,
  }),
  unusual: z.strictObject({
    salesVoided: perDay,
    salesAltered: perDay,
    salesOversold: perDay,
    pricesBelowCost: perDay,
    stockUnrecorded: perDay,
    unexplained: perDay,
  }),
  anomalies: z.strictObject({
    afterHoursTheft: z.strictObject({ ...sometimes, thefts: range(2, 100), units: range(1, 1000) }),
    largeLoss: z.strictObject({ ...sometimes, leastShare: z.number().min(0.1).max(0.95), leastUnits: z.int().min(1) }),
    selfPromotion: z.strictObject(sometimes),
    roleGrant: z.strictObject(sometimes),
    zeroStock: z.strictObject({ ...sometimes, products: range(1, 50), ranks: range(0, 499) }),
    discountAbuse: z.strictObject({ ...sometimes, sales: range(1, 200), discount: range(0.01, 0.95, z.number()) }),
    ghostReceipt: z.strictObject({ ...sometimes, units: range(1, 10_000) }),
  }),
  hardNegatives: z.strictObject({
    promotion: z.strictObject({
      everyDays,
      days: z.int().min(1).max(60),
      discount: range(0.01, 0.9, z.number()),
      customers: factor,
      share,
    }),
    fluWave: z.strictObject({
      everyDays,
      days: z.int().min(1).max(60),
      customers: factor,
      share,
      products: z.array(z.string().min(1)).min(1),
    }),
    holidays: z.record(
      z.string().regex(/^(0[1-9]|1[0-2])-([0-2]\d|3[01])$/, 'is no day such as 07-28: use one'),
      factor,
    ),
    monthEndCount: z.strictObject({ branchShare: share, corrections: range(1, 500), units: range(1, 1000) }),
    newProduct: z.strictObject({ everyDays }),
    expiryWriteOff: z.strictObject({ everyDays, units: range(1, 10_000) }),
    approvedPromotion: z.strictObject({ everyDays }),
  }),
});
/** Every dial of the business. `scenarios/default.yaml` says what each means and holds all the defaults. */
export const Scenario = Dials.superRefine((dials, context) => {
  const wrong = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (dials.opens >= dials.closes) wrong(['closes'], 'must be after `opens`: correct one of them');
  if (!dials.shape.byHour.slice(dials.opens, dials.closes).some((weight) => weight > 0)) {
    wrong(['shape', 'byHour'], 'has no weight above 0 in the opening hours: give one');
  }
  for (const [place, branch] of dials.branches.entries()) {
    const { opens = dials.opens, closes = dials.closes, timeZone = dials.timeZone } = branch;
    if (opens >= closes) wrong(['branches', place], 'must close after it opens: correct `opens` or `closes`');
    if (!areWholeHoursApart(timeZone, dials.timeZone)) {
      wrong(['branches', place, 'timeZone'], `is not whole hours away from ${dials.timeZone}: use another`);
    }
  }
  const { everyDays } = dials.hardNegatives.newProduct;
  if (everyDays > 0 && dials.products + Math.floor(dials.days / everyDays) > PRODUCTS_MAX) {
    const place = ['hardNegatives', 'newProduct', 'everyDays'];
    wrong(place, `makes more than ${PRODUCTS_MAX} products in all: raise it, or lower \`products\``);
  }
});
export type Scenario = z.infer<typeof Scenario>;

function areWholeHoursApart(one: string, other: string): boolean {
  if (!isZone(one) || !isZone(other)) return true;
  const apart_us = (at_us: number) => makeZone(one).offset_us(at_us) - makeZone(other).offset_us(at_us);
  return [Date.UTC(2026, 0, 1), Date.UTC(2026, 6, 1)].every((ms) => apart_us(ms * 1000) % HOUR_US === 0);
}

function instantOf(text: string, context: z.RefinementCtx): number {
  try {
    return parseInstant(text);
  } catch (thrown) {
    context.addIssue({ code: 'custom', message: thrown instanceof Error ? thrown.message : String(thrown) });
    return z.NEVER;
  }
}
