import { isDeepStrictEqual } from 'node:util';
import type { ActLine } from '@overlay/generator';
import type { BusinessEvent, UnexplainedChange } from '@overlay/model';
import type { Expected, Outcome } from './expected.ts';
import { type FoundRow, rowMistakes } from './judge-rows.ts';

/** What stands in the record of one transaction. */
export interface Found {
  readonly events: readonly BusinessEvent[];
  readonly unexplained: readonly Pick<UnexplainedChange, 'table' | 'operation' | 'rows'>[];
  readonly rows: readonly FoundRow[];
}

/** Counts over all acts that were judged. */
export interface Tally {
  acts: number;
  readonly actsByName: Record<string, number>;
  rows: number;
  /** Events that had to come, that came, and those of the latter that are one of the former. */
  expected: number;
  found: number;
  matched: number;
  /** Fields of matched events that hold something else than the truth. */
  payload_errors: number;
  /** Rows that no event may rest on, and those that none does. */
  unexplained_expected: number;
  unexplained_found: number;
  /** Places, a table and an operation of a transaction, where these two differ. */
  unexplained_errors: number;
  /** Events and rows that do not rest on each other as they must. */
  source_errors: number;
}

export const noTally = (): Tally => ({
  ...{ acts: 0, actsByName: {}, rows: 0, expected: 0, found: 0, matched: 0, payload_errors: 0 },
  ...{ unexplained_expected: 0, unexplained_found: 0, unexplained_errors: 0, source_errors: 0 },
});

/** Fields that are not compared with a truth, each with the reason. Whether they are there is judged by hand below. */
const NOT_JUDGED: ReadonlySet<string> = new Set([
  // Prose of the pack: that there are doubts exactly where the confidence is below 1 is judged.
  'doubts',
]);

/** Compares what came of acts with what had to, adds to the tally, and says of each mistake what it is. */
export function makeJudge(expect: (line: ActLine) => Outcome, tally: Tally, complain: (mistake: string) => void) {
  return {
    /** Of the next act. */
    judge: (line: ActLine, found: Found): void => {
      const outcome = expect(line);
      const mistake = (text: string): void =>
        complain(`${line.act} of ${line.at} ${JSON.stringify(line.keys)}: ${text}`);
      tally.acts += 1;
      tally.actsByName[line.act] = (tally.actsByName[line.act] ?? 0) + 1;
      tally.rows += line.rows.length;
      judgeEvents(outcome.events, found.events, line.at, tally, mistake);
      judgeUnexplained(outcome.unexplained, found.unexplained, tally, mistake);
      for (const text of rowMistakes(line, found.rows, found.events, outcome.unexplained)) {
        tally.source_errors += 1;
        mistake(text);
      }
    },
    /** Of a transaction that is no act: nothing may come of it. */
    judgeStray: (at: string, { events, unexplained }: Found): void => {
      const mistake = (text: string): void => complain(`a transaction of ${at} that is no act: ${text}`);
      judgeEvents([], events, at, tally, mistake);
      judgeUnexplained(new Map(), unexplained, tally, mistake);
    },
  };
}

type Complain = (text: string) => void;

const nameOf = ({ type, entityType, entityId }: Pick<Expected, 'type' | 'entityType' | 'entityId'>): string =>
  `${type} of ${entityType}:${entityId}`;

function judgeEvents(
  expected: readonly Expected[],
  found: readonly BusinessEvent[],
  at: string,
  tally: Tally,
  mistake: Complain,
): void {
  tally.expected += expected.length;
  tally.found += found.length;
  const open = new Map<string, BusinessEvent[]>();
  for (const event of found) {
    const name = nameOf(event);
    const others = open.get(name);
    if (others) others.push(event);
    else open.set(name, [event]);
  }
  for (const wanted of expected) {
    const event = open.get(nameOf(wanted))?.shift();
    if (event === undefined) {
      mistake(`${nameOf(wanted)} is missing`);
      continue;
    }
    tally.matched += 1;
    for (const [field, value, truth] of wrongFields(wanted, event, at)) {
      tally.payload_errors += 1;
      mistake(`${nameOf(wanted)}: ${field} is ${JSON.stringify(value)}, not ${JSON.stringify(truth)}`);
    }
  }
  for (const [name, events] of open) for (const { rule } of events) mistake(`${name} is unfounded, by rule ${rule}`);
}

/** Name, value and truth of each field that is wrong. */
function wrongFields(wanted: Expected, event: BusinessEvent, at: string): [string, unknown, unknown][] {
  const wrong: [string, unknown, unknown][] = [];
  const compare = (field: string, value: unknown, truth: unknown): void => {
    if (value !== truth && !isDeepStrictEqual(value, truth)) wrong.push([field, value, truth]);
  };
  compare('timestamp', event.timestamp, at);
  compare('actor.id', event.actor.id, wanted.actor.id);
  compare('actor.label', event.actor.label, wanted.actor.label);
  compare('confidence', event.confidence, wanted.confidence);
  compare('has doubts', 'doubts' in event.payload, wanted.confidence < 1);
  for (const field in wanted.payload) compare(field, event.payload[field], wanted.payload[field]);
  for (const field in event.payload)
    if (!(field in wanted.payload) && !NOT_JUDGED.has(field)) compare(field, event.payload[field], undefined);
  return wrong;
}

function judgeUnexplained(
  expected: ReadonlyMap<string, number>,
  found: Found['unexplained'],
  tally: Tally,
  mistake: Complain,
): void {
  if (expected.size === 0 && found.length === 0) return;
  const counts = new Map(found.map(({ table, operation, rows }) => [`${table} ${operation}`, rows]));
  for (const rows of expected.values()) tally.unexplained_expected += rows;
  for (const rows of counts.values()) tally.unexplained_found += rows;
  for (const place of new Set([...expected.keys(), ...counts.keys()])) {
    const [truth, value] = [expected.get(place) ?? 0, counts.get(place) ?? 0];
    if (truth === value) continue;
    tally.unexplained_errors += 1;
    mistake(`${value} rows of ${place} are unexplained, not ${truth}`);
  }
}
