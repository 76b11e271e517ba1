import type { Fact } from '@overlay/model';
import { withoutTrailingZeros } from './figures.ts';

/** A date, a time, or a number with its sign, in this order of preference. Exponents are no form that people are shown. */
const FIGURE =
  /\d{4}-\d\d-\d\d|\d\d?:\d\d(?::\d\d)?|(?<![\p{L}\p{N}])[-−]\d[\d,]*(?:\.\d+)?|\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?/gu;

/**
 * The figures in a text that no fact holds, as sentences; none when the text is grounded. A figure is grounded when it is a fact's value,
 * or stands in it (a date in a timestamp), or is the value of a fact rounded to fewer places. Names that hold figures (the labels of facts,
 * values that are text) count as names: `500` out of `Paracetamol 500 mg` grounds no other `500`.
 */
export function checkGrounded(text: string, facts: readonly Fact[]): readonly string[] {
  const rest = withoutNames(text, facts);
  const values = facts.flatMap((fact) => figuresOf(fact.value));
  const foreign = /[^\P{N}0-9]/u.exec(rest);
  const unknown = [...new Set(figuresOf(rest))].filter(
    (figure) => !values.some((value) => isSameFigure(figure, value)),
  );
  return [
    ...unknown.map((figure) => `the figure ${figure} is the value of no fact`),
    ...(foreign ? [`the character '${foreign[0]}' is a number that is not written in plain digits`] : []),
  ];
}

const figuresOf = (text: string): string[] =>
  [...text.matchAll(FIGURE)].map(([figure]) => figure.replaceAll(',', '').replace('−', '-'));

const PLAIN = /^[+-]?\d+(?:\.\d+)?$/;

function withoutNames(text: string, facts: readonly Fact[]): string {
  const names = facts
    .flatMap(({ id, label, value, eventIds }) => [
      id,
      label,
      ...label.split(': '),
      ...(PLAIN.test(value) ? [] : [value]),
      ...eventIds,
    ])
    .filter((name) => /\p{N}/u.test(name))
    .sort((a, b) => b.length - a.length);
  return names.reduce((rest, name) => rest.replaceAll(name, ' '), text);
}

/** `-12` is only ever −12; `12` may be the size of −12; `3.2` may be 3.2143. */
function isSameFigure(figure: string, value: string): boolean {
  if (figure === value) return true;
  if (!PLAIN.test(figure) || !PLAIN.test(value)) return false;
  const isNegative = figure.startsWith('-');
  if (isNegative && !value.startsWith('-')) return false;
  const [size, ofValue] = [figure.replace(/^[+-]/, ''), value.replace(/^[+-]/, '')];
  return withoutTrailingZeros(size) === withoutTrailingZeros(ofValue) || isRounded(size, ofValue);
}

function isRounded(size: string, value: string): boolean {
  const places = size.split('.')[1]?.length ?? 0;
  const placesOfValue = value.split('.')[1]?.length ?? 0;
  if (placesOfValue <= places) return false;
  const [exact, shown] = [BigInt(value.replace('.', '')), BigInt(size.replace('.', ''))];
  const step = 10n ** BigInt(placesOfValue - places);
  const distance = shown * step - exact;
  return 2n * (distance < 0n ? -distance : distance) <= step;
}
