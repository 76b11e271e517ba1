import { type Anomaly, type Fact, TRANSACTION_GRADES } from '@overlay/model';
import { type Coverage, type DayFacts, SEVERITIES, type SectionFacts } from './day-facts.ts';
import { FactTable } from './fact-table.ts';
import { printNumber, rowText } from './figures.ts';
import { dayName, makeZone, type Zone } from './zone.ts';

/** Text for people with the facts that it states; what a narrative is made of. */
export interface Told {
  readonly title: string;
  readonly text: string;
  readonly facts: readonly Fact[];
}

/** A line of a block: a name, a number that stands under the numbers above it, and what follows it. */
interface Line {
  readonly name: string;
  readonly figure: string;
  readonly rest: string;
}

/**
 * The whole daily report by template, headings first, record of the log last. Every figure in the text is the value of one of the facts,
 * and the same facts give the same text. `prose` (checked already) stands between the title and the figures.
 */
export function renderDailySummary(day: DayFacts, prose?: string): Told {
  const table = new FactTable();
  const zone = makeZone(day.timeZone);
  table.add('Day', day.day);
  table.add('Day in words', dayName(day.day));
  const title = `${rowText(day.title)}, ${dayName(day.day)}`;
  const blocks = [
    [`Source ${rowText(day.source)}, day in ${day.timeZone}`, ...(prose === undefined ? [] : ['', prose])],
    ...sectionBlocks(table, day.sections),
    anomalyBlock(table, day, zone),
    recordBlock(table, day.coverage),
  ];
  const text = blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
  return { title, text, facts: table.facts };
}

function sectionBlocks(table: FactTable, sections: readonly SectionFacts[]): readonly (readonly string[])[] {
  const [grouped, single] = [sections.filter(({ groupCount }) => groupCount > 0), sections.filter(isSingle)];
  const headlines = single.map((section) => headline(table, section));
  return [aligned(headlines), ...grouped.map((section) => groupBlock(table, section))];
}

const isSingle = ({ groupCount }: SectionFacts): boolean => groupCount === 0;

function headline(table: FactTable, { title, unit, total }: SectionFacts): Line {
  const fact = table.add(title, total.value, unit, total.eventIds);
  return { name: title, ...printed(fact), rest: restOf(table, fact, total.unreadable) };
}

/** Events that could not be counted are said where they are missing. */
function restOf(table: FactTable, fact: Fact, unreadable: number): string {
  if (unreadable === 0) return fact.unit ?? '';
  const left = table.add(`Not a number in ${fact.label}`, unreadable, 'events');
  return `${fact.unit ?? ''} (without ${printed(left).figure} events whose amount is no number)`.trim();
}

function groupBlock(table: FactTable, { title, unit, groups, groupCount }: SectionFacts): readonly string[] {
  const lines = groups.map((group) => {
    const name = rowText(group.name ?? '') || '(none)';
    const fact = table.add(`${title}: ${name}`, group.value, unit, group.eventIds);
    return { name, ...printed(fact), rest: restOf(table, fact, group.unreadable) };
  });
  if (groupCount <= groups.length) return [title, ...aligned(lines)];
  const [shown, all] = [table.add(`Shown of ${title}`, groups.length), table.add(`All of ${title}`, groupCount)];
  return [`${title} (the first ${printed(shown).figure} of ${printed(all).figure})`, ...aligned(lines)];
}

const printed = ({ value }: Fact): { figure: string } => ({ figure: printNumber(value) });

function anomalyBlock(table: FactTable, { anomalies: { bySeverity, top } }: DayFacts, zone: Zone): readonly string[] {
  const counts = SEVERITIES.filter((severity) => bySeverity[severity].count > 0).map((severity) => {
    const { count, ids } = bySeverity[severity];
    return `${printed(table.add(`Anomalies, ${severity}`, count, 'anomalies', ids)).figure} ${severity}`;
  });
  if (counts.length === 0) return ['Anomalies: none'];
  return [`Anomalies: ${counts.join(', ')}`, ...top.flatMap((anomaly) => anomalyLines(table, anomaly, zone))];
}

