import { randomUUID } from 'node:crypto';
import { comment, commented, LOG_STATEMENTS } from '@overlay/sqlcommenter';
import mysql, { type ResultSetHeader } from 'mysql2/promise';
import type { Random } from './random.ts';

/** Stands in statements alone: in no row and no comment. */
export const LITERAL = 'only-in-a-statement-4711';

/** What is known of who did a transaction; several in any order. */
export interface ActorTruth {
  readonly grade: 'exact' | 'corroborated' | 'inferred' | 'several' | 'unknown';
  readonly ids: readonly string[];
}

/** What an act has: two people, rows that no other session touches, and a connection. */
interface Acting {
  readonly connection: mysql.Connection;
  readonly u: number;
  readonly v: number;
  readonly product: number;
  readonly other: number;
}

type Act = (acting: Acting) => Promise<ActorTruth>;

const exact = (id: number): ActorTruth => ({ grade: 'exact', ids: [String(id)] });
const inferred = (id: number): ActorTruth => ({ grade: 'inferred', ids: [String(id)] });
const several = (...ids: number[]): ActorTruth => ({ grade: 'several', ids: ids.map(String) });
const UNKNOWN: ActorTruth = { grade: 'unknown', ids: [] };

const raise = (product: number, by: number): string =>
  `update products set unit_price = unit_price + 1, updated_by = ${by} where product_id = ${product} and name <> '${LITERAL}'`;
/** A row that no rule is about, and no audit column. */
const rename = (product: number): string =>
  `update inventory set last_counted_date = date_add(coalesce(last_counted_date, '2026-01-01'), interval 1 day) where product_id = ${product} and '${LITERAL}' <> ''`;
const sell = (cashier: number): string =>
  `insert into sales (branch_id, sale_time, total_amount, payment_method, cashier_user_id)
    select 1, '2026-11-20 10:00:00', 1, 'CASH', ${cashier} where '${LITERAL}' <> ''`;
const adjust = (product: number, by: number): string =>
  `insert into inventory_adjustments (branch_id, product_id, old_qty, new_qty, reason_code, adjusted_by_user_id, adjusted_at)
    select 1, ${product}, 5, 4, 'COUNT', ${by}, '2026-11-20 10:00:00' where '${LITERAL}' <> ''`;

/** A transaction of these statements. */
async function within(connection: mysql.Connection, ...statements: string[]): Promise<void> {
  await connection.query('begin');
  for (const statement of statements) await connection.query(statement);
}

/** Acts of sessions that ask for the texts of their statements. */
const SAYING: Readonly<Record<string, Act>> = {
  async 'a comment behind, against the audit column'({ connection, u, v, product }) {
    await within(connection, commented(raise(product, v), { actor: u, route: '/prices' }));
    return exact(u);
  },
  async 'JSON ahead'({ connection, u, product }) {
    await within(connection, `/* {"actor": ${u}, "app": "till"} */ ${raise(product, u)}`);
    return exact(u);
  },
  async 'a prepared statement'({ connection, u, v, product }) {
    await connection.query('begin');
    const statement =
      'update products set unit_price = unit_price + 1, updated_by = ? where product_id = ? and name <> ?';
    await connection.execute(commented(statement, { actor: u }), [v, product, LITERAL]);
    return exact(u);
  },
  async 'many rows of one statement'({ connection, u, product, other }) {
    const rows = [product, other].map((id) => `(1, ${id}, 3, 2, 'COUNT', ${u}, '2026-11-20 10:00:00')`);
    const columns = 'branch_id, product_id, old_qty, new_qty, reason_code, adjusted_by_user_id, adjusted_at';
    const insert = `insert into inventory_adjustments (${columns}) values ${rows.join(', ')}`;
    await within(connection, commented(`${insert} -- ${LITERAL}`, { actor: u }));
    return exact(u);
  },
  async 'rows that no rule explains'({ connection, u, product }) {
    await within(connection, commented(rename(product), { actor: u }));
    return exact(u);
  },
  async 'a statement longer than what is looked at'({ connection, u, v, product }) {
    const names = Array.from({ length: 4000 }, (_, at) => `'${LITERAL}-${at}'`).join(', ');
    await within(connection, commented(`${raise(product, v)} and name not in (${names})`, { actor: u }));
    return exact(u);
  },
  async 'one of two statements says it'({ connection, u, v, product, other }) {
    await within(connection, raise(product, v), commented(raise(other, v), { actor: u }));
    return exact(u);
  },
  async 'two statements of two'({ connection, u, v, product, other }) {
    await within(connection, commented(raise(product, u), { actor: u }), commented(raise(other, u), { actor: v }));
    return several(u, v);
  },
  async 'a comment that names nobody'({ connection, u, v, product }) {
    await within(connection, commented(raise(product, v), { route: `/users/${u}` }));
    return inferred(v);
  },
  async 'a comment that is too large'({ connection, u, v, product }) {
    const said = comment({ actor: u }).replace('*/', `,note='${'n'.repeat(300)}'*/`);
    await within(connection, `${raise(product, v)} ${said}`);
    return inferred(v);
  },
  async 'a value that looks like a comment'({ connection, u, product }) {
    await within(connection, `${rename(product)} and '/*actor=''${u}''*/' <> ''`);
    return UNKNOWN;
  },
};

