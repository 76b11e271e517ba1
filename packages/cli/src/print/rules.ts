import type { RulesReport } from '@overlay/api';
import { cleanLine, type Paint } from '../io.ts';
import { plural } from './words.ts';

/** A line for each example, what differs under it; then rules that have none, and the count. */
export function rulesLines(
  { pack, version, examples, rulesWithoutExample }: RulesReport,
  paint: Paint,
): readonly string[] {
  const failed = examples.filter(({ differences }) => differences.length > 0).length;
  return [
    ...examples.flatMap(({ title, differences }) => [
      `${differences.length === 0 ? paint('green', 'ok  ') : paint('red', 'FAIL')}  ${cleanLine(title)}`,
      ...differences.map((difference) => `      ${cleanLine(difference)}`),
    ]),
    ...rulesWithoutExample.map(
      (rule) => `${paint('red', 'FAIL')}  rule ${rule} gives no event in any example: add one to examples/`,
    ),
    '',
    `${pack} version ${version}: ${plural(examples.length, 'example', 'examples')}, ${failed} failed.`,
  ];
}