function anomalyLines(table: FactTable, anomaly: Anomaly, zone: Zone): readonly string[] {
  const { severity, entityType, timestamp, anomalyId } = anomaly;
  const name = rowText(anomaly.entityLabel ?? anomaly.entityId);
  const reason = rowText(anomaly.reasons[0] ?? `${anomaly.detector} found it`, 240);
  const at = table.add(`Time of the anomaly of ${entityType} ${name}`, clockOf(zone, timestamp), null, [anomalyId]);
  table.add(`Reason of the anomaly of ${entityType} ${name}`, reason, null, [anomalyId]);
  return [`  ${severity.padEnd(8)}  ${at.value}  ${entityType} ${name}`, `            ${reason}`];
}

const clockOf = (zone: Zone, timestamp: string): string => zone.timeOf(timestamp).split(' ')[1] ?? timestamp;

function recordBlock(table: FactTable, coverage: Coverage): readonly string[] {
  const line = (name: string, value: number): Line => ({ name, ...printed(table.add(name, value)), rest: '' });
  const lines = [
    line('Transactions', coverage.transactions),
    line('Row changes', coverage.changeEvents),
    line('Business events', coverage.businessEvents),
    unexplainedLine(table, coverage),
    line('Transactions set aside', coverage.setAside),
  ];
  return ['Record', ...aligned(lines), ...actorLines(table, coverage), ...coverageLines(table, coverage)];
}

function unexplainedLine(table: FactTable, { judgedChanges, unexplainedChanges }: Coverage): Line {
  const name = 'Row changes no rule explains';
  const figure = printed(table.add(name, unexplainedChanges)).figure;
  if (unexplainedChanges === 0 || judgedChanges === 0) return { name, figure, rest: '' };
  const share = table.add(`Share of ${name}`, ((100 * unexplainedChanges) / judgedChanges).toFixed(1), '%');
  return { name, figure, rest: `(${printed(share).figure} % of those in transactions)` };
}

/** How many transactions have an actor of which grade, and what share of them that is. */
function actorLines(table: FactTable, { actors }: Coverage): readonly string[] {
  const all = TRANSACTION_GRADES.reduce((sum, grade) => sum + actors[grade], 0);
  const shares = TRANSACTION_GRADES.filter((grade) => actors[grade] > 0).map((grade) => {
    const name = `Transactions whose actor is ${grade}`;
    const count = printed(table.add(name, actors[grade])).figure;
    const share = printed(table.add(`Share of ${name}`, ((100 * actors[grade]) / all).toFixed(1), '%')).figure;
    return `${count} ${grade} (${share} %)`;
  });
  return shares.length === 0 ? [] : [`  Actors of transactions: ${shares.join(', ')}.`];
}

function coverageLines(table: FactTable, coverage: Coverage): readonly string[] {
  const { first, last, missing, gaps } = coverage;
  const figure = (label: string, value: number): string => printed(table.add(label, value)).figure;
  if (first === null || last === null) return ['  Nothing of this day has been counted.'];
  const range = `Sequences ${figure('First sequence', first)} to ${figure('Last sequence', last)}`;
  const holes = [
    ...(missing > 0 ? [`${figure('Sequences missing', missing)} missing`] : []),
    ...(gaps > 0 ? [`${figure('Gaps on record', gaps)} on record as gaps`] : []),
  ];
  return [`  ${range}, ${holes.length === 0 ? 'nothing missing' : holes.join(', ')}.`];
}

function aligned(lines: readonly Line[]): readonly string[] {
  const nameWidth = Math.max(...lines.map(({ name }) => width(name)));
  const figureWidth = Math.max(...lines.map(({ figure }) => width(figure)));
  return lines.map(({ name, figure, rest }) =>
    `  ${name}${' '.repeat(nameWidth - width(name))}  ${figure.padStart(figureWidth)} ${rest}`.trimEnd(),
  );
}

const width = (text: string): number => [...text].length;
