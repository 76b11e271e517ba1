/** A column as its line of the DDL says it: what MySQL writes where a statement says nothing. */
export type Column = {
  readonly name: string;
  /** MySQL's type, for example `DECIMAL(10,2)`. */
  readonly type: string;
  /** What an INSERT that leaves it out writes; `now` is the time of the statement. */
  readonly initial: string | null | typeof NOW;
  /** Set to the time of the statement by every UPDATE that changes the row. */
  readonly isTouched: boolean;
  /** Generated: a whole number times an amount. */
  readonly product: readonly [number: string, amount: string] | undefined;
};

export const NOW = Symbol('now');

/** Undefined for a line that is no column. */
export function columnOf(line: string): Column | undefined {
  const [name = '', type = ''] = line.split(' ');
  if (['PRIMARY', 'FOREIGN', 'INDEX'].includes(name)) return undefined;
  const [, number, amount] = / AS \((\w+) \* (\w+)\)/.exec(line) ?? [];
  return {
    name,
    type,
    initial: initialOf(/ DEFAULT (\S+)/.exec(line)?.[1]),
    isTouched: line.includes(' ON UPDATE '),
    product: number !== undefined && amount !== undefined ? [number, amount] : undefined,
  };
}

export function keyOf(lines: readonly string[]): string[] {
  const composite = lines.flatMap((line) => /^PRIMARY KEY \((.*)\)/.exec(line)?.[1]?.split(', ') ?? []);
  return composite.length > 0 ? composite : lines.filter((line) => line.includes(' PRIMARY KEY')).map(firstWord);
}

function initialOf(text: string | undefined): Column['initial'] {
  switch (text) {
    case undefined:
      return null;
    case 'CURRENT_TIMESTAMP':
      return NOW;
    case 'TRUE':
      return '1';
    case 'FALSE':
      return '0';
    default:
      return text.replaceAll("'", '');
  }
}

const firstWord = (line: string): string => line.split(' ')[0] ?? '';
