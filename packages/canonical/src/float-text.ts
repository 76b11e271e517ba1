const SINGLE_DIGITS_MAX = 9;
/** So many digits, or fewer, are never two texts of one single-precision number, from the smallest normal one on. */
const SINGLE_DIGITS_SURE = 6;
const SINGLE_NORMAL_MIN = 2 ** -126;

/** The shortest text that reads back as the same double-precision number; zero keeps its sign. */
export const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** The shortest text that reads back as the same single-precision number as `value`; undefined for what is none, or not finite. */
export function floatText(value: number): string | undefined {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return undefined;
  if (single === 0) return numberText(single);
  const least = Math.abs(single) < SINGLE_NORMAL_MIN ? 1 : SINGLE_DIGITS_SURE;
  for (let digits = least; digits < SINGLE_DIGITS_MAX; digits++) {
    const shorter = Number(single.toPrecision(digits));
    if (Math.fround(shorter) === single) return numberText(shorter);
  }
  return numberText(Number(single.toPrecision(SINGLE_DIGITS_MAX)));
}
