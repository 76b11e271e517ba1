import { type Items, RecordKind, type Timestamp, type WrittenRecord } from '@overlay/model';
import { LongItems } from '@overlay/runtime';
import type { Database } from './database.ts';
import { stagesUpTo } from './queries/heads.ts';
import { instant } from './queries/sql.ts';
import { changeEvents } from './record-tables.ts';

/** Sequences, and about how many items, that are read back at a time. */
const SEQUENCES_MAX = 500;
const ITEMS_MAX = 5000;

interface Envelope {
  sequence: string;
  is_skipped: boolean;
  kind: string;
  repairs: string | null;
  transaction_id: string;
  commit_time: string;
}

interface Body {
  sequence: string;
  body: string;
  sealed_values: string | null;
}

/** The items of a record that is read back: bodies, and what stands beside them. */
type ReadItem = readonly [body: string, sealedValues: string | null];

/** Whether a person let this stage, or one before it, go past the sequence: nothing was made of it. */
const SKIPPED = `exists (select from audit.skipped_sequences s where s.source = t.source and s.stage = any($4)
  and t.sequence between s.first_sequence and s.last_sequence)`;

/**
 * Reads landed records back, byte for byte as they landed, for publishing again. The envelope comes from `transactions`, which has a row
 * for every sequence, so a record without items is read back too. However long a record is, the memory for it is bounded.
 */
export function makeUnpublished(database: Database, table: string, stage: string) {
  const upTo = stagesUpTo(stage);
  return async function* unpublished(
    source: string,
    after: number,
    landed: number,
  ): AsyncGenerator<WrittenRecord<never>> {
    for (let from = after + 1; from <= landed; from += SEQUENCES_MAX) {
      const to = Math.min(from + SEQUENCES_MAX - 1, landed);
      const envelopes = await database.query<Envelope>(
        `select sequence, ${SKIPPED} as is_skipped, kind, repairs, transaction_id, ${instant('t.commit_time')} as commit_time
          from audit.transactions t where source = $1 and sequence between $2 and $3 order by sequence`,
        [source, from, to, upTo],
      );
      const counts = await database.query<{ sequence: string; items: number }>(
        `select sequence, count(*)::int as items from audit.${table} where source = $1 and sequence between $2 and $3 group by 1`,
        [source, from, to],
      );
      const itemsOf = new Map(counts.map(({ sequence, items }) => [sequence, items]));
      for (const run of runsOf(envelopes, itemsOf)) yield* readRun(database, table, source, run);
    }
  };
}

/** Cuts records into runs of few items each; one that is longer by itself is a run of its own. */
function* runsOf(envelopes: readonly Envelope[], itemsOf: ReadonlyMap<string, number>): Generator<Envelope[]> {
  let run: Envelope[] = [];
  let items = 0;
  for (const envelope of envelopes) {
    const count = itemsOf.get(envelope.sequence) ?? 0;
    if (run.length > 0 && items + count > ITEMS_MAX) {
      yield run;
      [run, items] = [[], 0];
    }
    run.push(envelope);
    items += count;
  }
  if (run.length > 0) yield run;
}

async function* readRun(
  database: Database,
  table: string,
  source: string,
  run: readonly Envelope[],
): AsyncGenerator<WrittenRecord<never>> {
  const sealed = table === changeEvents.name ? 'sealed_values::text as sealed_values' : 'null as sealed_values';
  const lists = new Map(run.map(({ sequence }) => [sequence, newItems()]));
  try {
    await database.transaction(async (client) => {
      await client.query(
        `declare bodies no scroll cursor for select sequence, body::text as body, ${sealed} from audit.${table}
          where source = '${source.replaceAll("'", "''")}' and sequence between ${Number(run[0]?.sequence)} and ${Number(run.at(-1)?.sequence)}
          order by sequence, ordinal`,
      );
      for (;;) {
        const { rows } = await client.query<Body>(`fetch ${ITEMS_MAX} from bodies`);
        for (const { sequence, body, sealed_values } of rows) lists.get(sequence)?.push([body, sealed_values]);
        if (rows.length < ITEMS_MAX) return;
      }
    });
    for (const envelope of run) yield writtenOf(source, envelope, lists.get(envelope.sequence) ?? newItems());
  } finally {
    for (const list of lists.values()) list.release();
  }
}

const writtenOf = (
  source: string,
  { sequence, is_skipped, kind, repairs, transaction_id, commit_time }: Envelope,
  items: Items<ReadItem>,
): WrittenRecord<never> => ({
  record: {
    source,
    sequence: Number(sequence),
    kind: is_skipped ? 'set_aside' : RecordKind.parse(kind),
    transactionId: transaction_id,
    timestamp: commit_time as Timestamp,
    items: [],
    ...(repairs !== null && !is_skipped && { repairs: Number(repairs) }),
  },
  bodies: parts(items, ([body]) => body),
  sealedValues: parts(items, ([, sealed]) => sealed),
});

const newItems = (): LongItems<ReadItem> => new LongItems(([body, sealed]) => body.length + (sealed?.length ?? 0));

const parts = <Part>(items: Items<ReadItem>, part: (item: ReadItem) => Part): Items<Part> => ({
  length: items.length,
  *[Symbol.iterator]() {
    for (const item of items) yield part(item);
  },
});
