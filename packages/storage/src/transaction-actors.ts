import { gradeOf, type TransactionActor } from '@overlay/model';
import type { ClientBase } from 'pg';
import { type Columns, copyRows, type Field, withoutNul } from './copy.ts';

const COLUMNS: Columns = [
  ['sequence', 'bigint'],
  ['commit_time', 'timestamptz'],
  ['source', 'text'],
  ['actor_id', 'text'],
  ['actor_label', 'text'],
  ['actor_grade', 'text'],
  ['several', 'json'],
];

/** Writes down who did which transaction, of a rebuild or as it lands; of what nobody is known to have done, nothing. */
export async function landTransactionActors(
  client: ClientBase,
  transactions: readonly TransactionActor[],
  rebuild?: number,
): Promise<void> {
  const known = transactions.filter(({ actors }) => actors.length > 0);
  if (known.length === 0) return;
  if (rebuild === undefined) await copyRows(client, 'audit.transaction_actors', COLUMNS, known.values().map(fieldsOf));
  else
    await copyRows(
      client,
      'audit.rebuilt_transaction_actors',
      [['rebuild', 'integer'], ...COLUMNS],
      known.values().map((each) => [rebuild, ...fieldsOf(each)]),
    );
}

function fieldsOf(transaction: TransactionActor): readonly Field[] {
  const { source, sequence, timestamp, actors } = transaction;
  const [actor] = actors;
  const isOne = actors.length === 1;
  return [
    sequence,
    timestamp,
    source,
    isOne && actor ? actor.id : null,
    isOne && actor ? actor.label : null,
    gradeOf(transaction),
    isOne ? null : JSON.stringify(actors, (_, value) => (typeof value === 'string' ? withoutNul(value) : value)),
  ];
}
