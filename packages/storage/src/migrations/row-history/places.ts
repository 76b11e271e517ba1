/** What a question names, found in the log: a table, a row, a place in the order of a source. */
export const PLACES: readonly string[] = [
  // The text that stands for a row in its bodies: canonical JSON, so names and values in the order of their bytes.
  `create function audit.row_name_of(source text, database_name text, table_name text, key jsonb) returns text
    language sql immutable parallel safe
    return format('"database":%s,"name":%s,"primaryKey":{%s},"table":%s', to_json(database_name), to_json(source),
      (select string_agg(format('%s:%s', to_json(k), coalesce(to_json(v)::text, 'null')), ',' order by k collate "C")
        from jsonb_each_text(key) as each(k, v)),
      to_json(table_name))`,

  // What a source is known by; raises what there is instead.
  `create function audit.place_names(of_source text, of_table text, what text) returns text language sql stable
    return (select coalesce(string_agg(name, ', ' order by name), 'none') from (
      select distinct case what when 'source' then source else format('%s.%s (source %s)', database_name, table_name, source) end as name
      from audit.schema_versions where (of_source is null or source = of_source) and (of_table is null or table_name = of_table)
      order by 1 limit 30) known)`,

  `create function audit.find_table(of_table text, of_source text) returns table (source text, database_name text, table_name text)
    language plpgsql stable as $$
    #variable_conflict use_column
    declare found_count integer;
    begin
      if of_source is not null and not exists (select from audit.schema_versions v where v.source = of_source) then
        raise no_data_found using message = format('there is no source ''%s'' with tables', of_source),
          hint = 'there is: ' || audit.place_names(null, null, 'source');
      end if;
      return query select distinct v.source, v.database_name, v.table_name from audit.schema_versions v
        where (of_source is null or v.source = of_source) and of_table in (v.table_name, v.database_name || '.' || v.table_name);
      get diagnostics found_count = row_count;
      if found_count = 0 then
        raise no_data_found using message = format('the log knows no table ''%s''', of_table),
          hint = 'there is: ' || audit.place_names(of_source, null, 'table');
      elsif found_count > 1 then
        raise too_many_rows using message = format('several tables are called ''%s''', of_table),
          hint = 'name the source, or the table as database.table; there is: ' || audit.place_names(of_source, split_part(of_table, '.', -1), 'table');
      end if;
    end $$`,

  // The last sequence of the longest prefix that a time, a transaction or a sequence names: whole transactions only.
  `create function audit.sequence_at(of_source text, at text) returns bigint language plpgsql stable as $$
    declare
      first record; last record; found bigint; moment timestamptz; next_kind text;
    begin
      select t.sequence, t.commit_time into first from audit.transactions t where t.source = of_source order by t.sequence limit 1;
      select t.sequence, t.commit_time into last from audit.transactions t where t.source = of_source order by t.sequence desc limit 1;
      if first is null then
        raise no_data_found using message = format('nothing of the source ''%s'' has landed', of_source), hint = 'see auditctl status';
      end if;
      if at ~ '^[0-9]{1,18}$' then
        found := at::bigint;
        if found < first.sequence or found > last.sequence then
          raise no_data_found using message = format('sequence %s is not in the log of %s', at, of_source),
            hint = format('it goes from %s to %s', first.sequence, last.sequence);
        end if;
      elsif at ~ '^[0-9a-fA-F-]{36}:' or at like 'snapshot:%' then
        select coalesce(t.repairs, t.sequence) into found from audit.transactions t
          where t.source = of_source and t.transaction_id = at order by t.sequence limit 1;
        if found is null then
          raise no_data_found using message = format('the log of %s has no transaction %s', of_source, at),
            hint = coalesce((select format('it is one of the source %s', min(t.source)) from audit.transactions t
              where t.transaction_id = at having count(*) > 0), format('landed are %s; a transaction without a captured row is in no log',
              (select coalesce(nullif(h.gtids, ''), 'none with a GTID') from audit.heads h where h.source = of_source and h.stage = 'normalizer')));
        end if;
      else
        begin
          if at !~* '([0-9]Z|[+-][0-9]{2}(:?[0-9]{2})?)$' then raise invalid_datetime_format; end if;
          moment := at::timestamptz;
        exception when invalid_datetime_format or datetime_field_overflow then
          raise invalid_parameter_value using message = format('''%s'' is no place in the log', at),
            hint = 'accepted are a time with its zone such as 2026-11-21T05:00:00Z, a GTID, or a sequence';
        end;
        -- Commit times are not in order: the prefix ends before the first one that is later.
        select t.sequence - 1 into found from audit.transactions t where t.source = of_source and t.commit_time > moment
          order by t.sequence limit 1;
        found := coalesce(found, last.sequence);
      end if;
      if found < first.sequence then
        raise no_data_found using message = format('the log of %s begins after %s', of_source, at),
          hint = format('it begins at %s, with sequence %s', to_char(first.commit_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), first.sequence);
      end if;
      select t.kind || ' ' || t.transaction_id into next_kind from audit.transactions t where t.source = of_source and t.sequence = found + 1;
      if next_kind ~ '^snapshot snapshot:[^:]+:[0-9]+:(.*:[0-9]+$|replaces:)' then
        raise no_data_found using message = format('sequence %s of %s is inside a snapshot: tables are not whole there', found, of_source),
          hint = (select format('it ends at sequence %s', max(t.sequence)) from audit.transactions t
            where t.source = of_source and t.kind = 'snapshot' and t.transaction_id ~ ':[0-9]+$');
      end if;
      return found;
    end $$`,

  // A snapshot that was cut off is replaced by the next one: what stands before does not count.
  `create index transactions_replacing on audit.transactions (source, sequence) where kind = 'snapshot' and strpos(transaction_id, ':replaces:') > 0`,
  `create function audit.last_replaced(of_source text, up_to bigint) returns bigint language sql stable
    return coalesce((select max(sequence) from audit.transactions where source = of_source and sequence <= up_to and kind = 'snapshot'
      and strpos(transaction_id, ':replaces:') > 0 and transaction_id ~ '^snapshot:[^:]+:[0-9]+:replaces:'), 0)`,

  // The names under which a table's rows stand in the log up to a sequence, the newest first, following renames back to where the rows begin.
  `create function audit.lineage(of_source text, of_database text, of_table text, up_to bigint)
    returns table (database_name text, table_name text, from_sequence bigint, to_sequence bigint) language plpgsql stable as $$
    #variable_conflict use_column
    declare
      v audit.schema_versions; bound bigint := up_to; bound_ordinal integer := 2147483647; alive_from bigint; is_renamed boolean;
    begin
      database_name := of_database; table_name := of_table; to_sequence := up_to;
      loop
        alive_from := null; is_renamed := false;
        for v in select * from audit.schema_versions s where s.source = of_source and (s.sequence, s.ordinal) <= (bound, bound_ordinal)
            and ((s.database_name = lineage.database_name and s.table_name = lineage.table_name)
              or (s.kind = 'rename' and s.previous_database = lineage.database_name and s.previous_table = lineage.table_name))
            order by s.sequence desc, s.ordinal desc loop
          if v.kind = 'drop' or (v.database_name, v.table_name) <> (lineage.database_name, lineage.table_name) then
            if alive_from is null and to_sequence = up_to then
              raise no_data_found using message = format('there is no table %s.%s at sequence %s', of_database, of_table, up_to),
                hint = case v.kind when 'drop' then format('it was dropped at sequence %s', v.sequence)
                  else format('it was renamed to %s.%s at sequence %s', v.database_name, v.table_name, v.sequence) end;
            end if;
            from_sequence := alive_from; return next; return;
          end if;
          alive_from := v.sequence;
          if v.kind in ('create', 'rename') then
            from_sequence := v.sequence; return next;
            if v.kind = 'create' then return; end if;
            database_name := v.previous_database; table_name := v.previous_table; to_sequence := v.sequence - 1;
            bound := v.sequence; bound_ordinal := v.ordinal - 1; is_renamed := true;
            exit;
          end if;
        end loop;
        continue when is_renamed;
        if alive_from is null and to_sequence = up_to then
          raise no_data_found using message = format('there is no table %s.%s at sequence %s', of_database, of_table, up_to),
            hint = (select format('it is first told of at sequence %s', min(s.sequence)) from audit.schema_versions s
              where s.source = of_source and s.database_name = of_database and s.table_name = of_table);
        end if;
        from_sequence := 0; return next; return;
      end loop;
    end $$`,
];
