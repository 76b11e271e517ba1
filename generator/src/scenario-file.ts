import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { describe, Failure } from './failure.ts';
import { Scenario } from './scenario.ts';

const DEFAULTS = join(import.meta.dirname, '..', 'scenarios', 'default.yaml');

/** Dials that are set from outside a file, for example by the command line. */
export type Overrides = { readonly [Dial in 'seed' | 'days' | 'salesPerDay']?: Scenario[Dial] | undefined };

type Place = readonly (string | number)[];
type File = { readonly document: Document.Parsed; readonly at: (offset: number) => string; readonly raw: unknown };

/**
 * A scenario: the defaults, what a file says otherwise, what the overrides say. Throws {@link Failure} with every mistake,
 * each with file, line, column and what to do.
 */
export function readScenario(path?: string, overrides: Overrides = {}): Scenario {
  const defaults = readYaml(DEFAULTS);
  const file = path === undefined ? undefined : readYaml(path);
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const raw = merged(merged(defaults.raw, file?.raw ?? {}), given);
  const parsed = Scenario.safeParse(raw, { reportInput: true });
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map((issue) => {
    const place = placeOf(issue);
    const teller = file?.document.hasIn(place) ? file : defaults;
    return `${teller.at(offsetOf(teller.document, place))}: ${place.join('.') || 'the scenario'} ${remedyOf(issue)}`;
  });
  throw new Failure(`the scenario has mistakes:\n  ${mistakes.join('\n  ')}`, 2);
}

function readYaml(path: string): File {
  const lines = new LineCounter();
  const document = parseDocument(textOf(path), { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error !== undefined)
    throw new Failure(`${at(error.pos[0])}: is no valid YAML: ${error.message}: correct it here`, 2);
  const raw: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  if (!isPlain(raw))
    throw new Failure(`${path}:1:1: a scenario must be a map of dials: write \`days: 30\`, for example`, 2);
  return { document, at, raw };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new Failure(`cannot read the scenario ${path} (${describe(thrown).code}): correct --scenario`, 2, thrown);
  }
}

/** Maps are merged, all else is replaced. Weights and holidays are maps of their own choice: a map of numbers replaces. */
function merged(under: unknown, over: unknown): unknown {
  if (!isPlain(under) || !isPlain(over) || isTable(under)) return over;
  const all = new Set([...Object.keys(under), ...Object.keys(over)]);
  return Object.fromEntries([...all].map((key) => [key, key in over ? merged(under[key], over[key]) : under[key]]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A map whose keys are data: numbers or days. */
function isTable(map: Record<string, unknown>): boolean {
  return Object.keys(map).every((key) => /^\d/.test(key));
}

function placeOf(issue: z.core.$ZodIssue): Place {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  return issue.code === 'unrecognized_keys' ? [...path, issue.keys[0] ?? ''] : path;
}

function remedyOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return 'is no dial: correct its name or take it out';
    case 'invalid_type':
      return `must be ${issue.expected === 'int' ? 'a whole number' : issue.expected}, not ${JSON.stringify(issue.input)}: correct it`;
    case 'too_small':
      return `must be at least ${issue.minimum}, not ${JSON.stringify(issue.input)}: raise it`;
    case 'too_big':
      return `must be at most ${issue.maximum}, not ${JSON.stringify(issue.input)}: lower it`;
    case 'invalid_union':
      return `cannot be ${JSON.stringify(issue.input)}: ${issue.errors.flat().at(-1)?.message ?? 'see scenarios/default.yaml'}`;
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

/** Where a place stands in the text: its key, or the nearest thing above it that is there. */
function offsetOf(document: Document.Parsed, place: Place): number {
  for (let length = place.length; length > 0; length -= 1) {
    const parent = document.getIn(place.slice(0, length - 1), true);
    const key = place[length - 1];
    const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === String(key)) : undefined;
    const node = isNode(pair?.key) ? pair.key : document.getIn(place.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
