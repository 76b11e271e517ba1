import { printNumber, type Summary } from '@overlay/api';
import { clean, cleanLine, type Paint } from '../io.ts';

export function summaryLines(summary: Summary, paint: Paint): readonly string[] {
  const by = summary.author === 'template' ? 'by template' : `prose by ${cleanLine(summary.author)}`;
  const origin =
    summary.asOfSequence === 0
      ? 'Nothing of this day has been through all stages.'
      : `Written ${by}, from the record up to sequence ${printNumber(String(summary.asOfSequence))}.`;
  return [paint('bold', cleanLine(summary.title)), clean(summary.text), '', paint('dim', origin)];
}
