import { canonicalJson } from '@overlay/evidence';
import type { BusinessEvent, DenseRecord } from '@overlay/model';
import { sum } from '@overlay/packs';
import type { ClientBase } from 'pg';
import type { LedgerOf } from './ledger.ts';
import { type DailyRollup, EVENTS, quote } from './pack-views.ts';

/** A roll-up and the name of its view, which is its own. */
interface NamedRollup {
  readonly name: string;
  readonly rollup: DailyRollup;
}

/** What is to be added: the value of a measure of one roll-up, group and stretch of time that lies in one day of every zone. */
interface Addition {
  readonly name: string;
  readonly timeZone: string;
  readonly source: string;
  readonly at: string;
  readonly key: string | null;
  readonly label: string | null;
  readonly measure: string;
  readonly value: string;
}

/** Days of zones begin on quarter hours. */
const QUARTER_MS = 15 * 60 * 1000;
/** Longer keys of groups are cut: an index holds them. */
const KEY_LENGTH_MAX = 200;
const NUMBER = /^[+-]?[0-9]{1,80}(?:[.][0-9]{1,40})?$/;

/** Adds events that land to the days of every roll-up. The order in which they come makes no difference. */
export const rollUp: NonNullable<LedgerOf<BusinessEvent>['alsoLand']> = async (client, records) => {
  // Read here, where the rows are in: a roll-up that comes later counts them itself.
  const { rows } = await client.query<NamedRollup>(
    'select view_name as name, rollup from audit.pack_views where rollup is not null',
  );
  if (rows.length === 0) return;
  const additions = additionsOf(
    rows,
    records.map(({ record }) => record),
  );
  if (additions.length === 0) return;
  const values = <Value>(of: (addition: Addition) => Value): Value[] => additions.map(of);
  await client.query(
    addTo(`unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::numeric[])
      as added (name, zone, source, moment, key, label, measure, value)`),
    [
      values(({ name }) => name),
      values(({ timeZone }) => timeZone),
      values(({ source }) => source),
      values(({ at }) => at),
      values(({ key }) => key),
      values(({ label }) => label),
      values(({ measure }) => measure),
      values(({ value }) => value),
    ],
  );
};

/** Counts a roll-up anew from all events that are there. The caller keeps events from landing meanwhile. */
export async function fillRollup(client: ClientBase, { name, rollup }: NamedRollup): Promise<void> {
  await client.query('delete from audit.daily_rollups where view_name = $1', [name]);
  const field = (path: string | undefined): string =>
    path === undefined ? 'null' : `analyst.field(body, 'payload', ${quote(path)})`;
  const measures = Object.entries(rollup.measures).map(
    ([measure, path]) => `(${quote(measure)}, analyst.numeric_or_null(${field(path)}))`,
  );
  await client.query(
    addTo(`(select ${quote(name)} as name, ${quote(rollup.timeZone)} as zone, source, commit_time as moment, ${field(rollup.by)} as key,
        case when measure = ${quote(EVENTS)} then ${field(rollup.label)} end as label, measure, value
      from audit.business_events cross join lateral (values ${[`(${quote(EVENTS)}, 1)`, ...measures].join(', ')}) as measured (measure, value)
      where event_type = ${quote(rollup.event)} and value is not null) added`),
  );
}

/** A group's label stands beside its number of events; of several the one that sorts last stays, whichever came first. */
const addTo = (added: string): string =>
  `insert into audit.daily_rollups as kept (view_name, source, day, group_key, group_label, measure, value)
    select name, source, (moment at time zone zone)::date, left(key, ${KEY_LENGTH_MAX}), max(label collate "C"), measure, sum(value)
      from ${added} group by 1, 2, 3, 4, 6
    on conflict (view_name, day, source, group_key, measure) do update
      set value = kept.value + excluded.value, group_label = greatest(kept.group_label collate "C", excluded.group_label)`;

/** What records add to roll-ups, by quarter hour and group. */
function additionsOf(
  rollups: readonly NamedRollup[],
  records: readonly DenseRecord<BusinessEvent>[],
): readonly Addition[] {
  const byEvent = Map.groupBy(rollups, ({ rollup }) => rollup.event);
  const groups = new Map<string, Group>();
  for (const record of records)
    for (const { type, payload } of record.items)
      for (const named of byEvent.get(type) ?? []) addEvent(groups, named, record, payload);
  return [...groups.values()].flatMap(({ name, timeZone, source, at, key, label, values }) =>
    [...values].map(([measure, texts]) => {
      const labelled = measure === EVENTS ? label : null;
      return { name, timeZone, source, at, key, label: labelled, measure, value: sum(texts) };
    }),
  );
}

interface Group extends Omit<Addition, 'measure' | 'value'> {
  label: string | null;
  readonly values: Map<string, string[]>;
}

function addEvent(
  groups: Map<string, Group>,
  { name, rollup }: NamedRollup,
  { source, timestamp }: DenseRecord<BusinessEvent>,
  payload: BusinessEvent['payload'],
): void {
  const { by, label, timeZone, measures } = rollup;
  const at = new Date(Math.floor(Date.parse(timestamp) / QUARTER_MS) * QUARTER_MS).toISOString();
  const key = by === undefined ? null : textOf(payload[by]);
  const place = JSON.stringify([name, source, at, key]);
  const group = groups.get(place) ?? { name, timeZone, source, at, key, label: null, values: new Map() };
  groups.set(place, group);
  const add = (measure: string, text: string | null): void => {
    if (text === null || !NUMBER.test(text)) return;
    const texts = group.values.get(measure);
    if (texts) texts.push(text);
    else group.values.set(measure, [text]);
  };
  add(EVENTS, '1');
  for (const [measure, path] of Object.entries(measures)) add(measure, textOf(payload[path]));
  const own = label === undefined ? null : textOf(payload[label]);
  if (own !== null && (group.label === null || isAfter(own, group.label))) group.label = own;
}

/** The text of a payload's field as `analyst.field` gives it: null also for text that Postgres cannot show. */
function textOf(value: BusinessEvent['payload'][string] | undefined): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') return canonicalJson(value);
  return value.includes('\0') || !value.isWellFormed() ? null : value;
}

/** The order of Postgres's collation C: by bytes. */
const isAfter = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0;
