import type { ChangeEvent, Row } from '@overlay/model';
import type { Zone } from '@overlay/narratives';
import {
  type Database,
  type Found,
  findBusinessEvents,
  readTransaction,
  type StoredTransaction,
} from '@overlay/storage';
import { listed } from './anomalies.ts';
import { type Answer, answer, refuse } from './answer.ts';
import type { ListedAnomaly, Trace, TracedChange, TracedTransaction } from './contract/index.ts';
import { findNamed } from './find.ts';

/** Transactions that are shown for one anomaly, and items of each kind for one transaction. */
const TRANSACTIONS_MAX = 10;
const ITEMS_MAX = 50;

/** From an anomaly, an event, an entity or a transaction down to the rows that the source changed. */
export async function trace(
  { database, zone }: { readonly database: Database; readonly zone: Zone },
  id: string,
): Promise<Answer<Trace>> {
  const named = await findNamed(database, id);
  if (!named.ok) return named;
  const { found, others } = named.value;
  const own = await readTransaction(database, found, wantsOf(found));
  if (!own)
    return refuse(
      'not_found',
      `the transaction of '${id}' is not in the log`,
      'run `auditctl status`: is a gap on record?',
    );
  const anomaly = own.anomalies.map(listed).find(({ anomalyId }) => anomalyId === found.id) ?? null;
  const evidence = anomaly ? await readEvidence(database, anomaly, found) : { transactions: [], leftOut: 0 };
  return answer({
    timeZone: zone.name,
    found: thing(found),
    others: others.map(thing),
    anomaly,
    transactions: [own, ...evidence.transactions].map(traced).sort((a, b) => a.sequence - b.sequence),
    transactionsLeftOut: evidence.leftOut,
  });
}

const wantsOf = ({ kind, id }: Found) => ({
  changeEventIds: kind === 'change_event' ? [id] : [],
  eventIds: kind === 'transaction' ? [] : [id],
  itemsMax: ITEMS_MAX,
});

const thing = ({ kind, id, label, source, sequence }: Found) => ({ kind, id, label, source, sequence });

/** The other transactions that an anomaly rests on. */
async function readEvidence(
  database: Database,
  { businessEventIds }: ListedAnomaly,
  own: Found,
): Promise<{ readonly transactions: readonly StoredTransaction[]; readonly leftOut: number }> {
  const events = await findBusinessEvents(database, businessEventIds, businessEventIds.length);
  const bySequence = Map.groupBy(
    events.filter(({ source, sequence }) => source !== own.source || sequence !== own.sequence),
    ({ source, sequence }) => `${source} ${sequence}`,
  );
  const all = [...bySequence.values()];
  const transactions: StoredTransaction[] = [];
  for (const group of all.slice(-TRANSACTIONS_MAX + 1)) {
    const [event] = group;
    if (!event) continue;
    const wants = { changeEventIds: [], eventIds: group.map(({ id }) => id), itemsMax: ITEMS_MAX };
    const transaction = await readTransaction(database, event, wants);
    if (transaction) transactions.push(transaction);
  }
  return { transactions, leftOut: all.length - transactions.length };
}

const GTID = /^[0-9a-f-]{36}:(?:[a-z_][a-z0-9_]*:)?\d+$/i;

function traced(stored: StoredTransaction): TracedTransaction {
  const [first] = stored.changeEvents;
  const { transactionId } = stored;
  return {
    source: stored.source,
    sequence: stored.sequence,
    kind: stored.kind,
    transactionId,
    gtid: first?.metadata.gtid ?? (GTID.test(transactionId) ? transactionId : null),
    timestamp: stored.commitTime,
    file: first?.metadata.file ?? null,
    position: first?.metadata.position ?? null,
    actors: [...stored.actors],
    changeCount: stored.itemCount,
    changes: stored.changeEvents.map(tracedChange),
    businessEvents: [...stored.businessEvents],
    anomalies: stored.anomalies.map(listed),
    faults: [...stored.faults],
  };
}

function tracedChange(event: ChangeEvent): TracedChange {
  const { file, position, row, gtid, thread } = event.metadata;
  return {
    eventId: event.eventId,
    order: event.order,
    database: event.source.database,
    table: event.source.table,
    operation: event.operation,
    primaryKey: event.source.primaryKey,
    columns: diff(event.before, event.after),
    schemaVersion: event.schemaVersion,
    file,
    position,
    row: row ?? 0,
    gtid: gtid === undefined ? event.transactionId : gtid,
    thread,
  };
}

/** What differs between two images of a row, column by column; of one image, everything. */
export function diff(before: Row | null, after: Row | null): TracedChange['columns'] {
  const columns = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return columns
    .filter((column) => !before || !after || before[column] !== after[column])
    .map((column) => ({
      column,
      ...(before && column in before && { before: before[column] }),
      ...(after && column in after && { after: after[column] }),
    }));
}
