import type { ActLine } from '@overlay/generator';
import type { BusinessEvent, Row } from '@overlay/model';

/** A row change of a transaction, as it stands in the record. */
export interface FoundRow {
  readonly eventId: string;
  readonly table: string;
  readonly operation: string;
  readonly primaryKey: Row;
}

/** The key column that holds the id of an entity. */
const KEY_OF: Readonly<Record<string, string>> = {
  sale: 'sale_id',
  product: 'product_id',
  user: 'user_id',
  purchase_order: 'po_id',
  supplier: 'supplier_id',
};

/**
 * What is wrong with the rows behind the events of one act: they must be the act's rows, each event must rest on some of them, one of its entity among
 * them, and those that none rests on must be the unexplained ones.
 */
export function rowMistakes(
  line: ActLine,
  rows: readonly FoundRow[],
  events: readonly BusinessEvent[],
  unexplained: ReadonlyMap<string, number>,
): readonly string[] {
  const byId = new Map(rows.map((row) => [row.eventId, row]));
  const isClaimed = new Set(events.flatMap(({ sourceEventIds }) => sourceEventIds));
  const idle = counted(rows.filter(({ eventId }) => !isClaimed.has(eventId)).map(placeOf));
  return [
    ...differing(counted(line.rows.map(nameOfActed)), counted(rows.map(nameOfFound)), (name, wanted, found) => {
      return `${found} rows ${name} are in the record, not ${wanted}`;
    }),
    ...events.flatMap((event) => eventMistakes(event, byId)),
    ...differing(
      unexplained,
      idle,
      (place, wanted, found) => `no event rests on ${found} rows of ${place}, not ${wanted}`,
    ),
  ];
}

function eventMistakes(event: BusinessEvent, rows: ReadonlyMap<string, FoundRow>): string[] {
  const { type, entityType, entityId, rule, ruleVersion, sourceEventIds } = event;
  const name = `${type} of ${entityType}:${entityId}`;
  const column = KEY_OF[entityType] ?? '';
  const sources = sourceEventIds.map((id) => rows.get(id));
  return [
    ...(rule !== '' && ruleVersion >= 1 ? [] : [`${name} names no rule and version`]),
    ...(new Set(sourceEventIds).size === sourceEventIds.length ? [] : [`${name} rests twice on one row`]),
    ...(sources.includes(undefined) ? [`${name} rests on a row of another transaction`] : []),
    ...(sources.some((row) => row?.primaryKey[column] === entityId) ? [] : [`${name} rests on no row of it`]),
  ];
}

const placeOf = ({ table, operation }: Pick<FoundRow, 'table' | 'operation'>): string => `${table} ${operation}`;

const nameOfActed = (row: ActLine['rows'][number]): string => `${placeOf(row)} ${keyText(row.key)}`;
const nameOfFound = (row: FoundRow): string => `${placeOf(row)} ${keyText(row.primaryKey)}`;

const keyText = (key: Row): string =>
  Object.keys(key)
    .sort()
    .map((column) => `${column}=${key[column]}`)
    .join(' ');

function counted(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function differing(
  wanted: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, number>,
  say: (name: string, wanted: number, found: number) => string,
): string[] {
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((name) => {
    const [truth, value] = [wanted.get(name) ?? 0, found.get(name) ?? 0];
    return truth === value ? [] : [say(name, truth, value)];
  });
}
