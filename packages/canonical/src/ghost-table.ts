/** What a table is to the tool that changes another one's definition online. */
export interface Ghost {
  /** The table that is being changed. */
  readonly base: string;
  /** `copy` gets the new definition and the rows, `old` is what the table was, `log` is the tool's own. */
  readonly role: 'copy' | 'old' | 'log';
}

const NAME_LENGTH_MAX = 64;

const ROLES: ReadonlyMap<string, Ghost['role']> = new Map([
  ['gho', 'copy'],
  ['new', 'copy'],
  ['del', 'old'],
  ['old', 'old'],
  ['ghc', 'log'],
]);

/**
 * Recognises the helper tables of gh-ost (`_t_gho`, `_t_ghc`, `_t_del`, `_t_20260310150000_del`) and of pt-online-schema-change (`_t_new`, `_t_old`, with
 * up to ten underscores in front). `tables` are those of the same database: only a name whose base is among them is a helper's, so a table that
 * merely looks like one is none. gh-ost cuts a base that would make the name too long, so there the beginning of one table's name is enough.
 */
export function ghostOf(table: string, tables: readonly string[]): Ghost | undefined {
  const [, lead = '', middle = '', suffix = ''] = /^(_{1,10})(.+)_(gho|ghc|del|new|old)$/s.exec(table) ?? [];
  const role = ROLES.get(suffix);
  if (!role) return undefined;
  const isOfGhost = suffix.startsWith('gh') || suffix === 'del';
  const names = isOfGhost ? [middle, middle.replace(/_\d{14}$/, '')] : [middle];
  const base =
    names.find((name) => tables.includes(name)) ??
    names.map((name) => lead.slice(1) + name).find((name) => tables.includes(name)) ??
    (isOfGhost && [...table].length === NAME_LENGTH_MAX ? cutBase(names, tables) : undefined);
  return base === undefined || base === table ? undefined : { base, role };
}

function cutBase(names: readonly string[], tables: readonly string[]): string | undefined {
  const bases = tables.filter((table) => names.some((name) => table.startsWith(name)) && !table.startsWith('_'));
  return bases.length === 1 ? bases[0] : undefined;
}
