import { expressionMistake, type Variables } from './expression.ts';

/** Where in the document, and what is wrong. `offset` counts characters into the text that stands there. */
export interface Mistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly offset?: number;
}

/** What the parts of a pack may refer to. */
export interface Known {
  readonly tables: ReadonlySet<string>;
  readonly labelled: ReadonlySet<string>;
  /** What tables remember, as `<table>.<name>`. */
  readonly remembered: ReadonlySet<string>;
  /** Payload fields by event type, over all rules that give such events. */
  readonly payloads: ReadonlyMap<string, ReadonlySet<string>>;
}

export type Path = readonly (string | number)[];
export type Note = (path: Path, message: string, offset?: number) => void;

export function checkTable(path: Path, table: string, known: Known, note: Note): void {
  if (!known.tables.has(table))
    note(path, `table '${table}' is not declared: add it under tables, or correct the name`);
}

export function checkEvent(path: Path, event: string | undefined, known: Known, note: Note): void {
  if (event !== undefined && !known.payloads.has(event))
    note(
      path,
      `no rule gives events of type '${event}': add such a rule, or use one of ${[...known.payloads.keys()].join(', ')}`,
    );
}

export function checkExpression(
  path: Path,
  expression: string,
  variables: Variables,
  isCondition: boolean,
  known: Known,
  note: Note,
): void {
  const mistake = expressionMistake(expression, variables, isCondition);
  if (mistake) {
    note(path, mistake.message, mistake.offset);
    return;
  }
  for (const match of expression.matchAll(/\blabel\(\s*(['"])(\w+)\1/g)) {
    const table = match[2] ?? '';
    if (!known.labelled.has(table))
      note(path, `asks for labels of '${table}', which has none: give the table a label under tables`, match.index);
  }
  checkRemembered(path, expression, known, note);
}

/** `remembered('<table>', '<name>', key)` asks for what the table remembers. */
function checkRemembered(path: Path, expression: string, known: Known, note: Note): void {
  for (const { 2: table, 4: name, index } of expression.matchAll(/\bremembered\(\s*(['"])(\w+)\1\s*,\s*(['"])(\w+)\3/g))
    if (!known.remembered.has(`${table}.${name}`))
      note(
        path,
        `asks for '${name}' of '${table}', which it does not remember: add it under remember of the table`,
        index,
      );
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}

export function list(value: unknown, name: string): readonly unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}
