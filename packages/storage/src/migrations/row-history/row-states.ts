/** States of whole tables: which of them are still true, what they point to, and how one is kept. */
export const ROW_STATES: readonly string[] = [
  // Where the rows of a table begin that there are after a sequence, and since when its name and its key are those of then.
  `create function audit.rows_begin(of_source text, of_database text, of_table text, up_to bigint)
    returns table (first_sequence bigint, same_since bigint, segments integer) language sql stable rows 1 as $$
    with lineage as materialized (select * from audit.lineage(of_source, of_database, of_table, up_to)),
      versions as (
        select s.sequence, s.ordinal, format('%s %s %s', s.database_name, s.table_name, s.definition -> 'key') as segment
        from lineage l join audit.schema_versions s on s.source = of_source and s.database_name = l.database_name and s.table_name = l.table_name
          and s.kind <> 'drop' and s.sequence between l.from_sequence and l.to_sequence),
      newest as (select segment from versions order by sequence desc, ordinal desc limit 1),
      emptied as (
        select max(e.sequence) as sequence from lineage l join audit.change_events e
          on audit.row_hash(e.body) = hashtextextended(audit.row_name_of(of_source, l.database_name, l.table_name, '{}'), 0)
          and e.source = of_source and e.operation = 'TRUNCATE' and e.sequence between l.from_sequence and l.to_sequence)
    select greatest((select min(from_sequence) from lineage), (select sequence from emptied) + 1, audit.last_replaced(of_source, up_to) + 1),
      (select min(sequence) from versions v where not exists (select from versions l
        where (l.sequence, l.ordinal) >= (v.sequence, v.ordinal) and l.segment <> (select segment from newest))),
      (select count(distinct segment)::integer from versions) $$`,

  // The newest state that rows after a sequence can begin with. One that a repair belongs into which landed later is no longer true.
  `create function audit.newest_row_state(of_source text, of_database text, of_table text, up_to bigint)
    returns table (state_id integer, as_of_sequence bigint, row_count bigint) language sql stable rows 1 as $$
    select s.state_id, s.as_of_sequence, s.row_count
    from audit.rows_begin(of_source, of_database, of_table, up_to) b join audit.row_states s on s.first_sequence = b.first_sequence
    where s.source = of_source and s.database_name = of_database and s.table_name = of_table and s.as_of_sequence between b.same_since and up_to
      and not exists (select from audit.transactions t where t.source = of_source and t.repairs <= s.as_of_sequence and t.sequence > s.landed)
    order by s.as_of_sequence desc limit 1 $$`,

  // The changes that a state points to, one partition at a time.
  `create function audit.pointed_changes(of_source text, of_state integer) returns setof audit.change_events language sql stable as $$
    select e.* from audit.row_state_pointers p cross join lateral (
      select e.* from (
          select sequence, range_agg(int4range(ordinal, ordinal, '[]')) as ordinals from unnest(p.sequences, p.ordinals) pointers(sequence, ordinal) group by sequence) pointed
        join audit.change_events e on e.source = of_source and e.sequence = pointed.sequence and e.ordinal <@ pointed.ordinals
      where e.commit_time >= p.week and e.commit_time < p.week + interval '168 hours' offset 0) e
    where p.state_id = of_state $$`,

  // The same, if the log still has whatever it points to: else the log alone is asked.
  `create function audit.whole_row_state(of_source text, of_database text, of_table text, up_to bigint)
    returns table (state_id integer, as_of_sequence bigint, row_count bigint) language sql stable rows 1 as $$
    select * from audit.newest_row_state(of_source, of_database, of_table, up_to) s
    where s.row_count = (select count(*) from audit.pointed_changes(of_source, s.state_id)) $$`,

  // What was changed of a table behind a sequence, each change at its place, and what a state of that sequence points to.
  `create function audit.changes_of(of_source text, of_database text, of_table text, behind bigint, up_to bigint, of_state integer)
    returns table (sequence bigint, ordinal integer, commit_time timestamptz, operation text, event_id uuid, body json, place bigint) language sql stable as $$
    with lineage as materialized (select * from audit.lineage(of_source, of_database, of_table, up_to)),
      repairs as materialized (select t.sequence, t.commit_time, t.repairs from audit.transactions t where t.source = of_source and t.repairs is not null)
    select e.sequence, e.ordinal, e.commit_time, e.operation, e.event_id, e.body, e.sequence
      from lineage l join audit.change_events e on e.source = of_source and e.database_name = l.database_name and e.table_name = l.table_name
        and e.sequence between l.from_sequence and l.to_sequence
      where e.sequence > behind and e.sequence <= up_to and e.sequence not in (select r.sequence from repairs r)
    union all
    select e.sequence, e.ordinal, e.commit_time, e.operation, e.event_id, e.body, r.repairs
      from lineage l join repairs r on r.repairs between l.from_sequence and l.to_sequence
        join audit.change_events e on e.source = of_source and e.sequence = r.sequence and e.commit_time = r.commit_time
          and e.database_name = l.database_name and e.table_name = l.table_name
      where r.repairs > behind
    union all
    select e.sequence, e.ordinal, e.commit_time, e.operation, e.event_id, e.body, coalesce(r.repairs, e.sequence)
      from audit.pointed_changes(of_source, of_state) e left join repairs r on r.sequence = e.sequence $$`,

  // Keeps the state of a table after a sequence, beginning with the one before; gives its rows; null where there is no such table then, or it has no key.
  `create function audit.keep_row_state(of_source text, of_database text, of_table text, at bigint) returns bigint
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set work_mem = '64MB' set jit = off as $$
    declare landed bigint; moment timestamptz; state record; beginning record; kept bigint;
    begin
      -- Asked before anything is read: what lands meanwhile, and belongs before, is later than this.
      select max(t.sequence), max(t.commit_time) filter (where t.sequence = at) into landed, moment from (
        (select * from audit.transactions t where t.source = of_source order by t.sequence desc limit 1)
        union all select * from audit.transactions t where t.source = of_source and t.sequence = at) t;
      if moment is null then
        raise invalid_parameter_value using message = format('sequence %s of %s has not landed', at, of_source), hint = format('landed is up to %s', landed);
      end if;
      select * into beginning from audit.rows_begin(of_source, of_database, of_table, at);
      if (select coalesce(json_array_length(v.definition -> 'key'), 0) = 0 from audit.schema_versions v where v.source = of_source and v.database_name = of_database
          and v.table_name = of_table and v.sequence <= at order by v.sequence desc, v.ordinal desc limit 1) then return null; end if;
      select * into state from audit.whole_row_state(of_source, of_database, of_table, at);
      if state.as_of_sequence = at then return state.row_count; end if;
      delete from audit.row_states s where s.source = of_source and s.database_name = of_database and s.table_name = of_table and (s.as_of_sequence = at
        or exists (select from audit.transactions t where t.source = of_source and t.repairs <= s.as_of_sequence and t.sequence > s.landed));
      execute format(
        'with newest as materialized (%s),
          state as (
            insert into audit.row_states (source, database_name, table_name, as_of_sequence, commit_time, first_sequence, landed, row_count)
            select $1, $2, $3, $4, $5, $6, $7, count(*) from newest returning state_id, row_count),
          pointers as (
            insert into audit.row_state_pointers (state_id, week, sequences, ordinals)
            select state_id, week, array_agg(sequence order by sequence, ordinal), array_agg(ordinal order by sequence, ordinal) from state, (
              select *, row_number() over (partition by week order by sequence, ordinal) / 4096 as part
              from (select date_trunc(''week'', commit_time, ''UTC'') as week, sequence, ordinal from newest) weeks) parts
            group by state_id, week, part)
        select row_count from state',
        -- A row under several names or keys is one row by its key of now.
        case when beginning.segments > 1 then 'select sequence, change_order as ordinal, committed_at as commit_time
            from analyst.as_of($2 || ''.'' || $3, $4::text, of_source => $1)'
          else 'select sequence, ordinal, commit_time from (
              select distinct on (hash, name) sequence, ordinal, commit_time, operation
              from (select audit.row_hash(body) as hash, audit.row_name(body) collate "C" as name, *
                from audit.changes_of($1, $2, $3, $8, $4, $9) where operation <> ''TRUNCATE'') named
              order by hash, name, place desc, ordinal desc) newest where operation <> ''DELETE''' end)
        into kept using of_source, of_database, of_table, at, moment, beginning.first_sequence, landed,
          coalesce(state.as_of_sequence, beginning.first_sequence - 1), state.state_id;
      -- The newest two, and the last of each month.
      delete from audit.row_states s using (
          select state_id, row_number() over (order by as_of_sequence desc) as age,
            row_number() over (partition by date_trunc('month', commit_time, 'UTC') order by as_of_sequence desc) as age_in_month
          from audit.row_states where source = of_source and database_name = of_database and table_name = of_table) aged
        where s.state_id = aged.state_id and age > 2 and age_in_month > 1;
      return kept;
    -- Then there is no such table, or it is inside a snapshot.
    exception when no_data_found then return null;
    end $$`,
];
