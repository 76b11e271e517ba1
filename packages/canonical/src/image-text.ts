import { guessValue, type ToValue, type Value } from './column-values.ts';
import type { RawImage } from './raw-image.ts';
import type { RowPlan } from './table-definition.ts';

/** The image as its table's definition has it; undefined when its columns are others. */
export function imageText(image: RawImage | null, plan: RowPlan | undefined): string | undefined {
  if (!image) return 'null';
  if (!plan || Object.keys(image).length !== plan.columns.length) return undefined;
  let members = '';
  for (const { name, prefix, toValue } of plan.columns) {
    if (!Object.hasOwn(image, name)) return undefined;
    members += `${members === '' ? '' : ','}${prefix}${valueText(toValue(image[name]))}`;
  }
  return `{${members}}`;
}

/** An image that differs from the table's definition: known columns by their type, the others by the look of the value. */
export function guessedText(image: RawImage | null, plan: RowPlan | undefined): string {
  const members = Object.keys(image ?? {})
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${valueText(guessed(plan, name)(image?.[name]))}`);
  return `{${members.join(',')}}`;
}

const guessed = (plan: RowPlan | undefined, name: string): ToValue =>
  plan?.converters.get(name) ?? plan?.guess?.(name) ?? guessValue;

const valueText = (value: Value): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

/** The primary key of an image; `{}` where its table has none. */
export function keyText(image: RawImage | null, plan: RowPlan | undefined): string {
  if (!image || !plan || plan.key.length === 0) return '{}';
  let members = '';
  for (const name of plan.key) {
    const value = guessed(plan, name)(Object.hasOwn(image, name) ? image[name] : undefined);
    members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${valueText(value)}`;
  }
  return `{${members}}`;
}
