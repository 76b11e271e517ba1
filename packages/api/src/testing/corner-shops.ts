import type { BusinessEvent, CaseAnomaly, Row } from '@overlay/model';
import type { Pack } from '@overlay/packs';

/** A small log of corner shops in Lima: two orders, a loss at night, a self-promotion, an unexplained change, one set aside; then a new day. */
export const SOURCE = 'shops';
export const DAY = '2026-11-20';
export const NEXT_DAY = '2026-11-21';
const SERVER = '3e11fa47-71ca-11e1-9e33-c80aa9429562';

/** Ids that can be told apart at sight: kind, sequence, place. */
export const idOf = (kind: 'c' | 'b' | 'a' | 'f' | 'e', sequence: number, place = 1): string =>
  `${kind}${String(sequence).padStart(7, '0')}-66bd-5b0d-8c3e-${String(place).padStart(12, '0')}`;
export const gtidOf = (sequence: number): string => `${SERVER}:${100 + sequence}`;

export const samplePack: Pick<Pack, 'title' | 'timeZone' | 'currency' | 'report'> = {
  title: 'Corner shops',
  timeZone: 'America/Lima',
  currency: 'PEN',
  report: {
    sections: [
      { id: 'orders', title: 'Orders', eventType: 'order.completed', measure: { kind: 'count' } },
      {
        id: 'revenue',
        title: 'Revenue',
        eventType: 'order.completed',
        measure: { kind: 'sum', path: 'total' },
        unit: 'currency',
      },
      { id: 'roles', title: 'Role changes', eventType: 'user.role_changed', measure: { kind: 'count' } },
      {
        id: 'revenue_by_shop',
        title: 'Revenue by shop',
        eventType: 'order.completed',
        measure: { kind: 'sum', path: 'total' },
        unit: 'currency',
        groupBy: 'shop_id',
        labelBy: 'shop',
        top: 1,
      },
      {
        id: 'stock_by_reason',
        title: 'Units adjusted by reason',
        eventType: 'stock.adjusted',
        measure: { kind: 'sum', path: 'delta' },
        unit: 'units',
        groupBy: 'reason',
      },
    ],
  },
};

export interface Change {
  readonly table: string;
  readonly key: Row;
  readonly before: Row | null;
  readonly after: Row | null;
}

export interface SampleRecord {
  readonly sequence: number;
  readonly kind?: string;
  readonly timestamp: string;
  readonly changes: readonly Change[];
  readonly events?: readonly Pick<BusinessEvent, 'type' | 'entityType' | 'entityId' | 'actor' | 'payload'>[];
  readonly anomaly?: Partial<CaseAnomaly>;
  /** The inferencer found no rule for its changes. */
  readonly isUnexplained?: boolean;
}

const ana: BusinessEvent['actor'] = { id: '7', label: 'ana', grade: 'exact' };

/** A product's name as somebody with bad intentions would write it. */
export const HOSTILE = 'Tea\u001b[31m \u0000\u202e box 500 g';

const order = (
  id: string,
  shopId: string,
  total: string,
  product: string,
): Pick<SampleRecord, 'changes' | 'events'> => ({
  changes: [
    { table: 'orders', key: { order_id: id }, before: null, after: { order_id: id, shop_id: shopId, total } },
    {
      table: 'stock',
      key: { shop_id: shopId, product_id: '55' },
      before: { shop_id: shopId, product_id: '55', name: product, quantity: '52', counted_on: null },
      after: { shop_id: shopId, product_id: '55', name: product, quantity: '50', counted_on: null },
    },
  ],
  events: [
    {
      type: 'order.completed',
      entityType: 'order',
      entityId: id,
      actor: ana,
      payload: { order_id: id, shop_id: shopId, shop: `Shop ${shopId}`, total, items: [{ product, quantity: '2' }] },
    },
  ],
});

export const RECORDS: readonly SampleRecord[] = [
  {
    sequence: 1,
    kind: 'snapshot',
    timestamp: '2026-11-20T12:00:00.000000Z',
    changes: [
      { table: 'users', key: { user_id: '7' }, before: null, after: { user_id: '7', username: 'ana', role_id: '1' } },
    ],
  },
  { sequence: 2, timestamp: '2026-11-20T14:03:05.123456Z', ...order('123', '3', '99999999999999999.99', HOSTILE) },
  { sequence: 3, timestamp: '2026-11-20T15:30:00.000001Z', ...order('124', '4', '0.02', 'Rice') },
  {
    sequence: 4,
    timestamp: '2026-11-21T04:41:12.500000Z',
    changes: [
      {
        table: 'stock',
        key: { shop_id: '3', product_id: '55' },
        before: { shop_id: '3', product_id: '55', name: HOSTILE, quantity: '50', counted_on: null },
        after: { shop_id: '3', product_id: '55', name: HOSTILE, quantity: '10', counted_on: '2026-11-20' },
      },
    ],
    events: [
      {
        type: 'stock.adjusted',
        entityType: 'product',
        entityId: '55',
        actor: ana,
        payload: { shop_id: '3', shop: 'Shop 3', product_id: '55', product: HOSTILE, delta: '-40', reason: 'THEFT' },
      },
    ],
    anomaly: {
      detector: 'stock.large-loss',
      family: 'stock',
      entityType: 'product',
      entityId: '55',
      entityLabel: HOSTILE,
      score: 4.61,
      severity: 'high',
      pValue: 0.000002,
      observed: 40,
      expected: 3.2,
      features: { typical: 3.2 },
      reasons: [`${HOSTILE} lost 40 units in one adjustment.`, 'A usual loss here is about 3.2 units.'],
    },
  },
  {
    sequence: 5,
    timestamp: '2026-11-21T04:50:00.000000Z',
    changes: [
      {
        table: 'users',
        key: { user_id: '7' },
        before: { user_id: '7', username: 'ana', role_id: '1' },
        after: { user_id: '7', username: 'ana', role_id: '3' },
      },
    ],
    events: [
      {
        type: 'user.role_changed',
        entityType: 'user',
        entityId: '7',
        actor: ana,
        payload: { user_id: '7', username: 'ana', old_role: 'cashier', new_role: 'admin', self: true },
      },
    ],
    anomaly: {
      detector: 'user.role-change',
      family: 'user',
      entityType: 'user',
      entityId: '7',
      entityLabel: 'ana',
      score: 6.25,
      severity: 'critical',
      pValue: null,
      observed: 1,
      expected: null,
      features: {},
      reasons: ['ana changed their own role from cashier to admin.'],
    },
  },
  {
    sequence: 6,
    timestamp: '2026-11-21T04:55:00.000000Z',
    changes: [{ table: 'notes', key: { note_id: '1' }, before: { note_id: '1', text: 'x' }, after: null }],
    isUnexplained: true,
  },
  { sequence: 7, kind: 'set_aside', timestamp: '2026-11-21T04:59:59.999999Z', changes: [] },
  { sequence: 8, timestamp: '2026-11-21T05:00:00.000000Z', ...order('125', '3', '10.50', 'Rice') },
];

/** Sequences of the sample, and the last one of {@link DAY}. */
export const LAST = RECORDS.length;
export const LAST_OF_DAY = 7;
