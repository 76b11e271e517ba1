import { type Alias, type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import type { Mistake } from './references.ts';

/** A YAML file of a pack: its text, and the name under which mistakes in it are told. */
export interface PackFile {
  readonly text: string;
  readonly name: string;
}

/** A file as it was read, with what finds places in it again. */
export interface Source {
  readonly document: Document.Parsed;
  readonly raw: unknown;
  /** Why it is no YAML. */
  readonly mistakes: readonly string[];
  readonly at: (offset: number) => string;
}

/** Values that aliases may stand for, one inside the other counted as often as it comes: a document that multiplies itself is refused. */
const ALIASES_MAX = 100;

/** Reads a file. */
export function readYaml({ text, name }: PackFile): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => `${name}:${lines.linePos(offset).line}:${lines.linePos(offset).col}`;
  // What follows the first is mostly its echo.
  const mistakes = document.errors
    .slice(0, 1)
    .map((error) => `${at(error.pos[0])}: is no valid YAML: ${error.message}: correct it here`);
  const unnamed = mistakes.length > 0 ? [] : unnamedAliases(document);
  mistakes.push(
    ...unnamed.map(
      ({ source, range }) =>
        `${at(range?.[0] ?? 0)}: nothing above is called &${source}: correct the name, or write the value here`,
    ),
  );
  if (mistakes.length > 0) return { document, raw: null, mistakes, at };
  try {
    return { document, raw: document.toJS({ maxAliasCount: ALIASES_MAX }), mistakes, at };
  } catch (thrown) {
    if (!(thrown instanceof ReferenceError)) throw thrown;
    const mistake = `${at(0)}: its aliases stand for more than ${ALIASES_MAX} values: write some of them out`;
    return { document, raw: null, mistakes: [mistake], at };
  }
}

/** Aliases that no anchor before them has the name of. */
function unnamedAliases(document: Document.Parsed): readonly Alias[] {
  const found: Alias[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) found.push(alias);
    },
  });
  return found;
}

export function mistakeOf(issue: z.core.$ZodIssue): Mistake {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'invalid_union') {
    const inner = innermost(issue);
    if (inner) return mistakeOf({ ...inner, path: [...issue.path, ...inner.path] });
  }
  if (issue.code === 'unrecognized_keys') return { path: [...path, issue.keys[0] ?? ''], message: issue.message };
  return { path, message: messageOf(issue) };
}

/** What is wrong with a value of several forms: in that form whose kind it has. */
function innermost({ errors }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue | undefined {
  const found = errors.find(([first]) => first && !(first.code === 'invalid_type' && first.path.length === 0));
  return (found ?? errors[0])?.[0];
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.input === undefined && issue.code !== 'invalid_union') return `is missing: add it${hintOf(issue)}`;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${issue.expected}, is ${kindOf(issue.input)}: write ${issue.expected === 'string' ? 'text, in quotes where it looks like something else' : `a value of that kind`}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}: use one of these`;
    case 'invalid_key':
      return `is no plain name: use letters, digits and underscores`;
    default:
      return issue.message;
  }
}

const hintOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'invalid_type') return ` (${issue.expected})`;
  return issue.code === 'invalid_value' ? ` (${issue.values.map(String).join(', ')})` : '';
};

const kindOf = (value: unknown): string => {
  if (value === null) return 'nothing';
  return Array.isArray(value) ? 'a list' : typeof value;
};

export const nameOf = (path: Mistake['path']): string =>
  path.length === 0
    ? 'the pack'
    : path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${step}`)).join('');

/** Where a path stands in the text; of a path that is not there, the nearest thing above it that is. */
export function offsetOf(document: Document.Parsed, { path, offset = 0 }: Mistake): number {
  for (let length = path.length; length >= 0; length--) {
    const steps = path.slice(0, length);
    const node = document.getIn(steps, true);
    if (!isNode(node) || !node.range) continue;
    if (length === path.length && offset > 0 && isScalar(node)) return node.range[0] + textOffset(node.type, offset);
    return length === path.length ? (keyOffset(document, steps) ?? node.range[0]) : node.range[0];
  }
  return 0;
}

/** From the start of a scalar to a place in its text. Block scalars have lost their line breaks: their start has to do. */
function textOffset(type: string | null | undefined, offset: number): number {
  if (type === 'PLAIN') return offset;
  return type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE' ? offset + 1 : 0;
}

/** Where the key of a map's entry stands, so that a mistake in it is not shown lines below; null in a list. */
function keyOffset(document: Document.Parsed, path: Mistake['path']): number | null {
  const parent = document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return null;
  const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)));
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? null) : null;
}
