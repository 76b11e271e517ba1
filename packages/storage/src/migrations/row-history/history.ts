import { historyBy } from './history-by.ts';

/** The first business event of the transaction that says who did it. */
const ACTOR_OF_EVENTS = `left join lateral (select b.actor_id, b.actor_label, b.actor_grade from audit.current_business_events b
            where b.source = e.source and b.sequence = e.sequence and b.commit_time = e.commit_time order by b.actor_id is null, b.ordinal limit 1) actor on true`;

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

  historyBy('create', ACTOR_OF_EVENTS),
  `comment on function analyst.history(text, jsonb, text) is
    'What happened to one row, by its primary key as JSON: every change, TRUNCATEs and definitions of its table, in order'`,
];
