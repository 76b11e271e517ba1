import { sealValues, subjectName } from '@overlay/sealing';
import { changeEvents, type Database, KeyStore, makeDataKeys, makeLedger } from '@overlay/storage';
import { DAY, gtidOf, idOf, SOURCE } from './corner-shops.ts';

/** Lands a dead letter as a stage does, its bytes sealed under the master key. */
export async function writeSealedLetter(
  database: Database,
  keys: Database,
  masterKey: string,
  letter: { readonly sequence: number | null; readonly value: Buffer; readonly source?: string },
): Promise<void> {
  const { sequence, value, source = SOURCE } = letter;
  const dataKeys = makeDataKeys(keys, masterKey);
  const ledger = makeLedger(database, { stage: 'normalizer', table: changeEvents, dataKeys });
  const { head } = await ledger.open(source);
  const place = { topic: 'cdc.shops', partition: 0, offset: '4712' };
  const fault = { code: 'raw.not_json', detail: 'the value is not JSON' } as const;
  const deadLetters = [
    { ...place, sequence, ordinal: sequence === null ? null : 2, fault, key: Buffer.from('k'), value },
  ];
  const position = head.position ?? { ...place, digest: '' };
  const nothing = { gtids: head.gtids, records: [], remember: new Map(), repeats: [] };
  await ledger.land({ head, landed: head.landed, position, deadLetters, ...nothing }, () => {});
}

/** A change of which something is sealed. */
interface SealedSample {
  readonly sequence: number;
  /** Table and key of whose values they are. */
  readonly subject: readonly [table: string, key: string];
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
}

/** Lands a change as the normalizer does, its values sealed, under a pack that is in force; its id is `idOf('c', sequence)`. */
export async function writeSealedChange(
  database: Database,
  keys: Database,
  masterKey: string,
  { sequence, subject: [table, key], before, after }: SealedSample,
): Promise<void> {
  const ledger = makeLedger(database, {
    stage: 'normalizer',
    table: changeEvents,
    dataKeys: makeDataKeys(keys, masterKey),
    evidence: { nonceKey: masterKey },
  });
  const opened = await ledger.open(SOURCE);
  if (sequence === 1) await ledger.activatePack(opened.head, { name: 'shops', version: 1, content: {} }, null);
  const { head } = await ledger.open(SOURCE);
  const store = new KeyStore(keys, masterKey);
  const domain = await store.domainKey('shops');
  const id = domain.subjectId(subjectName(SOURCE, table, [key]));
  const own = (await store.subjectKeys('shops', [id])).get(id);
  if (typeof own !== 'object') throw new Error(`the key of ${table}:${key} is destroyed`);
  const [eventId, transactionId] = [idOf('c', sequence), gtidOf(sequence)];
  const tokens = (image: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(image).map(([name, value]) => [name, own.tokenize(value)]));
  const city = { city: 'Lima' };
  const body = { before: { ...tokens(before), ...city }, after: { ...tokens(after), ...city } };
  const sealed = sealValues(own, domain.noncesOf(SOURCE, transactionId), eventId, { before, after });
  const items = [
    {
      eventId,
      database: 'shops',
      table,
      operation: 'UPDATE',
      body: JSON.stringify(body),
      sealedValues: JSON.stringify([sealed]),
    },
  ];
  const timestamp = `${DAY}T12:00:00.000000Z`;
  const record = { source: SOURCE, sequence, kind: 'transaction', transactionId, timestamp, items } as const;
  await ledger.land(
    {
      head,
      landed: sequence,
      position: { topic: 'cdc.shops', partition: 0, offset: String(sequence), digest: '' },
      gtids: '',
      records: [{ record, bodies: items.map((item) => item.body) }],
      remember: new Map(),
      deadLetters: [],
      repeats: [],
    },
    () => {},
  );
}
