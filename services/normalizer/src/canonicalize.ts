import { canonicalJson, identify } from '@overlay/evidence';
import { type Operation, timestampOf } from '@overlay/model';
import type { WrittenChange } from '@overlay/storage';
import { guessValue, type Value } from './column-values.ts';
import type { RawImage, RawRow } from './raw-record.ts';
import type { RowPlan } from './table-definition.ts';

/** The parts of a change that its transaction decides. */
export interface Membership {
  readonly source: string;
  readonly sequence: number;
  readonly transactionId: string;
  /** Place in the transaction, from 1. */
  readonly order: number;
}

/** A row change before it is written, whatever kind of record it came in. */
export type Change = Pick<RawRow, 'database' | 'table' | 'before' | 'after' | 'timestamp' | 'origin'> & {
  readonly operation: Operation;
};

/**
 * Writes a change event: its canonical JSON (RFC 8785), byte for byte what is stored, hashed and published, and the columns beside it.
 * Throws a ValueError when a value does not fit its column. Without a plan the types are guessed and the event says so.
 */
export function canonicalize(change: Change, member: Membership, plan: RowPlan | undefined): WrittenChange {
  const { database, table, operation, origin } = change;
  const before = imageText(change.before, plan);
  const after = imageText(change.after, plan);
  const key = keyText(change.after ?? change.before, plan);
  const eventId = eventIdOf(change, member, key);
  const inferred = !plan || before.isGuessed || after.isGuessed;
  const schemaVersion = JSON.stringify(`${database}.${table}:${plan?.version ?? 0}`);
  const body =
    `{"after":${after.text},"before":${before.text},"eventId":"${eventId}",` +
    `"metadata":{"connector":${text(origin.connector)},"file":${text(origin.file)},"gtid":${text(origin.gtid)},"inferred":${inferred},` +
    `"position":${origin.position},"row":${origin.row},"snapshot":${operation === 'READ'},"thread":${origin.thread},` +
    `"version":${text(origin.version)}},"operation":"${operation}","order":${member.order},"schemaVersion":${schemaVersion},` +
    `"sequence":${member.sequence},"source":{"database":${text(database)},"name":${text(member.source)},"primaryKey":${key},` +
    `"table":${text(table)}},"timestamp":"${timestampOf(change.timestamp)}","transactionId":${text(member.transactionId)}}`;
  return { eventId, database, table, operation, body };
}

/** A snapshot row is the same row whenever it is read, so its id comes from its key; a change has its place in its transaction. */
function eventIdOf(
  { operation, database, table, origin }: Change,
  { source, transactionId, order }: Membership,
  key: string,
): string {
  if (operation !== 'READ' || key === '{}') return identify('change', source, transactionId, order);
  return identify('snapshot row', source, `${origin.file}:${origin.position}`, database, table, key);
}

const text = (value: string | null): string => JSON.stringify(value);

interface ImageText {
  readonly text: string;
  readonly isGuessed: boolean;
}

function imageText(image: RawImage | null, plan: RowPlan | undefined): ImageText {
  if (!image) return { text: 'null', isGuessed: false };
  const names = Object.keys(image);
  if (!plan || names.length !== plan.columns.length || !plan.columns.every(({ name }) => Object.hasOwn(image, name))) {
    return { text: guessedText(image, names, plan), isGuessed: true };
  }
  let members = '';
  for (const { name, prefix, toValue } of plan.columns) {
    members += `${members === '' ? '' : ','}${prefix}${valueText(toValue(image[name]))}`;
  }
  return { text: `{${members}}`, isGuessed: false };
}

/** An image that differs from the table's definition: known columns by their type, the others by the look of the value. */
function guessedText(image: RawImage, names: readonly string[], plan: RowPlan | undefined): string {
  const members = names
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${valueText((plan?.converters.get(name) ?? guessValue)(image[name]))}`);
  return `{${members.join(',')}}`;
}

const valueText = (value: Value): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

function keyText(image: RawImage | null, plan: RowPlan | undefined): string {
  if (!image || !plan || plan.key.length === 0) return '{}';
  const members = plan.key.map((name): [string, Value] => [
    name,
    (plan.converters.get(name) ?? guessValue)(image[name]),
  ]);
  return canonicalJson(Object.fromEntries(members));
}
