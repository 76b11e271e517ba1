import { type Expected, type Facts, present, type Told } from './expected.ts';
import type { OpeningHours } from './opening-hours.ts';

/** Rows do not say who did it. */
export const NOBODY: Expected['actor'] = { id: null, label: null };
/** Nothing that is known explains why the stock changed. */
const CONFIDENCE_UNRECORDED = 0.3;

/** Where a shelf changed, from what to what, and why: `branch_id`, `branch`, `product_id`, `product`, `old_qty`, `new_qty`, `reason`. */
type Movement = Facts;

/** The event of one shelf. */
export function stockMoved(
  movement: Movement,
  {
    actor,
    confidence,
    after_hours,
    also = {},
  }: Pick<Expected, 'actor' | 'confidence'> & { readonly after_hours: boolean; readonly also?: Expected['payload'] },
): Expected {
  const [before, after] = [Number(movement.old_qty), Number(movement.new_qty)];
  return {
    ...{ type: 'inventory.adjustment', entityType: 'product', entityId: present(movement.product_id, 'product_id') },
    ...{ actor, confidence },
    payload: { ...movement, delta: String(after - before), below_zero: after < 0, after_hours, ...also },
  };
}

/** A correction that was written down. */
export function adjustedEvents(told: Told, hours: OpeningHours): Expected[] {
  const branch_id = told.fact('branch_id');
  const [adjusted_at, home] = [told.fact('adjusted_at'), told.facts('adjusted_by_branch_id').adjusted_by_branch_id];
  const movement = told.facts('branch_id', 'branch', 'product_id', 'product', 'old_qty', 'new_qty', 'reason');
  return [
    stockMoved(movement, {
      actor: { id: told.fact('adjusted_by_id'), label: told.fact('adjusted_by') },
      confidence: 1,
      after_hours: hours.isClosedAt(told.at, branch_id) || hours.isClosedBy(adjusted_at, branch_id),
      also: {
        adjust_id: told.key('adjust_id'),
        ...told.facts('adjusted_by_id', 'adjusted_by', 'adjusted_by_role', 'approved_by_id', 'approved_by'),
        self_approved: told.fact('adjusted_by_id') === told.facts('approved_by_id').approved_by_id,
        other_branch: home !== null && home !== branch_id,
        occurred_at: adjusted_at,
      },
    }),
  ];
}

/** A shelf that changed with no record of why. */
export function unrecordedEvents(told: Told, hours: OpeningHours): Expected[] {
  const shelf = told.facts('branch_id', 'branch', 'product_id', 'product', 'old_qty', 'new_qty');
  return [stockAppeared(told, shelf, hours)];
}

export function stockAppeared({ at }: Told, shelf: Facts, hours: OpeningHours): Expected {
  const after_hours = hours.isClosedAt(at, present(shelf.branch_id, 'branch_id'));
  return stockMoved({ ...shelf, reason: 'OTHER' }, { actor: NOBODY, confidence: CONFIDENCE_UNRECORDED, after_hours });
}
