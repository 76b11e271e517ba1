import type { ChangeEvent } from '@overlay/model';
import type { Zone } from '@overlay/narratives';
import {
  type Database,
  type LaterChange,
  readChangesOf,
  readDefinitionsOf,
  readLaterChanges,
  readTransaction,
} from '@overlay/storage';
import { type Answer, answer, refuse } from '../answer.ts';
import type { UndoPlan } from '../contract/index.ts';
import { findNamed } from '../find.ts';
import { rowChanges, undoStatement } from './statement.ts';

/** Changes that one plan takes back at most. */
const CHANGES_MAX = 100_000;
const LATER_MAX = 1000;
/** Nothing is asked of the items of the transaction itself. */
const NO_ITEMS = { changeEventIds: [], eventIds: [], itemsMax: 0 };

/** What reversing statements expect of their session. */
const BEGIN = [
  'set names utf8mb4;',
  "set time_zone = '+00:00';",
  "set sql_mode = concat_ws(',', nullif(@@sql_mode, ''), 'NO_AUTO_VALUE_ON_ZERO');",
  'start transaction;',
];

/** Statements that take a transaction back, or one change of it, the last change first. Nothing is run. */
export async function undo(
  { database, zone }: { readonly database: Database; readonly zone: Zone },
  id: string,
): Promise<Answer<UndoPlan>> {
  const named = await findNamed(database, id);
  if (!named.ok) return named;
  const { found } = named.value;
  if (found.kind !== 'transaction' && found.kind !== 'change_event')
    return refuse(
      'invalid',
      `'${id}' is no transaction and no change`,
      '`auditctl trace` shows the transactions behind it',
    );
  const transaction = await readTransaction(database, found, NO_ITEMS);
  if (!transaction || transaction.itemCount > CHANGES_MAX)
    return refuse('conflict', `the transaction has more than ${CHANGES_MAX} changes`, 'undo its changes by their ids');
  if (!['transaction', 'repair'].includes(transaction.kind)) return refuseKind(transaction.kind, found.sequence);
  const all = await readChangesOf(database, found, CHANGES_MAX);
  const definitions = await readDefinitionsOf(database, found.source, [
    ...new Set(all.map((event) => event.schemaVersion)),
  ]);
  const changes = rowChanges(all, definitions);
  const wanted = found.kind === 'transaction' ? changes : changes.filter((change) => isOf(change, all, found.id));
  const eventIds = eventsOf(wanted, all);
  const later = await readLaterChanges(database, found, { eventIds, limit: LATER_MAX });
  const statements = wanted.toReversed().map(undoStatement);
  return answer({
    timeZone: zone.name,
    source: found.source,
    sequence: found.sequence,
    transactionId: transaction.transactionId,
    timestamp: found.commitTime,
    begin: BEGIN,
    statements: statements.map((statement) => ({ ...statement, missing: [...statement.missing] })),
    end: ['commit;'],
    later: later.map(laterText),
  });
}

function refuseKind(kind: string, sequence: number): Answer<never> {
  const hints: Readonly<Record<string, string>> = {
    truncate: `\`auditctl as-of TABLE --at ${sequence - 1}\` shows the rows that were there`,
    set_aside: 'it could not be read: `auditctl dead-letters repair` reads it again',
  };
  return refuse(
    'conflict',
    `sequence ${sequence} is no change of rows but of kind ${kind}`,
    hints[kind] ?? 'undo takes transactions and their changes',
  );
}

/** A changed key is two events and one change. */
const isOf = (change: { readonly eventId: string }, all: readonly ChangeEvent[], id: string): boolean =>
  eventsOf([change], all).includes(id);

function eventsOf(changes: readonly { readonly eventId: string }[], all: readonly ChangeEvent[]): readonly string[] {
  const last = new Set(changes.map(({ eventId }) => eventId));
  const kept = new Set(rowChanges(all, new Map()).map(({ eventId }) => eventId));
  return all
    .filter(({ eventId }, at) => last.has(eventId) || (!kept.has(eventId) && last.has(all[at + 1]?.eventId ?? '')))
    .map(({ eventId }) => eventId);
}

function laterText({ database, table, primaryKey, what, times, sequence }: LaterChange): string {
  const name = `${database}.${table}`;
  if (primaryKey === null)
    return `${name}: ${what} at sequence ${sequence}; the statements are for the table as it was before`;
  const key = Object.entries(primaryKey)
    .map(([column, value]) => `${column}=${value}`)
    .join(' ');
  return `${name} ${key}: changed ${times === 1 ? 'once' : `${times} times`} since, last at sequence ${sequence}`;
}
