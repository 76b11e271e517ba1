/** The function of a row's history. `actor`: the join that gives each change `e` an `actor`. */
export const historyBy = (create: 'create' | 'create or replace', actor: string): string =>
  `${create} function analyst.history(of_table text, of_key jsonb, of_source text default null)
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
        from found e ${actor}
        union all
        select named.source, v.sequence, 0, v.sequence, v.ordinal, v.commit_time, v.gtid, upper(v.kind), null, v.database_name, v.table_name,
          null, null, null, null, null, null, null, null, null, format('%s.%s:%s', v.database_name, v.table_name, v.version),
          v.binlog_file, v.binlog_position, v.statement, false
        from audit.schema_versions v where v.source = named.source and v.kind <> 'snapshot' and v.table_id in (select table_id from names))
      select t.source, t.sequence, t.ordinal, t.commit_time, t.transaction_id, t.operation, t.event_id, t.database_name, t.table_name, t.primary_key,
        t.row_before, t.row_after, t.changes, t.other_key, t.actor_id, t.actor_label, t.actor_grade, t.thread, t.schema_version,
        t.binlog_file, t.binlog_position, t.statement, t.has_unshowable_text
      from told t order by t.place, t.rank, t.sequence, t.ordinal;
  end $$`;
