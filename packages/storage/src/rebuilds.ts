import type { BusinessEvent, DenseRecord, OfferedPack, TransactionActor, UnexplainedChange } from '@overlay/model';
import { type Columns, copyRows, type Field } from './copy.ts';
import type { Database } from './database.ts';
import type { LogStretch } from './logged.ts';
import { storePackVersion } from './packs.ts';
import { businessEvents } from './record-tables.ts';
import { recountRollups } from './rollups.ts';
import { landTransactionActors } from './transaction-actors.ts';
import { landUnexplained } from './unexplained.ts';

/** Records whose events are copied in one go. */
const RECORDS_MAX = 500;

const COLUMNS: Columns = [
  ['rebuild', 'integer'],
  ['source', 'text'],
  ['sequence', 'bigint'],
  ['ordinal', 'integer'],
  ['commit_time', 'timestamptz'],
  ...businessEvents.columns,
  ['body', 'json'],
];

/** What other rules make of a sequence: its events, what none of them rests on, and who acted where somebody did. */
export interface Rebuilt {
  readonly record: DenseRecord<BusinessEvent>;
  readonly unexplained: readonly UnexplainedChange[];
  readonly actor: TransactionActor | null;
}

/**
 * Puts other events of a stretch beside those that landed, all at once or, when something is thrown, not at all. From then on they are what holds for
 * every sequence of the stretch, also where there are none. Gives the number of the rebuild.
 */
export async function writeRebuild(
  database: Database,
  { pack, by, ...stretch }: LogStretch & { readonly pack: OfferedPack; readonly by: string },
  rebuilt: AsyncIterable<Rebuilt>,
  bodyOf: (event: BusinessEvent) => string,
): Promise<number> {
  return database.transaction(async (client) => {
    await client.query('set local idle_in_transaction_session_timeout = 0'); // what comes before the stretch is read first
    await client.query("select pg_advisory_xact_lock(hashtextextended('audit.rebuilds', 0))");
    await storePackVersion(client, pack, by);
    const { rows } = await client.query<{ rebuild: number }>(
      `insert into audit.rebuilds (rebuild, source, from_sequence, to_sequence, pack_name, pack_version, made_by)
        select coalesce(max(rebuild), 0) + 1, $1, $2, $3, $4, $5, $6 from audit.rebuilds returning rebuild`,
      [stretch.source, stretch.from, stretch.to, pack.name, pack.version, by],
    );
    const rebuild = rows[0]?.rebuild ?? 0;
    let waiting: Rebuilt[] = [];
    const flush = async () => {
      const records = waiting.map(({ record }) => record);
      await copyRows(client, 'audit.rebuilt_business_events', COLUMNS, rowsOf(rebuild, records, bodyOf));
      await landUnexplained(
        client,
        waiting.flatMap(({ unexplained }) => unexplained),
        rebuild,
      );
      await landTransactionActors(
        client,
        waiting.flatMap(({ actor }) => actor ?? []),
        rebuild,
      );
      waiting = [];
    };
    for await (const each of rebuilt) {
      if (each.record.items.length > 0 || each.unexplained.length > 0 || each.actor) waiting.push(each);
      if (waiting.length >= RECORDS_MAX) await flush();
    }
    await flush();
    await recountRollups(client, stretch);
    return rebuild;
  });
}

function* rowsOf(
  rebuild: number,
  records: readonly DenseRecord<BusinessEvent>[],
  bodyOf: (event: BusinessEvent) => string,
): Generator<readonly Field[]> {
  for (const record of records) {
    let ordinal = 0;
    for (const event of record.items)
      yield [
        rebuild,
        record.source,
        record.sequence,
        ++ordinal,
        record.timestamp,
        ...businessEvents.fields(event, record),
        bodyOf(event),
      ];
  }
}
