import type { Image, ValueWatch } from '@overlay/canonical';
import type { Recall, SensitiveColumn } from '@overlay/model';
import { z } from 'zod';
import type { Outcome } from './outcome.ts';

const KEY = 'sensitive';
const Known = z.array(z.string());

/** Which columns look sensitive, each told of once. Remembers `sensitive`. */
export class Suspicions {
  readonly #known: Set<string>;
  #fresh: SensitiveColumn[] = [];

  constructor(recall: Recall<unknown>) {
    this.#known = new Set(Known.parse(recall(KEY) ?? []));
  }

  /** Looks at a row, as long as its table is looked at. */
  look({ database, table, before, after }: Row, { watch, suspects }: Looked): void {
    for (const column of watch.isNew ? suspects : []) this.#add({ database, table, column, why: 'name' });
    watch.look(after ?? before ?? {});
    for (const [column, why] of watch.found) this.#add({ database, table, column, why });
  }

  #add(column: SensitiveColumn): void {
    const name = JSON.stringify([column.database, column.table, column.column]);
    if (this.#known.has(name)) return;
    this.#known.add(name);
    this.#fresh.push(column);
  }

  /** A decision, with what was found since the last one. */
  tell(decision: Outcome): Outcome {
    if (this.#fresh.length === 0) return decision;
    const sensitive = this.#fresh;
    this.#fresh = [];
    return { ...decision, sensitive, remember: [...(decision.remember ?? []), [KEY, [...this.#known]]] };
  }
}

interface Row {
  readonly database: string;
  readonly table: string;
  readonly before: Image | null;
  readonly after: Image | null;
}

/** How the rows of a table are looked at. */
interface Looked {
  readonly watch: ValueWatch;
  /** Columns whose names are enough. */
  readonly suspects: readonly string[];
}
