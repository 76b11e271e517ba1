import {
  type EventField,
  type EventType,
  eventTypesOf,
  eventViewName,
  type Pack,
  type Rollup,
  rollupViewName,
} from '@overlay/packs';

export interface ViewColumn {
  readonly name: string;
  /** Postgres's name of the type. */
  readonly type: string;
  readonly expression: string;
  readonly comment: string;
}

/** A view of schema `analyst`, as a pack describes it. */
export interface PackView {
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly ViewColumn[];
  /** What stands after `from`. */
  readonly from: string;
  /** The type of the events that are its rows; null of a roll-up. */
  readonly event: string | null;
  /** Of a roll-up: what its table is kept up by. */
  readonly rollup: DailyRollup | null;
}

/** A roll-up of a pack with what it needs to be kept up. */
export type DailyRollup = Rollup & { readonly timeZone: string };

/** The measure that counts. */
export const EVENTS = 'events';

/** Every view that a pack gives analysts: one for each type of event, then one for each roll-up. */
export function packViewsOf(pack: Pack): readonly PackView[] {
  const types = eventTypesOf(pack);
  return [
    ...types.map((type) => eventViewOf(pack, type)),
    ...pack.rollups.map((rollup) =>
      rollupViewOf(
        pack,
        rollup,
        types.find(({ type }) => type === rollup.event),
      ),
    ),
  ];
}

function eventViewOf({ name, timeZone }: Pack, { type, fields }: EventType): PackView {
  const occurred = fields.filter((field) => field.name === 'occurred_at').map(() => occurredAt(timeZone));
  const own = [...BEFORE, ...occurred, ...AFTER];
  const taken = new Set([...own.map((column) => column.name), 'occurred_at', 'has_unshowable_text']);
  const payload = fields
    .filter((field) => field.name !== 'occurred_at')
    .map((field) => {
      const column = fieldColumn(field, taken);
      taken.add(column.name);
      return column;
    });
  return {
    name: eventViewName(type),
    comment: `Every ${type} of the pack ${name}, one row each`,
    columns: [...own, ...payload, HAS_UNSHOWABLE_TEXT],
    from: `audit.current_business_events where event_type = ${quote(type)}`,
    event: type,
    rollup: null,
  };
}

/** How the JSON text of a payload's field becomes the type that the pack declares; null where it does not fit. */
const TYPES: Readonly<Record<EventField['type'], { readonly type: string; readonly or: string }>> = {
  text: { type: 'text', or: '' },
  integer: { type: 'bigint', or: 'analyst.integer_or_null' },
  numeric: { type: 'numeric', or: 'analyst.numeric_or_null' },
  boolean: { type: 'boolean', or: 'analyst.boolean_or_null' },
  timestamptz: { type: 'timestamp with time zone', or: 'analyst.instant_or_null' },
  local_time: { type: 'timestamp without time zone', or: 'analyst.local_time_or_null' },
  json: { type: 'json', or: '' },
};

/** A field of the payload; one that is called as a column that every view has is called `payload_...`. */
function fieldColumn({ name, type, comment }: EventField, taken: ReadonlySet<string>): ViewColumn {
  let column = name;
  while (taken.has(column)) column = `payload_${column}`;
  const read = type === 'json' ? 'analyst.json_field' : 'analyst.field';
  const text = `${read}(body, 'payload', ${quote(name)})`;
  return {
    name: column,
    type: TYPES[type].type,
    expression: TYPES[type].or === '' ? text : `${TYPES[type].or}(${text})`,
    comment: comment ?? 'As the rule gives it: the pack declares no type for it',
  };
}

const column = (name: string, type: string, expression: string, comment: string): ViewColumn => ({
  name,
  type,
  expression,
  comment,
});

const SOURCE = column('source', 'text', 'source', 'Name of the audited database');

const BEFORE = [
  column('event_id', 'uuid', 'event_id', 'Id of the business event'),
  SOURCE,
  column(
    'sequence',
    'bigint',
    'sequence',
    "The transaction's place in its source's commit order, from 1 without holes",
  ),
  column(
    'committed_at',
    'timestamp with time zone',
    'commit_time',
    'When the transaction committed at the source (UTC instant); filter by it, for events are stored by week',
  ),
];

const AFTER = [
  column('entity_type', 'text', 'entity_type', 'Kind of thing that it happened to'),
  column('entity_id', 'text', 'entity_id', 'Key of the thing that it happened to; found fast together with its kind'),
  column('actor_id', 'text', 'actor_id', 'Key of the user who did it, where the rows say so'),
  column('actor', 'text', 'actor_label', 'Name of the user who did it, where known'),
  column('actor_grade', 'text', 'actor_grade', 'How sure the actor is: exact, corroborated, inferred or unknown'),
  column('confidence', 'real', 'confidence', 'How surely the row changes mean this event, 0 to 1'),
];

const HAS_UNSHOWABLE_TEXT = column(
  'has_unshowable_text',
  'boolean',
  'analyst.has_unshowable_text(body)',
  'True when the payload holds text that Postgres cannot show, such as a NUL: that value is null in its column',
);

/** The source wrote a wall clock's reading or an instant; an instant is shown by the clock of the pack's zone. */
function occurredAt(timeZone: string): ViewColumn {
  const text = "analyst.field(body, 'payload', 'occurred_at')";
  return column(
    'occurred_at',
    'timestamp without time zone',
    `coalesce(analyst.local_time_or_null(${text}), analyst.instant_or_null(${text}) at time zone ${quote(timeZone)})`,
    `When it happened by the business's own clock, as that clock showed it (${timeZone})`,
  );
}

function rollupViewOf(pack: Pack, rollup: Rollup, type: EventType | undefined): PackView {
  const name = rollupViewName(rollup);
  const { event, by, label, measures } = rollup;
  const fieldOf = (wanted: string): EventField | undefined => type?.fields.find((field) => field.name === wanted);
  const ofMeasure = (measure: string): string => `max(value) filter (where measure = ${quote(measure)})`;
  const groups = by === undefined ? [] : [groupColumn(by, fieldOf(by))];
  const labels =
    label === undefined ? [] : [column(label, 'text', 'max(group_label)', commentOf(label, fieldOf(label)))];
  return {
    name,
    comment: `How often ${event} happened${by === undefined ? '' : `, by ${by}`}, one row for each source and day that has any`,
    columns: [
      SOURCE,
      column('day', 'date', 'day', `Day of the commit in ${pack.timeZone}`),
      ...groups,
      ...labels,
      column('events', 'bigint', `(${ofMeasure(EVENTS)})::bigint`, `Number of events of type ${event}`),
      ...Object.entries(measures).map(([measure, field]) =>
        column(measure, 'numeric', ofMeasure(measure), `Sum of ${field}: ${commentOf(field, fieldOf(field))}`),
      ),
    ],
    from: `audit.daily_rollups where view_name = ${quote(name)} group by source, day, group_key`,
    event: null,
    rollup: { ...rollup, timeZone: pack.timeZone },
  };
}

function groupColumn(by: string, field: EventField | undefined): ViewColumn {
  const { type, or } = TYPES[field?.type ?? 'text'];
  return column(by, type, or === '' ? 'group_key' : `${or}(group_key)`, commentOf(by, field));
}

const commentOf = (name: string, field: EventField | undefined): string => field?.comment ?? name;

export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