/** Acts of sessions that ask for nothing: what they say is not in the log. */
const SILENT: Readonly<Record<string, Act>> = {
  async 'a comment that nobody logs'({ connection, u, v, product }) {
    await within(connection, commented(raise(product, v), { actor: u }));
    return inferred(v);
  },
  async 'columns that agree'({ connection, v, product }) {
    await within(connection, sell(v), adjust(product, v));
    return { grade: 'corroborated', ids: [String(v)] };
  },
  async 'columns that contradict each other'({ connection, u, v, product }) {
    await within(connection, sell(u), adjust(product, v));
    return several(u, v);
  },
  async 'one column of two people'({ connection, u, v, product, other }) {
    await within(connection, raise(product, u), raise(other, v));
    return several(u, v);
  },
  async nobody({ connection, product }) {
    await within(connection, rename(product), `insert into roles (name) values ('${randomUUID()}')`);
    return UNKNOWN;
  },
};

export const ACTS_COUNT = Object.keys(SAYING).length + Object.keys(SILENT).length;

/** Sessions that play acts at the same time, each on products of its own; every act of its kind comes up. */
export async function playActors(
  url: string,
  random: Random,
  {
    sessions,
    actsEach,
    people,
  }: { readonly sessions: number; readonly actsEach: number; readonly people: readonly number[] },
): Promise<ReadonlyMap<string, ActorTruth & { readonly act: string }>> {
  const truth = new Map<string, ActorTruth & { readonly act: string }>();
  const playOne = async (session: number): Promise<void> => {
    const isSaying = session % 2 === 0;
    const acts = Object.entries(isSaying ? SAYING : SILENT);
    const connection = await mysql.createConnection({ uri: url });
    await connection.query('set session session_track_gtids = own_gtid');
    if (isSaying) await connection.query(LOG_STATEMENTS);
    for (let turn = 0; turn < actsEach; turn++) {
      const [name, act] = acts[turn % acts.length] ?? [];
      if (name === undefined || act === undefined) throw new Error('there are acts');
      const u = random.pick(people);
      const v = random.pick(people.filter((one) => one !== u));
      const first = 1 + session * 2;
      const known = await act({ connection, u, v, product: first, other: first + 1 });
      const [{ stateChanges }] = (await connection.query('commit')) as unknown as [
        ResultSetHeader & { readonly stateChanges?: { readonly gtids: readonly string[] } },
      ];
      const [gtid] = stateChanges?.gtids ?? [];
      if (gtid === undefined) throw new Error(`MySQL gave no GTID for '${name}'`);
      truth.set(gtid, { ...known, act: name });
    }
    await connection.end();
  };
  await Promise.all(Array.from({ length: sessions }, (_, session) => playOne(session)));
  return truth;
}
