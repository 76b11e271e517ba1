import type { ChangeEvent } from '@overlay/model';
import type { Pack } from '@overlay/packs';

type OfRow = (row: ChangeEvent) => boolean;

/** Which rows a pack speaks of: those of its databases, where it names any. Another database's table of the same name is none of its tables. */
export function makeScope({ databases, tables }: Pick<Pack, 'databases' | 'tables'>): {
  readonly isOwn: OfRow;
  /** Whether its table is one whose rows need no explanation. */
  readonly isIgnored: OfRow;
} {
  const named = new Set(databases);
  const ignored = new Set(Object.entries(tables).flatMap(([name, { ignore }]) => (ignore ? [name] : [])));
  const isOwn: OfRow = ({ source }) => named.size === 0 || named.has(source.database);
  return { isOwn, isIgnored: (row) => ignored.has(row.source.table) && isOwn(row) };
}
