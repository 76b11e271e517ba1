import {
  makeZone,
  printNumber,
  rowText,
  type Trace,
  type TracedChange,
  type TracedTransaction,
  type Zone,
} from '@overlay/api';
import type { BusinessEvent, Json } from '@overlay/model';
import { cleanLine, type Paint } from '../io.ts';
import { entityText } from './anomalies.ts';
import { tableLines } from './table.ts';
import { type Node, treeLines } from './tree.ts';
import { changeTextOf, keyText, quotedText, valueText, whoText } from './values.ts';
import { plural, scoreText, shortId, styleOf } from './words.ts';

type Anomaly = NonNullable<Trace['anomaly']>;

/** Parts of a list that are shown at most. */
const PARTS_MAX = 20;
/** Characters of a reason that are shown at most. */
const REASON_LENGTH_MAX = 400;

interface Look {
  readonly zone: Zone;
  readonly paint: Paint;
}

/** The trace as a tree: what was asked for, the transactions under it, the rows under these, and what else each transaction gave. */
export function traceLines(trace: Trace, paint: Paint): readonly string[] {
  const look: Look = { zone: makeZone(trace.timeZone), paint };
  const more = trace.others.map(({ label, id, sequence }) => `  ${label}  ${id}  sequence ${sequence}`);
  const left = plural(trace.transactionsLeftOut, 'more transaction', 'more transactions');
  return [
    ...treeLines(rootOf(trace, look)),
    ...(trace.transactionsLeftOut > 0 ? ['', `It rests on ${left} that are not shown.`] : []),
    ...(more.length > 0 ? ['', 'The same id also names:', ...more.map(cleanLine)] : []),
  ];
}

function rootOf({ found, anomaly, transactions }: Trace, look: Look): Node {
  const under = (asked: Asked): readonly Node[] =>
    transactions.map((transaction) => transactionNode(transaction, asked, look));
  if (anomaly) return { lines: anomalyLines(anomaly, look), children: under({ anomalyId: anomaly.anomalyId }) };
  const [own] = transactions;
  const event = own?.businessEvents.find(({ eventId }) => eventId === found.id);
  if (event) return { lines: eventLines(event, look), children: under({ event }) };
  const change = own?.changes.find(({ eventId }) => eventId === found.id);
  if (change) return { lines: changeLines(change, look), children: under({ change }) };
  return own ? transactionNode(own, {}, look) : { lines: [`${found.kind} ${found.id}`], children: [] };
}

/** What stands at the root already, so that the transaction under it shows the rest. */
interface Asked {
  readonly anomalyId?: string;
  readonly event?: BusinessEvent;
  readonly change?: TracedChange;
}

function transactionNode(transaction: TracedTransaction, asked: Asked, look: Look): Node {
  const changes = transaction.changes.filter(({ eventId }) => eventId !== asked.change?.eventId);
  const ofAsked = new Set(asked.event?.sourceEventIds);
  const claimed = new Set(ofAsked);
  const events = transaction.businessEvents
    .filter(({ eventId }) => eventId !== asked.event?.eventId)
    .map((event) => {
      const own = changes.filter(({ eventId }) => event.sourceEventIds.includes(eventId) && !claimed.has(eventId));
      for (const { eventId } of own) claimed.add(eventId);
      return { lines: eventLines(event, look), children: own.map((change) => changeNode(change, look)) };
    });
  const anomalies = transaction.anomalies
    .filter(({ anomalyId }) => anomalyId !== asked.anomalyId)
    .map((anomaly) => ({ lines: anomalyLines(anomaly, look), children: [] }));
  const hidden = transaction.changeCount - transaction.changes.length;
  return {
    lines: transactionLines(transaction, look),
    children: [
      ...changes.filter(({ eventId }) => ofAsked.has(eventId)).map((change) => changeNode(change, look)),
      ...events,
      ...changes.filter(({ eventId }) => !claimed.has(eventId)).map((change) => changeNode(change, look)),
      ...(hidden > 0 ? [{ lines: [plural(hidden, 'more row change', 'more row changes')], children: [] }] : []),
      ...anomalies,
    ],
  };
}

