import type { Database } from '../database.ts';
import type { DayRange } from './days.ts';
import { decimal, readable } from './sql.ts';

/** What a report's section counts or sums over the business events of a type; paths are fields of the payload. */
export interface SectionQuery {
  /** Null: events of every type, by type. */
  readonly eventType: string | null;
  /** The field to sum; null counts events. */
  readonly sum: string | null;
  readonly groupBy: string | null;
  readonly labelBy: string | null;
  /** Events whose field has one of these values do not count. */
  readonly except: { readonly field: string; readonly values: readonly string[] } | null;
  readonly top: number;
}

interface SectionValue {
  /** Exact decimal text. */
  readonly value: string;
  readonly events: number;
  /** The weightiest events, a few. */
  readonly eventIds: readonly string[];
  /** Events whose field is no number: the value is without them. */
  readonly unreadable: number;
}

export interface SectionValues {
  readonly total: SectionValue;
  /** By size of the value, the largest first, whatever its sign. */
  readonly groups: readonly (SectionValue & { readonly name: string | null })[];
  readonly groupCount: number;
}

interface SectionRow {
  is_total: boolean;
  name: string | null;
  value: string;
  events: string;
  unreadable: string;
  event_ids: string[];
  group_count: string;
}

/** Event ids kept for a value. */
const EVENT_IDS_MAX = 5;

/** A section with what it is called. */
export interface NamedSection extends SectionQuery {
  readonly id: string;
  readonly title: string;
  readonly unit: string | null;
}

/** `offset 0` keeps Postgres from computing a document or field again wherever it is used. */
/** One pass over the events of the stretch gives the total and the groups. Sums are Postgres' numeric: exact, whatever their size. */
export async function readSection(database: Database, range: DayRange, query: SectionQuery): Promise<SectionValues> {
  const rows = await database.query<SectionRow>(SECTION, [
    range.source,
    range.from,
    range.to,
    range.upTo,
    query.eventType,
    query.sum,
    query.groupBy,
    query.labelBy,
    query.top + 1,
    query.except?.field ?? null,
    query.except?.values ?? [],
  ]);
  const groups = rows.filter((row) => !row.is_total);
  const total = rows.find((row) => row.is_total);
  const isGrouped = query.groupBy !== null || query.eventType === null;
  return {
    total: total ? measuredOf(total) : { value: '0', events: 0, eventIds: [], unreadable: 0 },
    groups: isGrouped ? groups.map((row) => ({ name: row.name, ...measuredOf(row) })) : [],
    groupCount: isGrouped ? Number(total?.group_count ?? 0) : 0,
  };
}

const measuredOf = (row: SectionRow): SectionValue => ({
  value: row.value,
  events: Number(row.events),
  eventIds: row.event_ids,
  unreadable: Number(row.unreadable),
});

const SECTION = `
  with events as materialized (
    select event_id, sequence, ordinal, key, label,
      case when $6::text is null then 1 else ${decimal('field')} end as amount
    from (select event_id, sequence, ordinal,
        case when $6::text is not null then document #>> array['payload', $6] end as field,
        case when $5::text is null then event_type
          when $7::text is not null then document #>> array['payload', $7] end as key,
        case when $8::text is not null then document #>> array['payload', $8] end as label
      from (select event_id, sequence, ordinal, event_type, ${readable('body')} as document from audit.current_business_events
        where source = $1 and commit_time >= $2::timestamptz and commit_time < $3::timestamptz and sequence <= $4
          and ($5::text is null or event_type = $5) offset 0) documents
      where $10::text is null or coalesce(document #>> array['payload', $10] <> all ($11::text[]), true) offset 0) fields),
  grouped as (
    select grouping(key) = 1 as is_total, key, coalesce(max(label), key) as name, coalesce(sum(amount), 0) as amount,
      count(*) as events, count(*) filter (where amount is null) as unreadable,
      (array_agg(event_id::text order by abs(amount) desc nulls last, sequence, ordinal))[1:${EVENT_IDS_MAX}] as event_ids
    from events group by grouping sets ((), (key)))
  select is_total, name, amount::text as value, events, unreadable, coalesce(event_ids, '{}') as event_ids,
    count(*) over () - 1 as group_count
  from grouped order by is_total desc, abs(amount) desc, name limit $9`;
