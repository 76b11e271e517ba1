import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Mistake, referenceMistakes } from './checks.ts';
import { Pack } from './pack.ts';

export type Parsed =
  | { readonly ok: true; readonly pack: Pack; readonly content: unknown }
  | { readonly ok: false; readonly mistakes: readonly string[] };

/** YAML text → {@link Pack}, or every mistake in it, each with file, line, column and what to do. Aliases may not multiply the document. */
export function parsePack(text: string, fileName: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => `${fileName}:${lines.linePos(offset).line}:${lines.linePos(offset).col}`;
  if (document.errors.length > 0)
    return {
      ok: false,
      mistakes: document.errors.map(
        (error) => `${at(error.pos[0])}: is no valid YAML: ${error.message}: correct it here`,
      ),
    };

  const raw: unknown = document.toJS({ maxAliasCount: 100 });
  const parsed = Pack.safeParse(raw, { reportInput: true });
  const mistakes = [...(parsed.error?.issues ?? []).map(mistakeOf), ...referenceMistakes(raw)];
  if (parsed.success && mistakes.length === 0) return { ok: true, pack: parsed.data, content: raw };
  const placed = mistakes.map((mistake) => ({ mistake, offset: offsetOf(document, mistake) }));
  placed.sort((a, b) => a.offset - b.offset);
  return {
    ok: false,
    mistakes: placed.map(({ mistake, offset }) => `${at(offset)}: ${nameOf(mistake.path)} ${mistake.message}`),
  };
}

function mistakeOf(issue: z.core.$ZodIssue): Mistake {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'unrecognized_keys') return { path: [...path, issue.keys[0] ?? ''], message: issue.message };
  return { path, message: messageOf(issue) };
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.input === undefined && issue.code !== 'invalid_union') return `is missing: add it${hintOf(issue)}`;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${issue.expected}, is ${kindOf(issue.input)}: write ${issue.expected === 'string' ? 'text, in quotes where it looks like something else' : `a value of that kind`}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}: use one of these`;
    case 'invalid_union':
      return `must be large_value, rare_change or closed_hours: use one of these`;
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

const nameOf = (path: Mistake['path']): string =>
  path.length === 0
    ? 'the pack'
    : path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${step}`)).join('');

/** Where a path stands in the text; of a path that is not there, the nearest thing above it that is. */
function offsetOf(document: Document.Parsed, { path, offset = 0 }: Mistake): number {
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
