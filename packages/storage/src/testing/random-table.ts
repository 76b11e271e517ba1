import type { Row } from '@overlay/model';
import { column } from '@overlay/model/testing';
import fc from 'fast-check';
import type { Database } from '../database.ts';
import { makeShopLog } from './shop-log.ts';

export interface Happening {
  readonly kind: string;
  readonly ids: readonly number[];
  readonly value: number;
}

/** Something that happens to the one table of a log, or to the log; `keep` is for whoever keeps states. */
export const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('land'),
      ids: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
      value: fc.nat(99),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('keep'), ids: fc.constant([]), value: fc.nat(4) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...[
          'add',
          'convert',
          'lose',
          'rename',
          'rename key',
          'other key',
          'truncate',
          'create',
          'set aside',
          'repair',
          'snapshot',
          'replace',
        ],
      ),
      ids: fc.uniqueArray(fc.nat(9), { maxLength: 4 }),
      value: fc.nat(99),
    }),
  },
);

/**
 * A log of one table, through every name, key and definition that happens to it.
 *
 * @param keep is told to keep the state of the table after a sequence
 */
export async function makeRandomTable(database: Database, keep: (table: string, at: number) => Promise<unknown>) {
  const log = makeShopLog(database);
  const names = ['t0'];
  let [key, isNarrow, columns] = ['id', true, [column('id', 'INT'), column('code', 'VARCHAR'), column('v', 'INT')]];
  let rows = new Map<string, Row>();
  let newest = await log.define('create', 't0', columns, [key]);
  const aside: number[] = [];
  const nameNow = (): string => names.at(-1) ?? '';
  const rowOf = (id: number, value: number): Row =>
    Object.fromEntries(
      columns.map(({ name }) => [name, name === 'code' ? `c${id}` : name === 'v' ? String(value) : String(id)]),
    );
  const define = (kind: 'alter' | 'rename' | 'create', more: Parameters<typeof log.define>[4] = {}) =>
    log.define(kind, nameNow(), columns, [key], more);
  /** Each id is inserted, changed, deleted, or moved to another key. */
  const change = (ids: readonly number[], value: number) =>
    ids.map((id): [Row | null, Row | null] => {
      const before = rows.get(`c${id}`) ?? null;
      const isGone = before !== null && (id + value) % 3 === 0;
      const to = (id + value) % 5 === 0 ? (id + 1) % 10 : id;
      const after = isGone ? null : rowOf(rows.has(`c${to}`) ? id : to, value);
      rows.delete(`c${id}`);
      if (after) rows.set(String(after.code), after);
      return [before, after];
    });
  const acts: Readonly<Record<string, (ids: readonly number[], value: number) => Promise<number>>> = {
    land: (ids, value) => log.land(nameNow(), change(ids, value)),
    add(_, value) {
      const isNew = !columns.some(({ name }) => name === `w${value}`);
      if (isNew)
        columns = [
          ...columns,
          column(`w${value}`, 'INT', { isNullable: value % 2 === 0, hasDefault: value % 3 === 0 }),
        ];
      for (const [code, row] of rows) rows.set(code, { ...row, [`w${value}`]: '0' });
      return define('alter');
    },
    convert() {
      isNarrow = !isNarrow;
      columns = columns.map((one) => (one.name === 'v' ? { ...one, type: isNarrow ? 'INT' : 'BIGINT' } : one));
      return define('alter');
    },
    lose: () => define('alter', { losesRows: true }),
    rename() {
      const previousTable = nameNow();
      names.push(`t${names.length}`);
      return define('rename', { previousTable });
    },
    'rename key'(_, value) {
      const to = `k${value}`;
      if (key === 'code' || key === to) return define('alter');
      const renamedColumns = { [key]: to };
      columns = columns.map((one) => (one.name === key ? { ...one, name: to } : one));
      rows = new Map([...rows].map(([code, { [key]: id = null, ...row }]) => [code, { ...row, [to]: id }]));
      key = to;
      return define('alter', { renamedColumns });
    },
    'other key'() {
      key = key === 'code' ? (columns[0]?.name ?? '') : 'code';
      return define('alter');
    },
    truncate() {
      rows.clear();
      return log.truncate(nameNow());
    },
    async create() {
      rows.clear();
      await log.define('drop', nameNow(), columns, [key]);
      return define('create');
    },
    async 'set aside'() {
      const sequence = await log.setAside();
      aside.push(sequence);
      return sequence;
    },
    async repair(ids, value) {
      const repairs = aside.shift();
      if (repairs === undefined) return newest;
      return log.land(nameNow(), change(ids, value), { kind: 'repair', repairs });
    },
    async snapshot(ids, value) {
      for (const id of ids) rows.set(`c${id}`, rowOf(id, value));
      return log.snapshot(
        nameNow(),
        ids.map((id) => rowOf(id, value)),
        `binlog.000001:${newest}`,
      );
    },
    async replace() {
      rows.clear();
      return log.replaceSnapshot(`binlog.000001:${newest}`, 'binlog.000001:4');
    },
    async keep(_, value) {
      await keep(nameNow(), Math.max(1, newest - value));
      return newest;
    },
  };
  return {
    names,
    async happen({ kind, ids, value }: Happening): Promise<void> {
      newest = (await acts[kind]?.(ids, value)) ?? newest;
    },
    newest: () => newest,
  };
}
