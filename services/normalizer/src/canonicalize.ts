import {
  guessedText,
  type Image,
  type Keys,
  keyText,
  makeSealing,
  NO_KEYS,
  putImage,
  type RowPlan,
  TextPage,
  valueIn,
} from '@overlay/canonical';
import { canonicalJson, identify } from '@overlay/evidence';
import { type Operation, timestampOf } from '@overlay/model';
import type { WrittenChange } from '@overlay/storage';
import type { RawRow } from './raw-record.ts';

/** The parts of a change that its transaction decides. */
interface Membership {
  readonly source: string;
  readonly sequence: number;
  readonly transactionId: string;
  /** Place in the transaction, from 1. */
  readonly order: number;
  /** What a row of a snapshot was read in. Default: the snapshot as a whole, by its position. */
  readonly readIn?: string | undefined;
}

/** A row change before it is written, whatever kind of record it came in. */
export type Change = Pick<RawRow, 'database' | 'table' | 'before' | 'after' | 'atDefault' | 'timestamp' | 'origin'> & {
  readonly operation: Operation;
};

/** Writes one change event. */
export type Canonicalize = (change: Change, member: Membership, plan: RowPlan | undefined) => WrittenChange;

/**
 * Makes the function that writes a source's change events: canonical JSON (RFC 8785), byte for byte what is stored, hashed and published, and
 * the columns beside it. It throws a ValueError when a value does not fit its column; without a plan the types are guessed and the event
 * says so. Most of what stands in an event stands in the next one too, and is written once.
 */
export function makeCanonicalize(keys: Keys = NO_KEYS): Canonicalize {
  const seal = makeSealing(keys);
  const connectorText = lastText(quoted);
  const versionText = lastText(quoted);
  const fileText = lastText(quoted);
  const transactionText = lastText(quoted);
  const timeText = lastText((microseconds: number) => `"${timestampOf(microseconds)}"`);
  const textsOf = makeTableTexts();
  const page = new TextPage();
  /** Whether the image is as the plan has it. */
  const put = (name: string, image: Image | null, plan: RowPlan | undefined): boolean => {
    page.put(name);
    const isPlanned = putImage(image, plan, page);
    if (!isPlanned) page.put(guessedText(image, plan));
    return isPlanned;
  };
  /** @param given the change before any of it was sealed, of which only names of columns are told */
  const write = (change: Change, member: Membership, plan: RowPlan | undefined, given: Change): WrittenChange => {
    const { database, table, operation, origin } = change;
    page.begin();
    const isAfterPlanned = put('{"after":', change.after, plan);
    const isPlanned = put(',"before":', change.before, plan) && isAfterPlanned;
    const key = keyText(change.after ?? change.before, plan);
    const eventId = eventIdOf(change, member, key);
    const texts = textsOf(change, member.source, plan);
    page.template`,"eventId":"${eventId}","metadata":{"connector":${connectorText(origin.connector)},${contextText(origin)}${doubtText(given, plan)}`;
    page.template`"file":${fileText(origin.file)},${texts.ghost}${gtidText(origin.gtid, member.transactionId)}${plan && isPlanned ? '' : '"inferred":true,'}`;
    page.template`"position":${origin.position},${origin.row === 0 ? '' : `"row":${origin.row},`}${operation === 'READ' ? '"snapshot":true,' : ''}`;
    page.template`"thread":${String(origin.thread)},"version":${versionText(origin.version)}},"operation":"${operation}","order":${member.order},`;
    page.template`${texts.version}"sequence":${member.sequence},${texts.source}${key},${texts.table}"timestamp":${timeText(change.timestamp)},`;
    page.template`"transactionId":${transactionText(member.transactionId)}}`;
    return { eventId, database, table, operation, body: page.text(), sealedValues: null };
  };
  return (given, member, plan) => {
    if (!plan?.sealing) return write(given, member, plan, given);
    const { change, valuesOf } = seal(given, member, plan.sealing);
    const written = write(change, member, plan, given);
    return { ...written, sealedValues: valuesOf(written.eventId) };
  };
}

const quoted = (value: string): string => JSON.stringify(value);

/** Remembers what it wrote last. */
function lastText<Value>(write: (value: Value) => string): (value: Value) => string {
  let last: { readonly value: Value; readonly text: string } | undefined;
  return (value) => {
    if (last === undefined || last.value !== value) last = { value, text: write(value) };
    return last.text;
  };
}

/** What every event of a table has, as members of its JSON, each with what stands between it and the next. */
interface TableTexts {
  readonly ghost: string;
  readonly version: string;
  readonly source: string;
  readonly table: string;
}

function makeTableTexts() {
  const known = new WeakMap<RowPlan, TableTexts>();
  return ({ database, table }: Change, source: string, plan: RowPlan | undefined): TableTexts => {
    const found = plan && known.get(plan);
    if (found) return found;
    const texts = {
      ghost: plan?.ghostOf == null ? '' : `"ghostOf":${quoted(plan.ghostOf)},`,
      version: `"schemaVersion":${quoted(`${database}.${table}:${plan?.version ?? 0}`)},`,
      source: `"source":{"database":${quoted(database)},"name":${quoted(source)},"primaryKey":`,
      table: `"table":${quoted(table)}},`,
    };
    if (plan) known.set(plan, texts);
    return texts;
  };
}

/** Most often the transaction's id is its GTID, and is not written twice. */
const gtidText = (gtid: string | null, transactionId: string): string =>
  gtid === transactionId ? '' : `"gtid":${JSON.stringify(gtid)},`;

/** Only applications that say who they act for have it. */
const contextText = ({ context }: RawRow['origin']): string => (context ? `"context":${canonicalJson(context)},` : '');

/** The sequence of a change event that was written already, for one that moved back because another record came before it. */
export const renumber = (change: WrittenChange, sequence: number): WrittenChange => ({
  ...change,
  // Values are texts, so no other member has this name and a number.
  body: change.body.replace(/"sequence":\d+/, `"sequence":${sequence}`),
});

/** The columns whose value may stand for another one, if there are any: most tables have no such column. */
function doubtText({ before, after, operation, atDefault }: Change, plan: RowPlan | undefined): string {
  const doubts = plan?.doubts ?? [];
  if (doubts.length === 0 && !atDefault) return '';
  const isSnapshot = operation === 'READ';
  const names = doubts
    .filter(
      ({ name, isDoubtful }) =>
        (after && isDoubtful(valueIn(after, name), isSnapshot)) ||
        (before && isDoubtful(valueIn(before, name), isSnapshot)),
    )
    .map(({ name }) => name);
  if (names.length === 0 && !atDefault) return '';
  return `"doubtful":${canonicalJson([...new Set([...names, ...(atDefault ?? [])])].sort())},`;
}

/** A snapshot row is the same row whenever it is read, so its id comes from its key; a change has its place in its transaction. */
function eventIdOf(
  { operation, database, table, origin }: Change,
  { source, transactionId, order, readIn }: Membership,
  key: string,
): string {
  if (operation !== 'READ' || key === '{}') return identify('change', source, transactionId, order);
  return identify('snapshot row', source, readIn ?? `${origin.file}:${origin.position}`, database, table, key);
}