function transactionLines(transaction: TracedTransaction, { zone, paint }: Look): readonly string[] {
  const { source, sequence, kind, transactionId, file, position, changeCount, faults } = transaction;
  const id = cleanLine(transactionId);
  const who = kind === 'transaction' || kind === 'repair' ? `, ${whoText(transaction.actors)}` : '';
  return [
    `${paint('bold', kind === 'set_aside' ? 'transaction set aside' : kind)} ${id}`,
    `sequence ${printNumber(String(sequence))} of ${cleanLine(source)}, committed ${zone.timeOf(transaction.timestamp)}${who}`,
    `${file === null ? 'place in the binary log not known' : `${cleanLine(file)} at ${position}`}, ${gtidText(transaction)}, ${plural(changeCount, 'row change', 'row changes')}`,
    ...faults.map(
      ({ stage, code, detail, topic, partition, offset }) =>
        `${stage} could not read ${topic}/${partition} at ${offset}: ${code}, ${cleanLine(detail)}`,
    ),
  ];
}

function gtidText({ gtid, transactionId }: TracedTransaction): string {
  if (gtid === null) return 'no GTID';
  return gtid === transactionId ? 'GTID as above' : `GTID ${cleanLine(gtid)}`;
}

function anomalyLines(anomaly: Anomaly, { zone, paint }: Look): readonly string[] {
  const style = styleOf(anomaly.severity);
  const severity = style === undefined ? anomaly.severity : paint(style, anomaly.severity);
  return [
    `${paint('bold', 'anomaly')} ${severity}, score ${scoreText(anomaly.score)}: ${entityText(anomaly)}`,
    `by ${cleanLine(anomaly.detector)} version ${anomaly.detectorVersion}, ${zone.timeOf(anomaly.timestamp)}, case ${shortId(anomaly.caseId)}`,
    `id ${anomaly.anomalyId}`,
    ...anomaly.reasons.map((reason) => rowText(reason, REASON_LENGTH_MAX)),
  ];
}

function eventLines(event: BusinessEvent, { zone, paint }: Look): readonly string[] {
  const { actor, payload } = event;
  const rows = Object.entries(payload).flatMap(([name, value]) =>
    partsOf(value).map((text, index) => [{ text: index === 0 ? cleanLine(name) : '' }, { text }]),
  );
  return [
    `${paint('bold', cleanLine(event.type))} ${rowText(event.entityType)} ${rowText(event.entityId)}`,
    `${whoText([actor])}, ${zone.timeOf(event.timestamp)}, confidence ${event.confidence}, rule ${cleanLine(event.rule)} version ${event.ruleVersion}`,
    `id ${event.eventId}`,
    ...tableLines([{ title: '' }, { title: '' }], rows, paint).map((line) => `  ${line}`),
  ];
}

const changeNode = (change: TracedChange, look: Look): Node => ({ lines: changeLines(change, look), children: [] });

function changeLines(change: TracedChange, { paint }: Look): readonly string[] {
  const rows = change.columns.map((column) => [{ text: cleanLine(column.column) }, { text: changeTextOf(column) }]);
  return [
    `${paint('cyan', change.operation)} ${cleanLine(change.database)}.${cleanLine(change.table)} ${keyText(change.primaryKey)}`.trimEnd(),
    `${cleanLine(change.file)} at ${change.position}, row ${change.row}, change ${change.order}, schema ${cleanLine(change.schemaVersion)}, id ${change.eventId}`,
    ...tableLines([{ title: '' }, { title: '' }], rows, paint).map((line) => `  ${line}`),
  ];
}

/** A list of things is a line for each; anything else is one value. */
function partsOf(value: Json): readonly string[] {
  if (!isList(value) || value.length === 0) return [valueText(value)];
  const shown = value.slice(0, PARTS_MAX).map((part) => (isObject(part) ? fieldsText(part) : valueText(part)));
  return value.length > PARTS_MAX ? [...shown, `and ${value.length - PARTS_MAX} more`] : shown;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !isList(value);

const fieldsText = (fields: { readonly [key: string]: Json }): string =>
  Object.entries(fields)
    .map(([name, value]) => `${cleanLine(name)}=${quotedText(value)}`)
    .join(' ');
