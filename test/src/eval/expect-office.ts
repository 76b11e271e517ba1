import { NOBODY } from './expect-stock.ts';
import { type Expected, type Facts, hundredths, percentOf, present, type Told } from './expected.ts';
import type { OpeningHours } from './opening-hours.ts';

/** A row that names who changed it as it did before is less sure. */
const CONFIDENCE_NAMED_BEFORE = 0.8;
const STAFF = ['username', 'branch_id', 'branch'] as const;

/** Staff and products, with what one must remember of those before: who was named last, and what things cost to customers. */
export interface Office {
  /** A user as they are created; also one of those the chain is founded with. */
  readonly userCreated: (told: Told, user: Facts) => Expected;
  readonly hired: (told: Told) => Expected[];
  readonly left: (told: Told) => Expected[];
  readonly roleChanged: (told: Told) => Expected[];
  /** A product as it is added; also one of those the chain is founded with. */
  readonly productAdded: (product: Facts) => Expected;
  readonly added: (told: Told) => Expected[];
  /** `lastCost` is what a unit of the product cost in the newest order, null when there was none. */
  readonly priceChanged: (told: Told, lastCost: string | null) => Expected[];
  readonly priceOf: (product_id: string) => string;
}

export function makeOffice(hours: OpeningHours): Office {
  const named = new Map<string, string | null>();
  const prices = new Map<string, string>();
  /** Whether the row of a thing named this user already; from now on it does. */
  const isNamedBefore = (thing: string, by: string | null): boolean => {
    const before = named.get(thing);
    named.set(thing, by);
    return by !== null && before === by;
  };
  const userCreated: Office['userCreated'] = ({ at }, user) => {
    const [user_id, by] = [present(user.user_id, 'user_id'), user.created_by_id ?? null];
    isNamedBefore(`user ${user_id}`, by);
    return {
      ...{ type: 'user.created', entityType: 'user', entityId: user_id, confidence: 1 },
      actor: { id: by, label: user.created_by ?? null },
      payload: { ...user, after_hours: hours.isClosedAt(at, user.branch_id ?? null) },
    };
  };
  const userChanged = (told: Told, type: string, what: Facts): Expected => {
    const user_id = told.key('user_id');
    const by = told.facts('changed_by_id', 'changed_by');
    const { branch_id = null, ...staff } = told.facts(...STAFF);
    const named_before = isNamedBefore(`user ${user_id}`, told.fact('changed_by_id'));
    return {
      ...{ type, entityType: 'user', entityId: user_id, confidence: named_before ? CONFIDENCE_NAMED_BEFORE : 1 },
      actor: { id: told.fact('changed_by_id'), label: told.fact('changed_by') },
      payload: {
        ...{ user_id, branch_id, ...staff, ...what, ...by, named_before },
        self: by.changed_by_id === user_id,
        after_hours: hours.isClosedAt(told.at, branch_id),
      },
    };
  };
  const productAdded: Office['productAdded'] = (product) => {
    const product_id = present(product.product_id, 'product_id');
    isNamedBefore(`product ${product_id}`, product.added_by_id ?? null);
    prices.set(product_id, present(product.unit_price, 'unit_price'));
    return {
      ...{ type: 'product.added', entityType: 'product', entityId: product_id },
      actor: { id: product.added_by_id ?? null, label: product.added_by ?? null },
      ...{ confidence: 1, payload: product },
    };
  };
  return {
    userCreated,
    productAdded,
    priceOf: (product_id) => present(prices.get(product_id), `a price of product ${product_id}`),
    hired: (told) => {
      const facts = told.facts(...STAFF, 'role_id', 'role', 'created_by_id', 'created_by');
      return [userCreated(told, { user_id: told.key('user_id'), ...facts })];
    },
    left: (told) => [userChanged(told, 'user.deactivated', told.facts('role'))],
    roleChanged: (told) => [
      userChanged(told, 'user.role_changed', told.facts('old_role_id', 'old_role', 'new_role_id', 'new_role')),
    ],
    added: (told) => {
      const facts = told.facts('product', 'category', 'unit_price', 'added_by_id', 'added_by');
      return [productAdded({ product_id: told.key('product_id'), ...facts })];
    },
    priceChanged: (told, lastCost) => {
      const product_id = told.key('product_id');
      const [before, after] = [hundredths(told.fact('old_price')), hundredths(told.fact('new_price'))];
      const isNamed = isNamedBefore(`product ${product_id}`, told.fact('changed_by_id'));
      prices.set(product_id, told.fact('new_price'));
      return [
        {
          ...{ type: 'product.price_changed', entityType: 'product', entityId: product_id },
          confidence: isNamed ? CONFIDENCE_NAMED_BEFORE : 1,
          actor: { id: told.fact('changed_by_id'), label: told.fact('changed_by') },
          payload: {
            product_id,
            ...told.facts('product', 'old_price', 'new_price', 'changed_by_id', 'changed_by'),
            percent: percentOf(after - before, before),
            last_cost: lastCost,
            below_cost: lastCost === null ? null : after < hundredths(lastCost),
          },
        },
      ];
    },
  };
}

/** A supplier as it is added; also one of those the chain is founded with. */
export function supplierAdded(supplier: Facts): Expected {
  return {
    ...{ type: 'supplier.added', entityType: 'supplier', entityId: present(supplier.supplier_id, 'supplier_id') },
    ...{ actor: NOBODY, confidence: 1, payload: supplier },
  };
}
