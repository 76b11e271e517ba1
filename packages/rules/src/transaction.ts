import type { ChangeEvent, DenseRecord, Row } from '@overlay/model';

/** The rows of one transaction, all of them in memory, by table, each list in the order of the transaction whatever the order of arrival. */
export interface Transaction {
  readonly record: DenseRecord<ChangeEvent>;
  readonly all: readonly ChangeEvent[];
  /** Those that the pack speaks of: nothing below knows others. */
  readonly rows: readonly ChangeEvent[];
  readonly rowsOf: (table: string) => readonly ChangeEvent[];
  readonly viewOf: ViewOf;
}

const NONE: readonly ChangeEvent[] = [];

export function transactionOf(record: DenseRecord<ChangeEvent>, isOwn: (row: ChangeEvent) => boolean): Transaction {
  const all = inOrder([...record.items]);
  const rows = all.filter(isOwn);
  const byTable = new Map<string, ChangeEvent[]>();
  for (const row of rows) {
    const list = byTable.get(row.source.table);
    if (list) list.push(row);
    else byTable.set(row.source.table, [row]);
  }
  return { record, all, rows, rowsOf: (table) => byTable.get(table) ?? NONE, viewOf: makeViews() };
}

function inOrder(rows: readonly ChangeEvent[]): readonly ChangeEvent[] {
  const isSorted = rows.every((row, index) => index === 0 || (rows[index - 1]?.order ?? 0) <= row.order);
  return isSorted ? rows : rows.toSorted((a, b) => a.order - b.order);
}

/** Whether somebody acted: a transaction of the source, or the repair of one. Snapshots, TRUNCATEs and DDLs are no acts of the business. */
export function isAct({ kind, items }: DenseRecord<ChangeEvent>): boolean {
  if (kind !== 'repair') return kind === 'transaction';
  const [first] = items;
  return first !== undefined && ROW_CHANGES.has(first.operation);
}

const ROW_CHANGES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE']);

/** The row as it is now; of a deleted row, as it was. */
export const valuesOf = (row: ChangeEvent): Row => row.after ?? row.before ?? EMPTY;

const EMPTY: Row = Object.freeze({});

/** What expressions see of a row. */
interface RowView {
  readonly before: Row;
  readonly after: Row;
  readonly operation: string;
}

/** Views of rows, each made once. */
export type ViewOf = (row: ChangeEvent) => RowView;

function makeViews(): ViewOf {
  const views = new Map<ChangeEvent, RowView>();
  return (row) => {
    const known = views.get(row);
    if (known !== undefined) return known;
    const view = { before: row.before ?? EMPTY, after: row.after ?? EMPTY, operation: row.operation };
    views.set(row, view);
    return view;
  };
}
