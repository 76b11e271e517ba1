import type { Act } from './act.ts';

export type Value = number | string | null;

/** A relative change: `column = column + add`. */
export type Change = { readonly add: number };

export type Insert = {
  readonly kind: 'insert';
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
};

/** Touches exactly one row: `where` names its whole primary key. */
export type Update = {
  readonly kind: 'update';
  readonly table: string;
  readonly set: Readonly<Record<string, Value | Change>>;
  readonly where: Readonly<Record<string, number>>;
};

/** Takes exactly one row away: `where` names its whole primary key. */
export type Delete = {
  readonly kind: 'delete';
  readonly table: string;
  readonly where: Readonly<Record<string, number>>;
};

export type Statement = Insert | Update | Delete;

/** What is injected on purpose: trouble, or what only looks like it. */
type TroubleKind =
  | 'after_hours_theft'
  | 'large_loss'
  | 'self_promotion'
  | 'role_grant'
  | 'zero_stock'
  | 'discount_abuse'
  | 'ghost_receipt'
  | 'promotion'
  | 'flu_wave'
  | 'holiday'
  | 'month_end_count'
  | 'new_product'
  | 'expiry_write_off'
  | 'approved_promotion';

/** Says that a transaction is a piece of something injected; the pieces of one share its id. */
export type TroubleMark = {
  readonly id: string;
  readonly family: 'inventory' | 'user' | 'branch' | 'sale' | 'order' | 'product';
  readonly kind: TroubleKind;
  /** False: it looks like trouble and is none. */
  readonly isAnomaly: boolean;
  readonly entity: { readonly type: 'branch' | 'product' | 'user' | 'order' | 'chain'; readonly id: number };
  /** Null: the whole chain. */
  readonly branch_id: number | null;
  /** What this piece adds to the intensity, in `unit`: units of stock, for example. */
  readonly weight: number;
  readonly unit: 'units' | 'role_changes' | 'sales' | 'corrections' | 'products' | 'times';
  /** What finds this transaction's rows again. */
  readonly keys: Readonly<Record<string, number | string>>;
  readonly isLast: boolean;
};

/** One source transaction as plain data. `at` is its commit time in epoch microseconds; undefined: the server's own clock. */
export type Transaction = {
  readonly at: bigint | undefined;
  readonly statements: readonly Statement[];
  /** What it meant to the business. */
  readonly act: Act;
  readonly trouble?: TroubleMark;
};

/** What a deed of the business yields before it is given its commit time. */
export type Deed = Omit<Transaction, 'at'>;

export function insert(table: string, columns: readonly string[], rows: readonly (readonly Value[])[]): Insert {
  return { kind: 'insert', table, columns, rows };
}

export function update(table: string, where: Update['where'], set: Update['set']): Update {
  return { kind: 'update', table, set, where };
}

export function remove(table: string, where: Delete['where']): Delete {
  return { kind: 'delete', table, where };
}

/** Row changes that the binlog will show. */
export function rowsOf(transaction: Pick<Transaction, 'statements'>): number {
  return transaction.statements.reduce((sum, each) => sum + (each.kind === 'insert' ? each.rows.length : 1), 0);
}

export function salesOf(transaction: Pick<Transaction, 'statements'>): number {
  return transaction.statements.some((each) => each.kind === 'insert' && each.table === 'sales') ? 1 : 0;
}

/** Money is counted in whole cents; `1234` becomes `12.34`. */
export function money(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}
