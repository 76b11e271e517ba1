import { guessValue, type ToValue } from './column-values.ts';
import type { RowPlan } from './table-definition.ts';
import { TextPage } from './text-page.ts';
import { transcribe, transcribeValue, valueText } from './transcribe.ts';
import { type Image, valueIn, valuesOf, WrittenImage } from './written-image.ts';

const PAGE = new TextPage();

/** The image as its table's definition has it; undefined when its columns are others. */
export function imageText(image: Image | null, plan: RowPlan | undefined): string | undefined {
  PAGE.begin();
  return putImage(image, plan, PAGE) ? PAGE.text() : undefined;
}

/** Puts the image on a page as its table's definition has it; false, and nothing is put, when its columns are others. */
export function putImage(image: Image | null, plan: RowPlan | undefined, page: TextPage): boolean {
  if (!image) {
    page.put('null');
    return true;
  }
  if (!plan) return false;
  if (image instanceof WrittenImage && transcribe(image, plan.columns, page)) return true;
  const text = textOfValues(valuesOf(image), plan);
  if (text !== undefined) page.put(text);
  return text !== undefined;
}

function textOfValues(values: Readonly<Record<string, unknown>>, { columns }: RowPlan): string | undefined {
  if (Object.keys(values).length !== columns.length) return undefined;
  let members = '';
  for (const { name, prefix, toValue } of columns) {
    if (!Object.hasOwn(values, name)) return undefined;
    members += `${members === '' ? '' : ','}${prefix}${valueText(toValue(values[name]))}`;
  }
  return `{${members}}`;
}

/** An image that differs from the table's definition: known columns by their type, the others by the look of the value. */
export function guessedText(image: Image | null, plan: RowPlan | undefined): string {
  const values = valuesOf(image ?? {});
  const members = Object.keys(values)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${valueText(guessed(plan, name)(values[name]))}`);
  return `{${members.join(',')}}`;
}

const guessed = (plan: RowPlan | undefined, name: string): ToValue =>
  plan?.converters.get(name) ?? plan?.guess?.(name) ?? guessValue;

/** The primary key of an image; `{}` where its table has none. */
export function keyText(image: Image | null, plan: RowPlan | undefined): string {
  if (!image || !plan || plan.key.length === 0) return '{}';
  let members = '';
  for (const name of plan.key)
    members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${textIn(image, name, guessed(plan, name))}`;
  return `{${members}}`;
}

function textIn(image: Image, name: string, toValue: ToValue): string {
  const place = image instanceof WrittenImage ? image.shape.placeOf(name) : undefined;
  if (place === undefined) return valueText(toValue(valueIn(image, name)));
  PAGE.begin();
  transcribeValue(image as WrittenImage, place, toValue, PAGE);
  return PAGE.text();
}
