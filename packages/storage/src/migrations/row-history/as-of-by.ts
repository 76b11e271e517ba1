/** Where the function finds the changes that it folds. */
export interface Changes {
  /** Variables, and what fills them before the statement. */
  readonly declared: string;
  readonly chosen: string;
  /** CTEs whose last is `events`, within a quoted text for `format()`: `%1$s` narrows them to one row's. */
  readonly events: string;
  /** Parameters from $13 on. */
  readonly given: string;
}

/** The function of rows as they were after a sequence. */
export const asOfBy = (
  create: 'create' | 'create or replace',
  changes: Changes,
): string => `${create} function analyst.as_of(of_table text, at text, of_key jsonb default null, of_source text default null)
  returns table (source text, as_of_sequence bigint, primary_key json, "row" json, sequence bigint, change_order integer, committed_at timestamptz,
    operation text, event_id uuid, doubts text[])
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set work_mem = '64MB' set jit = off as $$
  declare
    named record; up_to bigint; versions json; v record; key_names text[]; key jsonb := of_key; hashes bigint[] := '{}';
    segments integer; last_version bigint; floor bigint; hole record;${changes.declared}
  begin
    select * into named from audit.find_table(of_table, of_source);
    up_to := audit.sequence_at(named.source, at);
    select json_agg(json_build_object('sequence', s.sequence, 'database', s.database_name, 'table', s.table_name, 'key', s.definition -> 'key',
        'columns', s.definition -> 'columns', 'renamedColumns', s.definition -> 'renamedColumns', 'losesRows', s.loses_rows, 'computes', s.statement ~* '\\mas\\s*[(]') order by s.sequence, s.ordinal),
        count(distinct format('%s %s %s', s.database_name, s.table_name, s.definition -> 'key')), max(s.sequence)
      into versions, segments, last_version
      from audit.lineage(named.source, named.database_name, named.table_name, up_to) l join audit.schema_versions s
        on s.source = named.source and s.database_name = l.database_name and s.table_name = l.table_name and s.kind <> 'drop'
        and s.sequence between l.from_sequence and l.to_sequence;
    key_names := array(select json_array_elements_text(versions -> -1 -> 'key') order by 1);
    if key_names = '{}' then
      raise invalid_parameter_value using message = format('%s.%s has no primary key: its rows cannot be told apart', named.database_name, named.table_name),
        hint = 'its changes are in analyst.change_events';
    end if;
    if of_key is not null and key_names <> array(select jsonb_object_keys(of_key) order by 1) then
      raise invalid_parameter_value using message = format('a row of %s.%s is not named by %s', named.database_name, named.table_name,
          coalesce((select string_agg(k, ', ') from jsonb_object_keys(of_key) k), 'nothing')),
        hint = format('its key is %s', array_to_string(key_names, ', '));
    end if;
    -- The row under each of its names; by another key it can only be found among all.
    for v in select value as version from json_array_elements(versions) with ordinality order by ordinality desc loop
      exit when key is null;
      if array(select json_array_elements_text(v.version -> 'key') order by 1) <> array(select jsonb_object_keys(key) order by 1) then
        hashes := null; exit;
      end if;
      hashes := hashes || hashtextextended(audit.row_name_of(named.source, v.version ->> 'database', v.version ->> 'table', key), 0);
      select jsonb_object_agg(coalesce(old.key, now.key), now.value) into key from jsonb_each(key) now
        left join json_each_text(v.version -> 'renamedColumns') old on old.value = now.key;
    end loop;
    select greatest(audit.last_replaced(named.source, up_to), coalesce(max(e.sequence), 0)) into floor
      from audit.lineage(named.source, named.database_name, named.table_name, up_to) l join audit.change_events e
        on audit.row_hash(e.body) = hashtextextended(audit.row_name_of(named.source, l.database_name, l.table_name, '{}'), 0)
        and e.source = named.source and e.operation = 'TRUNCATE' and e.sequence between l.from_sequence and l.to_sequence;
    select max(h.sequence) as sequence, (array_agg(h.why order by h.sequence desc))[1] as why into hole from audit.holes(named.source, up_to) h;
${changes.chosen}      return query execute format(
      'with ${changes.events},
        newest as (select distinct on (hash, name) * from (select audit.row_hash(body) as hash, audit.row_name(body) collate "C" as name, *
          from events where operation <> ''TRUNCATE'') named order by hash, name, place desc, ordinal desc),
        shown as (select e.sequence, place, ordinal, commit_time, operation, event_id, is_unshowable,
            case when is_unshowable then analyst.showable(body) else body end as body from (select *, analyst.may_be_unshowable(body::text) as is_unshowable from newest offset 0) e),
        carried as (select e.sequence, e.place, e.ordinal, e.commit_time, e.operation, e.event_id, (c).doubts,
            coalesce(case when strpos(body::text, ''"doubtful":['') > 0 then array(select c || '': stands for this or another value, by what the connector gave''
              from json_array_elements_text(body #> ''{metadata,doubtful}'') c) end, ''{}'') ||
              case when is_unshowable then array[''text that Postgres cannot show is null here''] else ''{}'' end as doubtful,
            case when (c).row_now is null then body #> ''{source,primaryKey}'' else (select json_object_agg(k, (c).row_now -> k) from unnest($7) k) end as primary_key,
            coalesce((c).row_now, body -> ''after'') as row_now
          from (select e.*, case when place < $8 then audit.carried(case operation when ''DELETE'' then body -> ''before'' else body -> ''after'' end, place, $6) end as c from shown e offset 0) e),
        latest as (select %2$s * from carried %3$s)
        select $1, $4, primary_key, row_now, sequence, ordinal, commit_time, operation, event_id,
          coalesce(doubts, ''{}'') || doubtful || case when place < $9 then array[$10] else ''{}'' end
        from latest where operation <> ''DELETE'' and ($11 is null or primary_key::jsonb = $11)',
      case when cardinality(hashes) > 0 then 'and audit.row_hash(e.body) = any($12)' else '' end,
      case when segments > 1 then 'distinct on (primary_key::jsonb)' else '' end,
      case when segments > 1 then 'order by primary_key::jsonb, place desc, ordinal desc' else '' end)
      using named.source, named.database_name, named.table_name, up_to, floor, versions, key_names, last_version, hole.sequence, hole.why,
        (select jsonb_object_agg(k.key, k.value #>> '{}') from jsonb_each(of_key) k), hashes${changes.given};
  end $$`;
