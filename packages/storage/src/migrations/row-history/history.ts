/** What happened to one row, through renames of its table and of its key's columns. */
export const HISTORY: readonly string[] = [
  // Where a row stands in the log: by each definition of each table that ever had the name, with the key as it was called there.
  `create function audit.names_of_row(of_source text, of_database text, of_table text, of_key jsonb)
    returns table (table_id uuid, database_name text, table_name text, from_sequence bigint, to_sequence bigint, key jsonb)
    language plpgsql stable as $$
    #variable_conflict use_column
    declare v record; id uuid; is_known boolean := false; wanted text[];
    begin
      select array_agg(k order by k) into wanted from jsonb_object_keys(of_key) k;
      for id in select distinct s.table_id from audit.schema_versions s
          where s.source = of_source and s.database_name = of_database and s.table_name = of_table loop
        key := of_key; table_id := id;
        -- The key is named as under the table's last definition of the name that was asked for.
        for v in select s.* from audit.schema_versions s where s.table_id = id and s.source = of_source and s.sequence > (
              select max(n.sequence) from audit.schema_versions n where n.table_id = id and n.source = of_source
                and n.database_name = of_database and n.table_name = of_table) order by s.sequence, s.ordinal loop
          select jsonb_object_agg(coalesce(new.value, now.key), now.value) into key from jsonb_each(key) now
            left join json_each_text(v.definition -> 'renamedColumns') new on new.key = now.key;
        end loop;
        for v in select s.*, lead(s.sequence) over (order by s.sequence, s.ordinal) as next_sequence,
              row_number() over (order by s.sequence, s.ordinal) as place,
              array(select json_array_elements_text(s.definition -> 'key') order by 1) as key_names
            from audit.schema_versions s where s.table_id = id and s.source = of_source order by s.sequence desc, s.ordinal desc loop
          continue when v.kind = 'drop';
          -- By another key a row cannot be told from others: its history begins here.
          exit when v.key_names is distinct from array(select jsonb_object_keys(key) order by 1);
          is_known := true;
          database_name := v.database_name; table_name := v.table_name;
          from_sequence := case when v.place = 1 and v.kind = 'snapshot' then 0 else v.sequence end;
          to_sequence := coalesce(v.next_sequence - 1, 9223372036854775807);
          return next;
          select jsonb_object_agg(coalesce(old.key, now.key), now.value) into key from jsonb_each(key) now
            left join json_each_text(v.definition -> 'renamedColumns') old on old.value = now.key;
        end loop;
      end loop;
      if not is_known then
        raise invalid_parameter_value using message = format('a row of %s.%s is not named by %s', of_database, of_table, coalesce(array_to_string(wanted, ', '), 'nothing')),
          hint = coalesce((select case when json_array_length(s.definition -> 'key') = 0 then 'the table has no primary key: its rows cannot be told apart'
              else format('its key is %s', (select string_agg(k, ', ') from json_array_elements_text(s.definition -> 'key') k)) end
            from audit.schema_versions s where s.source = of_source and s.database_name = of_database and s.table_name = of_table
            order by s.version desc limit 1), 'no definition is known');
      end if;
    end $$`,

  `create function analyst.history(of_table text, of_key jsonb, of_source text default null)
    returns table (source text, sequence bigint, change_order integer, committed_at timestamptz, transaction_id text, operation text,
      event_id uuid, database_name text, table_name text, primary_key json, row_before json, row_after json, changes json, other_key json,
      actor_id text, actor_label text, actor_grade text, thread text, schema_version text, binlog_file text, binlog_position bigint, statement text, has_unshowable_text boolean)
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
    #variable_conflict use_column
    declare named record; floor bigint;
    begin
      select * into named from audit.find_table(of_table, of_source);
      floor := audit.last_replaced(named.source, 9223372036854775807);
      return query
        with names as materialized (
          select * from audit.names_of_row(named.source, named.database_name, named.table_name, of_key)),
        wanted as materialized (
          select database_name, table_name, from_sequence, to_sequence, audit.row_name_of(named.source, database_name, table_name, key) as name from names
          union all select database_name, table_name, from_sequence, to_sequence,
            audit.row_name_of(named.source, database_name, table_name, '{}') from names),
        found as (
          select e.sequence, e.ordinal, e.commit_time, e.event_id, e.source, e.operation, e.database_name, e.table_name, coalesce(r.repairs, e.sequence) as place,
            case when analyst.may_be_unshowable(e.body::text) then analyst.showable(e.body) else e.body end as body,
            analyst.has_unshowable_text(e.body) as has_unshowable_text from wanted w
            join audit.change_events e on audit.row_hash(e.body) = hashtextextended(w.name, 0) and audit.row_name(e.body) = w.name
            left join audit.transactions r on r.source = e.source and r.sequence = e.sequence and r.commit_time = e.commit_time and r.repairs is not null
            where (e.operation = 'TRUNCATE' or w.name not like '%"primaryKey":{},"table":%')
              and coalesce(r.repairs, e.sequence) between w.from_sequence and w.to_sequence and e.sequence > floor),
        told as (
          select named.source, place, 1 as rank, e.sequence, e.ordinal, e.commit_time, e.body ->> 'transactionId' as transaction_id,
            e.operation, e.event_id, e.database_name, e.table_name, e.body #> '{source,primaryKey}' as primary_key,
            nullif((e.body -> 'before')::text, 'null')::json as row_before, nullif((e.body -> 'after')::text, 'null')::json as row_after,
            (select json_object_agg(coalesce(b.key, a.key), json_build_object('before', b.value, 'after', a.value))
              from json_each(nullif((e.body -> 'before')::text, 'null')::json) b full join json_each(nullif((e.body -> 'after')::text, 'null')::json) a on a.key = b.key
              where b.value::text is distinct from a.value::text) as changes,
            -- A changed key is a DELETE and an INSERT of the same row of the binary log's event.
            (select o.body #> '{source,primaryKey}' from (select o.source, o.sequence, o.commit_time, o.ordinal, o.operation, o.database_name, o.table_name,
                case when analyst.may_be_unshowable(o.body::text) then analyst.showable(o.body) else o.body end as body from audit.change_events o) o
              where o.source = e.source and o.sequence = e.sequence and o.commit_time = e.commit_time
                and ((e.operation = 'DELETE' and o.operation = 'INSERT' and o.ordinal = e.ordinal + 1)
                  or (e.operation = 'INSERT' and o.operation = 'DELETE' and o.ordinal = e.ordinal - 1))
                and o.database_name = e.database_name and o.table_name = e.table_name
                and (o.body #> '{metadata,position}')::text = (e.body #> '{metadata,position}')::text
                and (o.body #> '{metadata,row}')::text is not distinct from (e.body #> '{metadata,row}')::text limit 1) as other_key,
            actor.actor_id, actor.actor_label, actor.actor_grade, e.body #>> '{metadata,thread}' as thread,
            e.body ->> 'schemaVersion' as schema_version, e.body #>> '{metadata,file}' as binlog_file,
            (e.body #>> '{metadata,position}')::bigint as binlog_position, null as statement, e.has_unshowable_text
          from found e left join lateral (select b.actor_id, b.actor_label, b.actor_grade from audit.current_business_events b
            where b.source = e.source and b.sequence = e.sequence and b.commit_time = e.commit_time order by b.actor_id is null, b.ordinal limit 1) actor on true
          union all
          select named.source, v.sequence, 0, v.sequence, v.ordinal, v.commit_time, v.gtid, upper(v.kind), null, v.database_name, v.table_name,
            null, null, null, null, null, null, null, null, null, format('%s.%s:%s', v.database_name, v.table_name, v.version),
            v.binlog_file, v.binlog_position, v.statement, false
          from audit.schema_versions v where v.source = named.source and v.kind <> 'snapshot' and v.table_id in (select table_id from names))
        select t.source, t.sequence, t.ordinal, t.commit_time, t.transaction_id, t.operation, t.event_id, t.database_name, t.table_name, t.primary_key,
          t.row_before, t.row_after, t.changes, t.other_key, t.actor_id, t.actor_label, t.actor_grade, t.thread, t.schema_version,
          t.binlog_file, t.binlog_position, t.statement, t.has_unshowable_text
        from told t order by t.place, t.rank, t.sequence, t.ordinal;
    end $$`,
  `comment on function analyst.history(text, jsonb, text) is
    'What happened to one row, by its primary key as JSON: every change, TRUNCATEs and definitions of its table, in order'`,
];
