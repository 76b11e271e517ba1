import { NOBODY } from './expect-stock.ts';
import { amountOf, type Expected, type Facts, hundredths, present, type Told } from './expected.ts';
import type { OpeningHours } from './opening-hours.ts';

/** A user as they are created; also one of those the chain is founded with. */
export function userCreated({ at }: Told, user: Facts, hours: OpeningHours): Expected {
  const branch_id = user.branch_id ?? null;
  return {
    ...{ type: 'user.created', entityType: 'user', entityId: present(user.user_id, 'user_id'), confidence: 1 },
    actor: { id: user.created_by_id ?? null, label: user.created_by ?? null },
    payload: { ...user, after_hours: hours.isClosedAt(at, branch_id) },
  };
}

const STAFF = ['username', 'branch_id', 'branch'] as const;

export function hiredEvents(told: Told, hours: OpeningHours): Expected[] {
  const facts = told.facts(...STAFF, 'role_id', 'role', 'created_by_id', 'created_by');
  return [userCreated(told, { user_id: told.key('user_id'), ...facts }, hours)];
}

export const leftEvents = (told: Told, hours: OpeningHours): Expected[] => [
  userChanged(told, 'user.deactivated', told.facts('role'), hours),
];

export const roleEvents = (told: Told, hours: OpeningHours): Expected[] => [
  userChanged(told, 'user.role_changed', told.facts('old_role_id', 'old_role', 'new_role_id', 'new_role'), hours),
];

function userChanged(told: Told, type: string, what: Facts, hours: OpeningHours): Expected {
  const user_id = told.key('user_id');
  const by = told.facts('changed_by_id', 'changed_by');
  const { branch_id = null, ...staff } = told.facts(...STAFF);
  return {
    ...{ type, entityType: 'user', entityId: user_id, confidence: 1 },
    actor: { id: told.fact('changed_by_id'), label: told.fact('changed_by') },
    payload: {
      ...{ user_id, branch_id, ...staff, ...what, ...by },
      self: by.changed_by_id === user_id,
      after_hours: hours.isClosedAt(told.at, branch_id),
    },
  };
}

/** A product as it is added; also one of those the chain is founded with. */
export function productAdded(product: Facts): Expected {
  return {
    ...{ type: 'product.added', entityType: 'product', entityId: present(product.product_id, 'product_id') },
    actor: { id: product.added_by_id ?? null, label: product.added_by ?? null },
    ...{ confidence: 1, payload: product },
  };
}

export function addedEvents(told: Told): Expected[] {
  const facts = told.facts('product', 'category', 'unit_price', 'added_by_id', 'added_by');
  return [productAdded({ product_id: told.key('product_id'), ...facts })];
}

/** `lastCost` is what a unit of the product cost in the newest order, null when there was none. */
export function priceEvents(told: Told, lastCost: string | null): Expected[] {
  const [before, after] = [hundredths(told.fact('old_price')), hundredths(told.fact('new_price'))];
  const change = ((after - before) * 10_000) / before;
  return [
    {
      ...{ type: 'product.price_changed', entityType: 'product', entityId: told.key('product_id'), confidence: 1 },
      actor: { id: told.fact('changed_by_id'), label: told.fact('changed_by') },
      payload: {
        product_id: told.key('product_id'),
        ...told.facts('product', 'old_price', 'new_price', 'changed_by_id', 'changed_by'),
        // Halves go away from zero.
        percent: amountOf(Math.sign(change) * Math.round(Math.abs(change))),
        last_cost: lastCost,
        below_cost: lastCost === null ? null : after < hundredths(lastCost),
      },
    },
  ];
}

/** A supplier as it is added; also one of those the chain is founded with. */
export function supplierAdded(supplier: Facts): Expected {
  return {
    ...{ type: 'supplier.added', entityType: 'supplier', entityId: present(supplier.supplier_id, 'supplier_id') },
    ...{ actor: NOBODY, confidence: 1, payload: supplier },
  };
}
