import mysql from 'mysql2/promise';

/** Accounts of the bank; the sum of their balances never changes. */
export const ACCOUNTS = 200;
const OPENING_CENTS = 1_000_000n;
export const BANK_CENTS = BigInt(ACCOUNTS) * OPENING_CENTS;

export const WORKERS = 8;
const SKUS = 40;
export const skuOf = (number: number): string => `sku-${String(number % SKUS).padStart(3, '0')}`;

/** Rows of `bulk` have about this many bytes, so that a large transaction is large in bytes too. */
export const PAYLOAD_BYTES = 400;

/**
 * Every table has a column `mark`, which each write sets to a number that no other write has: so every UPDATE changes something, and the sum of
 * the marks of a transaction's rows can be written beside them, in `oracle_tx`.
 */
const TABLES = [
  'create table account (id int primary key, owner varchar(40) not null, balance decimal(18,2) not null, mark bigint not null)',
  `create table orders (id bigint unsigned primary key, account_id int not null, status enum('open','paid','sent','void') not null,
    total decimal(12,2) not null, placed_at datetime(6) not null, note varchar(200), mark bigint not null)`,
  `create table order_line (order_id bigint unsigned, line_no smallint, sku char(8) not null, quantity int not null, price decimal(10,2) not null,
    mark bigint not null, primary key (order_id, line_no))`,
  `create table stock (warehouse char(3), sku varchar(12), quantity int not null, mark bigint not null, primary key (warehouse, sku))`,
  `create table wide (id bigint primary key, t tinyint, su smallint unsigned, m mediumint, i int unsigned, b bigint, bu bigint unsigned, d decimal(30,10),
    f float, db double, bit1 bit(1), bit20 bit(20), y year, da date, dt datetime, dt3 datetime(3), dt6 datetime(6), ts timestamp(6) null, ti time, ti6 time(6),
    c char(10), v varchar(100), latin varchar(50) character set latin1, tx text, bi binary(8), vb varbinary(50), bl blob,
    e enum('red','gre''en','blue'), s set('a','b','c'), j json, mark bigint not null)`,
  'create table bulk (id bigint primary key, payload varchar(4000) not null, mark bigint not null)',
  'create table oracle_tx (worker int, seq int, n_rows int not null, sum bigint not null, primary key (worker, seq))',
  'create table marker (id char(36) primary key)',
] as const;

/** The name of the database beside the captured one, which nobody captures. */
export const asideOf = (database: string): string => `${database}_aside`;

export interface SourceShape {
  /** Rows in `bulk` before anything looks at it. */
  readonly bulkRows?: number;
  readonly payloadBytes?: number;
  /** Further tables and rows. */
  readonly statements?: readonly string[];
}

/** Makes the oracle's databases: the captured one and the one beside it. */
export function makeOracleSource({ bulkRows = 0, payloadBytes = PAYLOAD_BYTES, statements = [] }: SourceShape = {}) {
  return async (mysqlUrl: string, database: string): Promise<void> => {
    const connection = await mysql.createConnection({ uri: mysqlUrl, timezone: 'Z' });
    try {
      for (const name of [database, asideOf(database)]) {
        await connection.query(`drop database if exists ${name}`);
        await connection.query(`create database ${name}`);
      }
      await connection.query(
        `create table ${asideOf(database)}.scratch (id bigint primary key auto_increment, word varchar(40))`,
      );
      await connection.query(`use ${database}`);
      for (const table of TABLES) await connection.query(table);
      const accounts = Array.from({ length: ACCOUNTS }, (_, id) => [id, `owner ${id}`, cents(OPENING_CENTS), -id - 1]);
      await connection.query('insert into account values ?', [accounts]);
      const stock = Array.from({ length: WORKERS * SKUS }, (_, n) => [
        warehouseOf(Math.floor(n / SKUS)),
        skuOf(n),
        100,
        -n - 1,
      ]);
      await connection.query('insert into stock values ?', [stock]);
      if (bulkRows > 0) {
        await connection.query('set session cte_max_recursion_depth = 100000000');
        await connection.query(
          `insert into bulk with recursive n (i) as (select 1 union all select i + 1 from n where i < ?)
            select -i, rpad(concat('seeded ', i, ' '), ?, sha2(i, 256)), -i from n`,
          [bulkRows, payloadBytes],
        );
      }
      for (const statement of statements) await connection.query(statement);
    } finally {
      await connection.end();
    }
  };
}

export const warehouseOf = (worker: number): string => `w${String(worker).padStart(2, '0')}`;

export const cents = (amount: bigint): string => `${amount / 100n}.${String(amount % 100n).padStart(2, '0')}`;
