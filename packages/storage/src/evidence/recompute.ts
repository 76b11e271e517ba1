import { EventTree, type Hash, leafHash, transactionEntry } from '@overlay/evidence';
import { timestampOf } from '@overlay/model';
import { itemColumns } from '../land-records.ts';
import { changeEvents } from '../record-tables.ts';
import { readRows } from './copied-rows.ts';
import type { Finding } from './finding.ts';
import type { Recompute, Recomputed } from './recomputed.ts';

export interface TransactionRow {
  sequence: string;
  kind: string;
  transaction_id: string;
  commit_us: string;
  item_count: number;
  raw_digest: string | null;
  repairs: string | null;
  nonce_key: Buffer | null;
  leaf: Buffer | null;
}

export const TRANSACTION_FIELDS = `sequence, kind, transaction_id, (extract(epoch from commit_time) * 1000000)::bigint as commit_us, item_count,
  raw_digest, repairs, nonce_key, leaf`;

/** Sequences that are read at a time. */
const PAGE_SEQUENCES = 5000;

/** Computes the leaves of the sequences `from` to `to` from the stored rows alone, in order, and tells of whatever differs beside them. */
export const recompute: Recompute = async (client, { source, from, to }, onLeaf, onFinding) => {
  for (let first = from; first <= to; first += PAGE_SEQUENCES) {
    const last = Math.min(first + PAGE_SEQUENCES - 1, to);
    const { rows } = await client.query<TransactionRow>(
      `select ${TRANSACTION_FIELDS} from audit.transactions where source = $1 and sequence between $2 and $3 order by sequence, commit_time`,
      [source, first, last],
    );
    const page = new Page(source, rows, onFinding);
    await readRows(client, eventsQuery(source, first, last), page.takeEvent);
    for (let sequence = first; sequence <= last; sequence++) onLeaf(page.recomputed(sequence));
  }
};

const eventsQuery = (source: string, from: number, to: number): string =>
  `select ${EVENT_FIELDS} from audit.change_events where source = '${source.replaceAll("'", "''")}'
    and sequence between ${from} and ${to} order by sequence, ordinal`;

const EVENT_FIELDS = itemColumns(changeEvents)
  .map(([name]) => name)
  .join(', ');

const TWO_32 = 2 ** 32;

/** Some sequences, while their events come in. */
class Page {
  readonly #source: string;
  readonly #rows = new Map<number, TransactionRow>();
  readonly #trees = new Map<number, EventTree>();
  readonly #onFinding: (finding: Finding) => void;
  #current = { sequence: Number.NaN, tree: new EventTree('') };

  constructor(source: string, rows: readonly TransactionRow[], onFinding: (finding: Finding) => void) {
    this.#source = source;
    this.#onFinding = onFinding;
    for (const row of rows) {
      const sequence = Number(row.sequence);
      if (this.#rows.has(sequence)) this.#find(sequence, 'two rows: one of them was inserted');
      else this.#rows.set(sequence, row);
    }
  }

  readonly takeEvent = (bytes: Buffer, from: number, to: number): void => {
    const at = from + 4 + bytes.readInt32BE(from) + 4; // behind the source and the length of the sequence
    const sequence = bytes.readInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4);
    if (this.#current.sequence !== sequence) this.#current = { sequence, tree: this.#treeOf(sequence) };
    this.#current.tree.add(bytes, from, to);
  };

  #treeOf(sequence: number): EventTree {
    const row = this.#rows.get(sequence);
    if (!row) this.#find(sequence, 'events without a transaction');
    const tree = new EventTree(row?.nonce_key?.toString('latin1') ?? '');
    this.#trees.set(sequence, tree);
    return tree;
  }

  recomputed(sequence: number): Recomputed {
    const row = this.#rows.get(sequence);
    const tree = this.#trees.get(sequence) ?? new EventTree('');
    const leaf = row && leafHash(entryOf(this.#source, row, tree));
    const wrong = faultOf(row, tree, leaf);
    if (wrong) this.#find(sequence, wrong);
    return { sequence, leaf, events: tree.count };
  }

  #find(sequence: number, what: string): void {
    this.#onFinding({ source: this.#source, first: sequence, last: sequence, what });
  }
}

function faultOf(row: TransactionRow | undefined, tree: EventTree, leaf: Hash | undefined): string | undefined {
  if (!row) return 'missing';
  if (row.item_count !== tree.count) return `${tree.count} events are there, the row says ${row.item_count}`;
  if (row.nonce_key !== null && tree.count === 0) return 'a nonce key without events';
  if (row.leaf?.toString('latin1') !== leaf) return 'not what was logged: the rows give another leaf';
  return undefined;
}

/** What is logged for a sequence, by its stored row and the tree of its events. */
const entryOf = (source: string, row: TransactionRow, tree: EventTree): string =>
  transactionEntry({
    source,
    sequence: Number(row.sequence),
    kind: row.kind,
    transactionId: row.transaction_id,
    commitTime: timestampOf(Number(row.commit_us)),
    count: tree.count,
    root: tree.root(),
    rawDigest: row.raw_digest,
    repairs: row.repairs === null ? null : Number(row.repairs),
  });
