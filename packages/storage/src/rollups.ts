import { canonicalJson } from '@overlay/evidence';
import type { BusinessEvent } from '@overlay/model';
import { sum } from '@overlay/packs';
import type { ClientBase } from 'pg';
import type { LedgerOf } from './ledger.ts';
import type { LogStretch } from './logged.ts';
import { type DailyRollup, EVENTS } from './pack-views.ts';

/** A roll-up and the name of its view, which is its own. */
export interface NamedRollup {
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

/** Events that are read at a time to count a roll-up anew. */
const FILL_ROWS = 5000;

/** Held by landings together, by who counts anew alone; who can do neither can hold none of them. */
const lockAs = (mode: 'row exclusive' | 'share row exclusive'): string =>
  `lock table audit.daily_rollups in ${mode} mode`;
const ROLLUPS = 'select view_name as name, rollup from audit.pack_views where rollup is not null';

/** Adds events that land to the days of every roll-up. The order in which they come makes no difference. */
export const rollUp: NonNullable<LedgerOf<BusinessEvent>['alsoLand']> = async (client, records) => {
  // First the lock, then the roll-ups: who counts anew meanwhile sees these events, or is done and has written the roll-ups that are read here.
  await client.query(lockAs('row exclusive'));
  const { rows } = await client.query<NamedRollup>(ROLLUPS);
  const written = records.map(({ record }) => record);
  if (rows.length > 0) await add(client, additionsOf(rows, written));
};

/** Counts the days of a stretch anew by the events that hold now. Landings wait until the transaction ends. */
export async function recountRollups(client: ClientBase, stretch: LogStretch): Promise<void> {
  const { rows } = await client.query<NamedRollup>(ROLLUPS);
  for (const [zone, rollups] of Map.groupBy(rows, ({ rollup }) => rollup.timeZone)) {
    const days = await client.query<Days>(
      `select $1 as source, (min(commit_time) at time zone $4)::date::text as first, (max(commit_time) at time zone $4)::date::text as last
        from audit.transactions where source = $1 and sequence between $2 and $3`,
      [stretch.source, stretch.from, stretch.to, zone],
    );
    await fillRollups(client, rollups, days.rows[0]);
  }
}

/** Days of a source, both ends among them; null when it has none. */
interface Days {
  readonly source: string;
  readonly first: string | null;
  readonly last: string | null;
}

/** Counts roll-ups anew, all of them of one zone when it is for some days only. Landings wait until the transaction ends. */
export async function fillRollups(client: ClientBase, rollups: readonly NamedRollup[], days?: Days): Promise<void> {
  if (rollups.length === 0) return;
  await client.query(lockAs('share row exclusive'));
  const given = days ? [days.source, days.first, days.last] : [];
  await client.query(
    `delete from audit.daily_rollups where view_name = any($1) ${days ? 'and source = $2 and day between $3::date and $4::date' : ''}`,
    [rollups.map(({ name }) => name), ...given],
  );
  await client.query(
    `declare events no scroll cursor for
      select source, commit_time, event_type, body from audit.current_business_events where event_type = any($1)
      ${days ? 'and source = $2 and commit_time >= $3::timestamp at time zone $5 and commit_time < ($4::date + 1)::timestamp at time zone $5' : ''}`,
    [rollups.map(({ rollup }) => rollup.event), ...given, ...(days ? [rollups[0]?.rollup.timeZone] : [])],
  );
  for (;;) {
    const { rows } = await client.query<StoredEvent>(`fetch ${FILL_ROWS} from events`);
    if (rows.length === 0) break;
    const records = rows.map(({ source, commit_time, event_type, body: { payload } }) => ({
      source,
      timestamp: commit_time.toISOString(),
      items: [{ type: event_type, payload }],
    }));
    await add(client, additionsOf(rollups, records));
  }
  await client.query('close events');
}

interface StoredEvent {
  readonly source: string;
  readonly commit_time: Date;
  readonly event_type: string;
  readonly body: Pick<BusinessEvent, 'payload'>;
}

/** A group's label stands beside its number of events; of several the one that sorts last stays, whichever came first. */
async function add(client: ClientBase, additions: readonly Addition[]): Promise<void> {
  if (additions.length === 0) return;
  const values = <Value>(of: (addition: Addition) => Value): Value[] => additions.map(of);
  await client.query(
    `insert into audit.daily_rollups as kept (view_name, source, day, group_key, group_label, measure, value)
      select name, source, (moment at time zone zone)::date, left(key, ${KEY_LENGTH_MAX}), max(label collate "C"), measure, sum(value)
        from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::numeric[])
          as added (name, zone, source, moment, key, label, measure, value)
        group by 1, 2, 3, 4, 6
      on conflict (view_name, day, source, group_key, measure) do update
        set value = kept.value + excluded.value, group_label = greatest(kept.group_label collate "C", excluded.group_label)`,
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
}

/** Of a record, what roll-ups look at. */
interface Countable {
  readonly source: string;
  readonly timestamp: string;
  readonly items: Iterable<Pick<BusinessEvent, 'type' | 'payload'>>;
}

/** What records add to roll-ups, by quarter hour and group. */
function additionsOf(rollups: readonly NamedRollup[], records: readonly Countable[]): readonly Addition[] {
  const byEvent = Map.groupBy(rollups, ({ rollup }) => rollup.event);
  const groups = new Map<string, Group>();
  for (const { source, timestamp, items } of records) {
    const quarter = Math.floor(Date.parse(timestamp) / QUARTER_MS);
    for (const { type, payload } of items)
      for (const named of byEvent.get(type) ?? []) addEvent(groupOf(groups, named, source, quarter, payload), payload);
  }
  return [...groups.values()].flatMap(additionsOfGroup);
}

function groupOf(
  groups: Map<string, Group>,
  named: NamedRollup,
  source: string,
  quarter: number,
  payload: BusinessEvent['payload'],
): Group {
  const { by } = named.rollup;
  const key = by === undefined ? null : textOf(payload[by]);
  const place = `${named.name} ${source} ${quarter} ${key === null ? '' : `=${key}`}`;
  const known = groups.get(place);
  if (known) return known;
  const group: Group = { named, source, quarter, key, label: null, events: 0, values: new Map() };
  groups.set(place, group);
  return group;
}

/** What is known of a group while records are gone through. */
interface Group {
  readonly named: NamedRollup;
  readonly source: string;
  readonly quarter: number;
  readonly key: string | null;
  label: string | null;
  events: number;
  readonly values: Map<string, string[]>;
}

function addEvent(group: Group, payload: BusinessEvent['payload']): void {
  const { label, measures } = group.named.rollup;
  group.events++;
  for (const measure in measures) {
    const text = textOf(payload[measures[measure] ?? '']);
    if (text === null || !NUMBER.test(text)) continue;
    const texts = group.values.get(measure);
    if (texts) texts.push(text);
    else group.values.set(measure, [text]);
  }
  const own = label === undefined ? null : textOf(payload[label]);
  if (own !== null && own !== group.label && (group.label === null || isAfter(own, group.label))) group.label = own;
}

function additionsOfGroup({ named, source, quarter, key, label, events, values }: Group): readonly Addition[] {
  const { name, rollup } = named;
  const at = new Date(quarter * QUARTER_MS).toISOString();
  const place = { name, timeZone: rollup.timeZone, source, at, key };
  const sums = [...values].map(([measure, texts]) => ({
    ...place,
    label: null,
    measure,
    value: sum(texts),
  }));
  return [{ ...place, label, measure: EVENTS, value: String(events) }, ...sums];
}

/** The text of a payload's field as `analyst.field` gives it: null also for text that Postgres cannot show. */
function textOf(value: BusinessEvent['payload'][string] | undefined): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') return canonicalJson(value);
  return value.includes('\0') || !value.isWellFormed() ? null : value;
}

/** The order of Postgres's collation C: by bytes. */
const isAfter = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0;
