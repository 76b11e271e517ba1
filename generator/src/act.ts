/** What the business did in one transaction, in its own words. `unexplained` means nothing to it. */
export type ActName =
  | 'founding'
  | 'sale'
  | 'adjustment'
  | 'order_placed'
  | 'order_received'
  | 'order_cancelled'
  | 'hire'
  | 'leave'
  | 'role_changed'
  | 'price_changed'
  | 'supplier_added'
  | 'product_added'
  | 'sale_voided'
  | 'sale_altered'
  | 'stock_changed'
  | 'unexplained';

/** Every value is text, as the database holds it; a list has an object for each of its things. */
export type Facts = Readonly<Record<string, string | null | readonly Readonly<Record<string, string | null>>[]>>;

/** One act of the business: `keys` find its main row, `facts` say all that somebody would tell about it. */
export type Act = {
  readonly act: ActName;
  readonly keys: Readonly<Record<string, string>>;
  readonly facts: Facts;
};
