import type { Row } from '@overlay/model';
import { ERASED } from '@overlay/sealing';
import type { FoldedRow, StoredHole } from '@overlay/storage';
import type { Difference, DifferentColumn, NotCompared } from './result.ts';
import type { RowForm } from './row-form.ts';

/** Differences that are named one by one. */
const LISTED_MAX = 1000;

/** Looks at rows that are not the same on both sides, and tells differences from what the log says itself that it does not know. */
export class Differences {
  readonly #form: RowForm;
  readonly #holes: readonly StoredHole[];
  readonly #states: ReadonlyMap<string, readonly (string | null)[]>;
  readonly #unknown = new Map<string, NotCompared>();
  readonly listed: Difference[] = [];
  count = 0;

  /** @param states of rows that were changed while the source was read: each of them is right */
  constructor(form: RowForm, holes: readonly StoredHole[], states: ReadonlyMap<string, readonly (string | null)[]>) {
    [this.#form, this.#holes, this.#states] = [form, holes, states];
  }

  get isFull(): boolean {
    return this.listed.length >= LISTED_MAX;
  }

  /** What could not be compared in single rows. */
  get notCompared(): readonly NotCompared[] {
    return [...this.#unknown.values()];
  }

  /** @param source its row as text, undefined: there is none */
  look(key: string, log: FoldedRow | undefined, source: string | undefined): void {
    const logged = log && this.#form.fromLog(log.row);
    if (logged === source || this.#isState(key, source)) return;
    if (source === undefined || logged === undefined || log === undefined) {
      this.#missing(key, log, logged, source);
      return;
    }
    const columns = this.#columnsOf(log, JSON.parse(logged) as Row, JSON.parse(source) as Row);
    if (columns.length > 0) this.#add({ kind: 'differs', ...this.#placeOf(key, log), columns });
  }

  /** Those that differ, without those of which the log says that it does not know. */
  #columnsOf(log: FoldedRow, inLog: Row, atSource: Row): readonly DifferentColumn[] {
    const columns: DifferentColumn[] = [];
    for (const [column, value] of Object.entries(atSource)) {
      const logged = Object.hasOwn(inLog, column) ? (inLog[column] ?? null) : undefined;
      if (logged === value) continue;
      const why = this.#whyUnknown(column, value, log);
      if (why === undefined) columns.push({ column, ...(logged !== undefined && { log: logged }), source: value });
      else this.#count(column, why);
    }
    return columns;
  }

  /** Rows of a table without a primary key: so many more (or fewer) of one text in the log. */
  lookAtEqual(text: string, excess: number, log: FoldedRow | undefined): void {
    for (let times = 0; times < Math.abs(excess); times++)
      this.#missing('{}', log, excess > 0 ? text : undefined, excess > 0 ? undefined : text);
  }

  #isState(key: string, source: string | undefined): boolean {
    return (this.#states.get(key) ?? []).some(
      (state) => (state === null ? undefined : this.#form.fromLog(state)) === source,
    );
  }

  #missing(key: string, log: FoldedRow | undefined, logged: string | undefined, source: string | undefined): void {
    const side = logged === undefined ? 'source' : 'log';
    const image = JSON.parse(logged ?? source ?? '{}') as Row;
    const columns = Object.entries(image).map(([column, value]) => ({ column, [side]: value }));
    this.#add({
      kind: side === 'log' ? 'missing_at_source' : 'missing_in_log',
      ...this.#placeOf(key, log),
      columns,
    });
  }

  #placeOf(key: string, log: FoldedRow | undefined): Omit<Difference, 'kind' | 'columns'> {
    const sequence = log?.sequence ?? null;
    const hole = this.#holes.find((one) => one.sequence > (sequence ?? 0));
    const doubt = log?.doubts.find((text) => text.startsWith('the row '));
    const perhaps = hole?.why ?? doubt ?? null;
    return { primaryKey: JSON.parse(key) as Row, sequence, eventId: log?.eventId ?? null, perhaps };
  }

  /** Why the log does not say what the value of a column is. */
  #whyUnknown(column: string, atSource: unknown, log: FoldedRow): string | undefined {
    if (atSource === ERASED) return 'the subject was erased';
    if (log.doubtful.includes(column)) return 'the value stands for this or another one, by what the connector gave';
    if (log.doubts.some((text) => text.startsWith(`${column}: `))) return 'a DDL made it, which does not tell what';
    const { until, columns } = this.#form.rewritten;
    if (log.sequence < until && columns.has(column.toLowerCase()))
      return `written under another policy, before sequence ${until}`;
    return undefined;
  }

  #count(column: string, why: string): void {
    const name = JSON.stringify([column, why]);
    this.#unknown.set(name, { column, why, rows: (this.#unknown.get(name)?.rows ?? 0) + 1 });
  }

  #add(difference: Difference): void {
    this.count++;
    if (!this.isFull) this.listed.push(difference);
  }
}
