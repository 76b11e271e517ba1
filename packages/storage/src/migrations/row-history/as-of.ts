import { asOfBy, type Changes } from './as-of-by.ts';

/** Every change since the table was made or emptied. */
const ALL_CHANGES: Changes = {
  declared: '',
  chosen: '',
  events: `lineage as materialized (select * from audit.lineage($1, $2, $3, $4)),
        repairs as materialized (select sequence, repairs from audit.transactions where source = $1 and repairs is not null),
        events as (
          select e.sequence, e.ordinal, e.commit_time, e.operation, e.event_id, e.body, e.sequence as place from lineage l join audit.change_events e on e.source = $1 and e.database_name = l.database_name
              and e.table_name = l.table_name and e.sequence between greatest(l.from_sequence, $5 + 1) and l.to_sequence
            where e.sequence not in (select sequence from repairs) %1$s
          union all
          select e.sequence, e.ordinal, e.commit_time, e.operation, e.event_id, e.body, r.repairs from lineage l join repairs r on r.repairs between greatest(l.from_sequence, $5 + 1) and l.to_sequence
            join audit.change_events e on e.source = $1 and e.sequence = r.sequence and e.database_name = l.database_name
              and e.table_name = l.table_name where true %1$s)`,
  given: '',
};

/** Rows as they were after a sequence. */
export const AS_OF: readonly string[] = [
  'create type audit.carried_row as (row_now json, doubts text[])',
  // What DDL made of an image that was written at a sequence: `versions` are the definitions of its table in order. What the source alone knows (a default that
  // it filled in, a converted value) is left as it was or out, and named in `doubts`.
  `create function audit.carried(image json, place bigint, versions json) returns audit.carried_row language plpgsql immutable as $$
    declare v json; former json := '[]'; more text[]; row_now json := image; doubts text[] := '{}';
    begin
      for v in select * from json_array_elements(versions) loop
        if (v ->> 'sequence')::bigint > place then
          with columns as (
            select c.*, old.name as old_name, old.shape as old_shape, i.value as value
            from (select c ->> 'name' as name, c ->> 'type' as type, (c ->> 'scale')::integer as scale,
                coalesce((c ->> 'isNullable')::boolean, false) as is_nullable, coalesce((c ->> 'hasDefault')::boolean, false) as has_default,
                coalesce((c ->> 'isFilledIn')::boolean, false) or (v ->> 'computes')::boolean as is_filled_in,
                json_build_array(c -> 'type', c -> 'length', c -> 'scale', c -> 'labels', c -> 'charset')::text as shape
              from json_array_elements(v -> 'columns') c) c
            left join json_each_text(v -> 'renamedColumns') renamed on renamed.value = c.name
            left join (select c ->> 'name' as name, json_build_array(c -> 'type', c -> 'length', c -> 'scale', c -> 'labels', c -> 'charset')::text as shape
              from json_array_elements(former) c) old on old.name = coalesce(renamed.key, c.name)
            left join json_each(row_now) i on i.key = coalesce(renamed.key, c.name)),
          valued as (
            select name, case
              when value is not null then value
              when old_name is not null or is_filled_in or has_default then null
              when is_nullable then 'null'::json
              when type like '%INT%' then '"0"'::json
              when type like '%CHAR%' or type like '%TEXT%' then '""'::json
              when type like 'DECIMAL%' then to_json(round(0::numeric, coalesce(scale, 0))::text) end as value,
              value is not null and old_shape <> shape and value::text <> 'null' as is_converted
            from columns)
          select coalesce('{' || string_agg(to_json(name)::text || ':' || value::text, ',' order by name collate "C") filter (where value is not null) || '}', '{}')::json,
            array_remove(array_agg(case
              when value is null then format('%s: filled in by the DDL at sequence %s', name, v ->> 'sequence')
              when is_converted then format('%s: may have been converted by the DDL at sequence %s', name, v ->> 'sequence') end order by name), null)
            into row_now, more from valued;
          doubts := doubts || more;
          if (v ->> 'losesRows')::boolean then
            doubts := doubts || format('the row may be gone: the DDL at sequence %s took rows away without telling which', v ->> 'sequence');
          end if;
        end if;
        former := v -> 'columns';
      end loop;
      return row(row_now, doubts);
    end $$`,

  // What of the log up to a sequence nobody can know, and from where on it is right again.
  `create function audit.holes(of_source text, up_to bigint) returns table (sequence bigint, why text) language sql stable
    begin atomic
      select g.after_sequence + 1, format('the source''s history has a gap after sequence %s', g.after_sequence) from audit.gaps g
        where g.source = of_source and g.stage = 'normalizer' and g.decision = 'accept' and g.after_sequence < up_to
      union all
      select t.sequence, format('sequence %s is set aside: what it changed is not known', t.sequence) from audit.transactions t
        where t.source = of_source and t.kind = 'set_aside' and t.sequence <= up_to
          and not exists (select from audit.transactions r where r.source = of_source and r.repairs = t.sequence)
      order by 1;
    end`,

  asOfBy('create', ALL_CHANGES),
  `comment on function analyst.as_of(text, text, jsonb, text) is
    'The rows of a table, or one by its primary key as JSON, as they were after the last whole transaction at a time, a GTID or a sequence'`,
];
