import { randomBytes } from 'node:crypto';
import { digest, identify } from '@overlay/evidence';
import type { DeadLetter, Head, KeptRecord, Landing, StageRequest } from '@overlay/model';
import { NONCE_BYTES, seal, unseal } from '@overlay/sealing';
import type { ClientBase } from 'pg';
import { withoutNul } from './copy.ts';
import { type DataKey, type DataKeys, rememberKeys } from './data-keys.ts';
import type { Database } from './database.ts';

/** Dead letters that go to the database in one statement, and about the most bytes of them. */
const LETTERS_MAX = 500;
const BYTES_MAX = 4 * 1024 * 1024;
const READ_MAX = 200;

/** What the bytes of a dead letter are bound to. */
const boundTo = (deadLetterId: string, part: 'key' | 'value'): string => `dead letter ${deadLetterId} ${part}`;

/** What a corrected record is bound to. */
export const boundToCorrection = (requestId: string, ordinal: number): string => `correction ${requestId} ${ordinal}`;

/** Writes the dead letters of a landing, their bytes sealed; one that is there already stays as it is. */
export async function landDeadLetters(
  client: ClientBase,
  dataKey: DataKey,
  { head, deadLetters }: Landing<unknown>,
): Promise<void> {
  for (const letters of batchesOf(deadLetters)) await writeLetters(client, head, dataKey, letters);
}

function* batchesOf(letters: Iterable<DeadLetter>): Generator<readonly DeadLetter[]> {
  let batch: DeadLetter[] = [];
  let bytes = 0;
  for (const letter of letters) {
    batch.push(letter);
    bytes += (letter.key?.length ?? 0) + (letter.value?.length ?? 0);
    if (batch.length < LETTERS_MAX && bytes < BYTES_MAX) continue;
    yield batch;
    [batch, bytes] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

async function writeLetters(
  client: ClientBase,
  head: Head,
  dataKey: DataKey,
  letters: readonly DeadLetter[],
): Promise<void> {
  const ids = letters.map((letter) => deadLetterId(head, letter));
  const sealed = (part: 'key' | 'value') =>
    letters.map((letter, index) => sealPart(dataKey, letter[part], boundTo(ids[index] ?? '', part)));
  await client.query(
    `insert into audit.dead_letters (stage, source, key_id, dead_letter_id, sequence, ordinal, code, detail, topic, partition,
        record_offset, record_digest, record_key, record_value)
      select $1, $2, $3, * from unnest($4::uuid[], $5::bigint[], $6::int[], $7::text[], $8::text[], $9::text[], $10::int[], $11::bigint[],
        $12::text[], $13::bytea[], $14::bytea[])
      on conflict do nothing`,
    [
      head.stage,
      head.source,
      dataKey.keyId,
      ids,
      letters.map(({ sequence }) => sequence),
      letters.map(({ ordinal }) => ordinal),
      letters.map(({ fault }) => fault.code),
      letters.map(({ fault }) => withoutNul(fault.detail)),
      letters.map(({ topic }) => topic),
      letters.map(({ partition }) => partition),
      letters.map(({ offset }) => offset),
      letters.map(({ key, value }) => digest(key, value)),
      sealed('key'),
      sealed('value'),
    ],
  );
}

const sealPart = ({ key }: DataKey, bytes: Buffer | null, name: string): Buffer | null =>
  bytes && seal(key, randomBytes(NONCE_BYTES), bytes, name);

const deadLetterId = ({ stage, source }: Head, { topic, partition, offset, fault, ordinal }: DeadLetter): string =>
  identify('dead letter', stage, source, topic, partition, offset, fault.code, fault.detail, ordinal ?? '');

/** A dead letter's sealed bytes as they are stored. */
export interface SealedLetter {
  readonly dead_letter_id: string;
  readonly key_id: string | null;
  readonly record_key: Buffer | null;
  readonly record_value: Buffer | null;
}

/** The bytes of a dead letter; undefined when their key has expired or is another one's. */
export async function openLetter(
  findKey: DataKeys['find'],
  { dead_letter_id, key_id, record_key, record_value }: SealedLetter,
): Promise<{ readonly key: Buffer | null; readonly value: Buffer | null } | undefined> {
  const dataKey = key_id === null ? undefined : await findKey(key_id);
  if (!dataKey) return undefined;
  const open = (bytes: Buffer | null, part: 'key' | 'value') =>
    bytes && unseal(dataKey, bytes, boundTo(dead_letter_id, part));
  const [key, value] = [open(record_key, 'key'), open(record_value, 'value')];
  return key === undefined || value === undefined ? undefined : { key, value };
}

/** The raw records of a unit that the first stage set aside, in order; those that a request hands in corrected stand in for them all. */
export function makeKeptRecords(database: Database, dataKeys: DataKeys, stage: string) {
  return ({ requestId, source, sequence, isCorrected }: StageRequest): AsyncGenerator<KeptRecord> =>
    isCorrected
      ? correctedRecords(database, dataKeys, requestId)
      : setAsideRecords(database, dataKeys, { stage, source, sequence });
}

async function* setAsideRecords(
  database: Database,
  dataKeys: DataKeys,
  { stage, source, sequence }: { readonly stage: string; readonly source: string; readonly sequence: number },
): AsyncGenerator<KeptRecord> {
  const findKey = rememberKeys(dataKeys);
  for (let after = 0; ; ) {
    const rows = await database.query<SealedLetter & { ordinal: number; record_offset: string }>(
      `select dead_letter_id, ordinal, record_offset, key_id, record_key, record_value from audit.dead_letters
        where stage = $1 and source = $2 and sequence = $3 and ordinal > $4 order by ordinal limit $5`,
      [stage, source, sequence, after, READ_MAX],
    );
    for (const row of rows) {
      const opened = await openLetter(findKey, row);
      yield { offset: row.record_offset, key: opened?.key ?? null, value: opened?.value };
      after = row.ordinal;
    }
    if (rows.length < READ_MAX) return;
  }
}

async function* correctedRecords(
  database: Database,
  dataKeys: DataKeys,
  requestId: string,
): AsyncGenerator<KeptRecord> {
  const findKey = rememberKeys(dataKeys);
  for (let after = 0; ; ) {
    const rows = await database.query<{ ordinal: number; key_id: string; record_value: Buffer }>(
      `select ordinal, key_id, record_value from audit.corrected_records where request_id = $1 and ordinal > $2
        order by ordinal limit $3`,
      [requestId, after, READ_MAX],
    );
    for (const { ordinal, key_id, record_value } of rows) {
      const dataKey = await findKey(key_id);
      const value = dataKey && unseal(dataKey, record_value, boundToCorrection(requestId, ordinal));
      yield { offset: String(ordinal), key: null, value };
      after = ordinal;
    }
    if (rows.length < READ_MAX) return;
  }
}
