import { referenceMistakes } from './checks.ts';
import { Pack } from './pack.ts';
import type { Mistake } from './references.ts';
import { mistakeOf, nameOf, offsetOf, type PackFile, readYaml, type Source } from './yaml.ts';

export type Parsed =
  | { readonly ok: true; readonly pack: Pack; readonly content: unknown }
  | { readonly ok: false; readonly mistakes: readonly string[] };

/**
 * YAML text → {@link Pack}, or every mistake in it, each with file, line, column and what to do. `parts` are the files that it includes, in
 * their order: their rules and detectors follow its own.
 */
export function parsePack(text: string, fileName: string, parts: readonly PackFile[] = []): Parsed {
  const sources = [{ text, name: fileName }, ...parts].map(readYaml);
  const unreadable = sources.flatMap(({ mistakes }) => mistakes);
  if (unreadable.length > 0) return { ok: false, mistakes: unreadable };

  const [main, ...others] = sources;
  const raw = others.length === 0 ? main?.raw : joined(main?.raw, others);
  const parsed = Pack.safeParse(raw, { reportInput: true });
  const placed = [
    ...others.flatMap((part) => partMistakes(part.raw).map((mistake) => ({ ...mistake, source: part }))),
    ...[...(parsed.error?.issues ?? []).map(mistakeOf), ...referenceMistakes(raw)].map((mistake) => ({
      ...mistake,
      ...sourceOf(sources, mistake.path),
    })),
  ].map(({ source, path, message, offset }) => {
    const at = source ? offsetOf(source.document, { path, message, offset: offset ?? 0 }) : 0;
    return { place: source ? sources.indexOf(source) : 0, at, text: `${source?.at(at)}: ${nameOf(path)} ${message}` };
  });
  if (parsed.success && placed.length === 0) return { ok: true, pack: parsed.data, content: raw };
  placed.sort((a, b) => a.place - b.place || a.at - b.at);
  return { ok: false, mistakes: placed.map((mistake) => mistake.text) };
}

/** The files that a pack's text asks for; none where it cannot be read, which {@link parsePack} tells. */
export function includesOf(text: string): readonly string[] {
  const { raw } = readYaml({ text, name: '' });
  const include = typeof raw === 'object' && raw !== null && 'include' in raw ? raw.include : [];
  return Array.isArray(include) ? include.filter((name) => typeof name === 'string') : [];
}

/** The keys of a file that a pack includes. */
const LISTS = ['rules', 'detectors'] as const;

const listOf = (raw: unknown, name: string): readonly unknown[] => {
  const list = isObject(raw) ? raw[name] : undefined;
  return Array.isArray(list) ? list : [];
};

const isObject = (raw: unknown): raw is Readonly<Record<string, unknown>> => typeof raw === 'object' && raw !== null;

/** One document of all: lists one after the other. */
function joined(main: unknown, parts: readonly Source[]): unknown {
  if (!isObject(main)) return main;
  const lists = LISTS.map((name) => [name, [main, ...parts.map(({ raw }) => raw)].flatMap((raw) => listOf(raw, name))]);
  return { ...main, ...Object.fromEntries(lists) };
}

function partMistakes(raw: unknown): Mistake[] {
  const known = `an included file holds ${LISTS.join(' and ')}`;
  if (!isObject(raw) || Array.isArray(raw)) return [{ path: [], message: `must be a map: ${known}` }];
  return Object.entries(raw).flatMap(([name, value]): Mistake[] => {
    if (!LISTS.some((list) => list === name))
      return [
        { path: [name], message: `unknown key '${name}': remove it or move it to the pack's own file; ${known}` },
      ];
    return Array.isArray(value) ? [] : [{ path: [name], message: 'must be a list: write one entry after each dash' }];
  });
}

/** The file in which a place of the joined document stands, and the path there. */
function sourceOf(
  sources: readonly Source[],
  path: Mistake['path'],
): { readonly source: Source | undefined; readonly path: Mistake['path'] } {
  const [name, index, ...rest] = path;
  if (!LISTS.some((list) => list === name) || typeof index !== 'number') return { source: sources[0], path };
  let left = index;
  for (const source of sources) {
    const { length } = listOf(source.raw, String(name));
    if (left < length) return { source, path: [String(name), left, ...rest] };
    left -= length;
  }
  return { source: sources[0], path };
}
