import type { UndoPlan } from '@overlay/api';
import { cleanLine } from '../io.ts';

/** A script for MySQL: warnings are comments in it. */
export function undoLines({
  source,
  sequence,
  transactionId,
  begin,
  statements,
  end,
  later,
}: UndoPlan): readonly string[] {
  return [
    `-- takes back sequence ${sequence} of ${cleanLine(source)}, ${cleanLine(transactionId)}`,
    ...later.map((line) => `-- CAUTION ${cleanLine(line)}`),
    ...begin,
    ...statements.flatMap(({ sql, missing }) => [
      ...missing.map((why) => `-- MISSING ${cleanLine(why)}`),
      cleanLine(sql),
    ]),
    ...end,
  ];
}
