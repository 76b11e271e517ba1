import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { identify } from '@overlay/evidence';
import { prepareNotary } from '@overlay/infra';
import type { WrittenRecord } from '@overlay/model';
import { changeEvents, Database, makeDataKeys, makeLedger, migrate, type WrittenChange } from '@overlay/storage';

export const SOURCE = 'shop';
/** Transactions of each week, so that weeks are of some hundred. */
const WEEK_TRANSACTIONS = 300;
const BEGIN_MS = Date.UTC(2026, 0, 5);
const WEEK_MS = 7 * 24 * 3600 * 1000;

const tokenOf = (sequence: number): string => `tok_${identify('customer', sequence % 17).slice(0, 8)}`;

/** A transaction of one to four rows, one of them with a token; every hundredth is a TRUNCATE. */
function transaction(sequence: number): WrittenRecord<WrittenChange> {
  const timestamp = `${new Date(BEGIN_MS + (sequence / WEEK_TRANSACTIONS) * WEEK_MS).toISOString().slice(0, -1)}000Z`;
  const transactionId = `3e11fa47-71ca-11e1-9e33-c80aa9429562:${sequence}`;
  const items = Array.from({ length: sequence % 100 === 0 ? 0 : 1 + (sequence % 4) }, (_, index): WrittenChange => {
    const eventId = identify('change', SOURCE, transactionId, index + 1);
    const body = `{"after":{"customer":"${tokenOf(sequence)}","id":"${sequence}","total":"${sequence}.50"},"before":null,"eventId":"${eventId}"}`;
    return { eventId, database: 'shop', table: 'orders', operation: 'INSERT', body, sealedValues: null };
  });
  const kind = items.length === 0 ? 'truncate' : 'transaction';
  return {
    record: { source: SOURCE, sequence, kind, transactionId, timestamp, items },
    bodies: items.map(({ body }) => body),
  };
}

/** A migrated record, and what lands in it. */
export interface SampleRecord {
  readonly database: Database;
  readonly url: string;
  readonly keysFile: string;
  readonly anchorFile: string;
  readonly notaryEnvironment: Readonly<Record<string, string>>;
  /** Lands the sequences up to this one. */
  readonly land: (last: number) => Promise<void>;
}

export async function openSampleRecord(url: string, directory: string, nonceKey: string): Promise<SampleRecord> {
  const database = new Database(url, 2);
  await migrate(database);
  const ledger = makeLedger<WrittenChange>(database, {
    stage: 'normalizer',
    table: changeEvents,
    evidence: { nonceKey },
    dataKeys: makeDataKeys(database, randomBytes(32).toString('base64')),
  });
  const { keysFile, anchorFile, environment } = prepareNotary(directory, [SOURCE]);
  return {
    database,
    url,
    keysFile,
    anchorFile,
    notaryEnvironment: environment,
    async land(last) {
      const { head } = await ledger.open(SOURCE);
      const records = Array.from({ length: last - head.landed }, (_, index) => transaction(head.landed + 1 + index));
      const position = { topic: 'cdc.shop', partition: 0, offset: String(last), digest: '' };
      const nothing = { gtids: '', remember: new Map(), deadLetters: [], repeats: [] };
      await ledger.land({ head, landed: last, position, records, ...nothing }, () => {});
    },
  };
}

/** The folder where the notary remembers what it signed. */
export const stateFolder = (directory: string): string => join(directory, 'notary');
