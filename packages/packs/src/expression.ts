import { TypeError as CelTypeError, Environment, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import { type BusinessEvent, must } from '@overlay/model';
import { isSameAmount, largest, minus, percent, percentBelow, sum, times } from './decimal.ts';
import { type Functions, type Implementation, quickOf } from './quick.ts';

/** CEL types of the variables that an expression may name. */
export type Variables = Readonly<Record<string, string>>;

/** What expressions may ask of the world that their caller holds. */
export interface Lookups {
  /** The label of a table's row; null when the row, or its label, is not known. */
  readonly label: (table: string, key: string) => string | null;
  /** What a table remembers under a name, of its newest row with this key; null when nothing. */
  readonly remembered: (table: string, name: string, key: string) => string | null;
  /** Whether a place is open at an instant, or at a reading of its wall clock. A RangeError says that the text is neither. */
  readonly isOpen: (time: string, place: string) => boolean;
}

/** What an expression gives: JSON, integers as decimal text. */
export type Json = BusinessEvent['payload'][string];

/** A compiled expression. Throws an error that {@link failureOf} can name when it cannot be evaluated. */
export type Evaluate = (context: Readonly<Record<string, unknown>>) => Json;

/** A compiled condition. Throws as {@link Evaluate}; what is neither true nor false is `not_a_boolean`. */
export type Condition = (context: Readonly<Record<string, unknown>>) => boolean;

const ROW = 'map<string, dyn>';
/** Of one row change: `where` of anchors and joins. */
export const ROW_VARIABLES: Variables = { before: ROW, after: ROW, operation: 'string', time: 'string' };
/** Of one business event: everything in detectors. */
export const EVENT_VARIABLES: Variables = { payload: ROW, actor: ROW, time: 'string' };
export const VALUE_VARIABLES: Variables = { ...EVENT_VARIABLES, value: 'double' };
/** Of a rule: its anchor row and its joins by name. */
export const ruleVariables = (
  joins: Readonly<Record<string, { readonly cardinality: 'many' | 'one' }>>,
): Variables => ({
  ...ROW_VARIABLES,
  ...Object.fromEntries(
    Object.entries(joins).map(([name, { cardinality }]) => [name, cardinality === 'many' ? `list<${ROW}>` : ROW]),
  ),
});

/** CEL's own words, by its specification. */
const RESERVED: ReadonlySet<string> = new Set(
  'as break const continue else false for function if import in let loop namespace null package return true var void while'.split(
    ' ',
  ),
);
/** Answers for when there is nobody to ask: enough to check expressions. */
const NO_LOOKUPS: Lookups = { label: () => null, remembered: () => null, isOpen: () => true };

/**
 * Compiles CEL expressions over `variables`. Beside CEL's own there are `label(table, key)`, `remembered(table, name, key)`, `isOpen(time, place)`, and exact
 * arithmetic on decimal text: `sum(list)`, `largest(list)` (nulls aside), `minus(a, b)`, `times(a, b)`, `percent(part, whole)`, `percentBelow(value, reference)` (null of null), `isBelow(value, reference)` (false of null), `sameAmount(a, b)`, and `change(before, after, '<column>')`, by
 * how much a row's number rose, 0 standing for null and for the row that an INSERT or DELETE has not. Integers come out as decimal text.
 */
export function makeCompiler(variables: Variables, lookups: Lookups): (expression: string) => Evaluate {
  const functions = functionsOf(lookups);
  const environment = environmentOf(variables, functions);
  const names = Object.keys(variables);
  return (expression) => {
    const parsed = environment.parse(expression);
    const quick = quickOf(parsed.ast, names, functions);
    if (quick === null) return (context) => toJson(parsed(context));
    return (context) => {
      let value: unknown;
      try {
        value = quick(context);
      } catch {
        value = parsed(context);
      }
      return toJson(value);
    };
  };
}

/** As {@link makeCompiler}, by the interpreter alone. */
export function makeInterpreter(variables: Variables, lookups: Lookups): (expression: string) => Evaluate {
  const environment = environmentOf(variables, functionsOf(lookups));
  return (expression) => {
    const parsed = environment.parse(expression);
    return (context) => toJson(parsed(context));
  };
}

/** A condition that holds or does not: one that gives text or null would otherwise never hold, in silence. */
export const conditionOf =
  (evaluate: Evaluate): Condition =>
  (context) => {
    const outcome = evaluate(context);
    if (typeof outcome === 'boolean') return outcome;
    throw new EvaluationError({ code: 'not_a_boolean', message: 'gives neither true nor false' });
  };

/** What is wrong with an expression, and where in its text; null when nothing is. `isCondition` asks for true or false. */
export function expressionMistake(
  expression: string,
  variables: Variables,
  isCondition: boolean,
): { readonly offset: number; readonly message: string } | null {
  const { valid, type, error } = environmentOf(variables, functionsOf(NO_LOOKUPS)).check(expression);
  if (!valid) {
    const names = Object.keys(variables).join(', ');
    return {
      offset: error?.range?.start ?? 0,
      message: `is no valid expression: ${error?.summary ?? 'unreadable'}; it may name ${names}`,
    };
  }
  if (isCondition && type !== 'bool' && type !== 'dyn')
    return { offset: 0, message: `must be true or false, but gives ${type}: compare it with something` };
  return null;
}

/** Whether a name already means something in expressions, such as `type` or `after`, so that no join can have it. */
export function isTakenName(name: string): boolean {
  return name in ROW_VARIABLES || environmentOf({}, functionsOf(NO_LOOKUPS)).hasVariable(name) || RESERVED.has(name);
}

/** CEL's code for why an expression could not be evaluated (`no_such_key`: a column or field is missing); null for any other error. */
export function failureOf(error: unknown): string | null {
  return error instanceof EvaluationError || error instanceof CelTypeError || error instanceof ParseError
    ? error.code
    : null;
}

/** Building one costs milliseconds: once per compiler, never per record. */
function environmentOf(variables: Variables, functions: Functions): Environment {
  const environment = new Environment({ homogeneousAggregateLiterals: false });
  for (const [name, { takes, gives, call }] of Object.entries(functions))
    environment.registerFunction(`${name}(${takes.join(', ')}): ${gives}`, call);
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
  return environment;
}

function functionsOf(lookups: Lookups) {
  return {
    label: {
      takes: ['string', 'dyn'],
      gives: 'dyn',
      call: (table: string, key: unknown) => (key === null ? null : lookups.label(table, plain(key))),
    },
    remembered: {
      takes: ['string', 'string', 'dyn'],
      gives: 'dyn',
      call: (table: string, name: string, key: unknown) =>
        key === null ? null : lookups.remembered(table, name, plain(key)),
    },
    isOpen: {
      takes: ['dyn', 'dyn'],
      gives: 'bool',
      call: (time: unknown, place: unknown) => computed('not_a_time', () => lookups.isOpen(plain(time), plain(place))),
    },
    sum: {
      takes: ['list'],
      gives: 'string',
      call: (values: readonly unknown[]) => computed('not_a_decimal', () => sum(values.map(plain))),
    },
    largest: {
      takes: ['list'],
      gives: 'dyn',
      call: (values: readonly unknown[]) =>
        computed('not_a_decimal', () => largest(values.filter((value) => value !== null).map(plain))),
    },
    change: {
      takes: ['dyn', 'dyn', 'string'],
      gives: 'string',
      call: (before: unknown, after: unknown, column: string) =>
        computed('not_a_decimal', () => minus(amountOf(after, column), amountOf(before, column))),
    },
    minus: onAmounts('string', minus),
    times: onAmounts('string', times),
    percent: onAmounts('dyn', percent),
    percentBelow: {
      takes: ['dyn', 'dyn'],
      gives: 'dyn',
      call: (value: unknown, reference: unknown) =>
        reference === null ? null : computed('not_a_decimal', () => percentBelow(plain(value), plain(reference))),
    },
    isBelow: {
      takes: ['dyn', 'dyn'],
      gives: 'bool',
      call: (value: unknown, reference: unknown) =>
        reference !== null && computed('not_a_decimal', () => minus(plain(value), plain(reference)).startsWith('-')),
    },
    sameAmount: onAmounts('bool', isSameAmount),
  } satisfies Functions;
}

const onAmounts = (gives: string, compute: (a: string, b: string) => unknown): Implementation => ({
  takes: ['dyn', 'dyn'],
  gives,
  call: (a: unknown, b: unknown) => computed('not_a_decimal', () => compute(plain(a), plain(b))),
});

/** A number of a row; 0 where the row is not there, or the number is null. */
function amountOf(row: unknown, column: string): string {
  if (typeof row !== 'object' || row === null || Object.keys(row).length === 0) return '0';
  const value = Object.getOwnPropertyDescriptor(row, column);
  if (value === undefined) throw new EvaluationError({ code: 'no_such_key', message: `No such key: ${column}` });
  return value.value === null ? '0' : plain(value.value);
}

const plain = (value: unknown): string => (value === null ? '' : String(value));

function computed<Value>(code: string, compute: () => Value): Value {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RangeError) throw new EvaluationError({ code, message: error.message });
    throw error;
  }
}

function toJson(value: unknown): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      return String(value);
    default:
      return toStructure(value);
  }
}

function toStructure(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Date) return value.toISOString();
  must(typeof value === 'object', 'a CEL value is a scalar, a list or a map');
  if (value instanceof Map) return toStructure(Object.fromEntries(value));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, toJson(part)]));
}
