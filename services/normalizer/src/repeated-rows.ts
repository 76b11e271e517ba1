import type { RowCount } from '@overlay/model';
import type { RawRow } from './raw-record.ts';

/** The rows of a transaction that comes again, counted by table. */
export class RepeatedRows {
  readonly id: string;
  readonly #tables = new Map<string, RowCount & { rows: number }>();

  constructor(id: string) {
    this.id = id;
  }

  count({ database, table }: Pick<RawRow, 'database' | 'table'>): void {
    const name = `${database}.${table}`;
    const known = this.#tables.get(name);
    if (known) known.rows++;
    else this.#tables.set(name, { database, table, rows: 1 });
  }

  get tables(): readonly RowCount[] {
    return [...this.#tables.values()];
  }

  get rows(): number {
    return this.tables.reduce((sum, { rows }) => sum + rows, 0);
  }
}
