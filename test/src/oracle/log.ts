import { changesOf, type LoggedChange, type LoggedTransaction, transactionsOf } from '../kit/log.ts';
import type { TableRows } from '../kit/tables.ts';
import type { World } from '../kit/world.ts';
import { ACCOUNTS, BANK_CENTS } from './schema.ts';

/** The row that the oracle wrote beside its other rows. */
interface OracleRow {
  readonly worker: number;
  readonly seq: number;
  readonly rows: number;
  readonly sum: bigint;
}

interface ScannedTransaction extends LoggedTransaction {
  /** Change events that are there. */
  events: number;
  /** Sum of the marks that its rows were given. */
  marks: bigint;
  oracle?: OracleRow;
}

/** What one pass over the log of a source finds. */
export interface OracleLog {
  readonly transactions: readonly ScannedTransaction[];
  readonly tables: ReadonlyMap<string, TableRows>;
  readonly events: number;
  /** Prefixes of the log after which the accounts held what the bank has, and what is wrong with the others. */
  readonly prefixes: number;
  readonly wrongTotals: readonly string[];
  /** Where an event does not stand behind the one before it. */
  readonly disorder: readonly string[];
}

/** The parts of a change event's body that are looked at. */
interface Body {
  readonly source: { readonly primaryKey: Readonly<Record<string, string | null>> };
  readonly before: Readonly<Record<string, string | null>> | null;
  readonly after: Readonly<Record<string, string | null>> | null;
  readonly sequence: number;
  readonly order: number;
  readonly metadata: {
    readonly file: string;
    readonly position: number;
    readonly row?: number;
    readonly snapshot?: boolean;
  };
}

const WRONG_MAX = 5;

/** Reads the log of a source from its beginning, as anybody could who has nothing else. */
export async function scanLog({ record, name }: Pick<World, 'record' | 'name'>, pageRows?: number): Promise<OracleLog> {
  const transactions = (await transactionsOf(record, name)).map((one) => ({ ...one, events: 0, marks: 0n }));
  const scan = new Scan(new Map(transactions.map((one) => [one.sequence, one])));
  for await (const change of changesOf(record, name, pageRows === undefined ? {} : { pageRows })) scan.take(change);
  scan.end();
  return { ...scan.found, transactions };
}

interface Folding {
  hasKey: boolean;
  readonly rows: Map<string, string | number>;
}

/** The state of the pass. */
class Scan {
  readonly #transactions: ReadonlyMap<number, ScannedTransaction>;
  readonly #tables = new Map<string, Folding>();
  readonly #balances = new Map<string, bigint>();
  readonly #wrongTotals: string[] = [];
  readonly #disorder: string[] = [];
  #total = 0n;
  #prefixes = 0;
  #events = 0;
  #sequence = 0;
  #ordinal = 0;
  #place: readonly [string, number, number] = ['', 0, 0];

  constructor(transactions: ReadonlyMap<number, ScannedTransaction>) {
    this.#transactions = transactions;
  }

  get found(): Omit<OracleLog, 'transactions'> {
    const [prefixes, events] = [this.#prefixes, this.#events];
    return { tables: this.#tables, events, prefixes, wrongTotals: this.#wrongTotals, disorder: this.#disorder };
  }

  take(change: LoggedChange): void {
    const body = JSON.parse(change.body) as Body;
    if (change.sequence !== this.#sequence) this.#enter(change.sequence);
    this.#order(change, body);
    this.#count(change, body);
    this.#fold(change, body);
    if (change.table === 'account') this.#move(body);
    this.#events++;
  }

  end(): void {
    this.#enter(0);
  }

  /** The prefix that ends here is a state of the bank, once all accounts were told of. */
  #enter(sequence: number): void {
    const isWhole = this.#balances.size === ACCOUNTS;
    if (isWhole && this.#total === BANK_CENTS) this.#prefixes++;
    else if (isWhole && this.#wrongTotals.length < WRONG_MAX)
      this.#wrongTotals.push(`after sequence ${this.#sequence} the accounts hold ${this.#total}, not ${BANK_CENTS}`);
    [this.#sequence, this.#ordinal] = [sequence, 0];
  }

  #order({ sequence, ordinal }: LoggedChange, { metadata, order, sequence: own }: Body): void {
    const place = [metadata.file, metadata.position, metadata.snapshot ? 0 : (metadata.row ?? 0)] as const;
    const isNext = ordinal === this.#ordinal + 1 && order === ordinal && own === sequence;
    if ((!isNext || isBefore(place, this.#place)) && this.#disorder.length < WRONG_MAX)
      this.#disorder.push(
        `${sequence}/${ordinal} (order ${order}, at ${place}) came after ordinal ${this.#ordinal} at ${this.#place}`,
      );
    [this.#ordinal, this.#place] = [ordinal, place];
  }

  #count({ sequence, table, operation }: LoggedChange, { after }: Body): void {
    const transaction = this.#transactions.get(sequence);
    if (!transaction) {
      this.#disorder.push(`there is an event of sequence ${sequence}, which is no transaction`);
      return;
    }
    transaction.events++;
    if (after?.mark) transaction.marks += BigInt(after.mark);
    if (table === 'oracle_tx' && operation === 'INSERT' && after) transaction.oracle = oracleRow(after);
  }

  #fold({ table: name, operation }: LoggedChange, { source, before, after }: Body): void {
    const key = JSON.stringify(source.primaryKey);
    const hasKey = key !== '{}';
    const table = this.#tables.get(name) ?? { hasKey, rows: new Map() };
    this.#tables.set(name, table);
    if (operation === 'TRUNCATE') {
      table.rows.clear();
      return;
    }
    table.hasKey = hasKey;
    if (hasKey) {
      if (after) table.rows.set(key, JSON.stringify(after));
      else table.rows.delete(key);
      return;
    }
    if (before) add(table.rows, JSON.stringify(before), -1);
    if (after) add(table.rows, JSON.stringify(after), 1);
  }

  #move({ source, after }: Body): void {
    const id = String(source.primaryKey.id);
    const balance = BigInt((after?.balance ?? '0').replace('.', ''));
    this.#total += balance - (this.#balances.get(id) ?? 0n);
    this.#balances.set(id, balance);
  }
}

/** Rows without a key are told apart by what they hold, and counted. */
function add(rows: Map<string, string | number>, text: string, change: number): void {
  const count = Number(rows.get(text) ?? 0) + change;
  if (count === 0) rows.delete(text);
  else rows.set(text, count);
}

const isBefore = (one: readonly [string, number, number], other: readonly [string, number, number]): boolean => {
  if (one[0] !== other[0]) return one[0] < other[0];
  return one[1] !== other[1] ? one[1] < other[1] : one[2] < other[2];
};

const oracleRow = ({ worker, seq, n_rows, sum }: Readonly<Record<string, string | null>>): OracleRow => ({
  worker: Number(worker),
  seq: Number(seq),
  rows: Number(n_rows),
  sum: BigInt(sum ?? '0'),
});
