-- postgres_changes: what a subscription may ask for, and who sees a batch of changed rows.

-- Checks the filters and the selected columns of one binding with the privileges of the role, and gives each filter
-- value back as the column's type writes it. Returns {"published": bool, "filters": [...], "error": text}.
create or replace function realtime.sfp_check_binding(p_schema text, p_table text, p_filters jsonb, p_select jsonb, p_role text)
returns jsonb language plpgsql
as $$
declare
  relation regclass := to_regclass(format('%I.%I', p_schema, p_table));
  filter jsonb;
  checked jsonb := '[]';
  col text;
  col_type text;
  col_base regtype;
  canonical jsonb;
  state text;
begin
  if relation is null or not exists (
    select from pg_publication_tables t
    where t.pubname = 'supabase_realtime' and t.schemaname = p_schema and t.tablename = p_table
  ) then
    return jsonb_build_object('published', false);
  end if;
  perform set_config('search_path', 'public, extensions', true);
  for filter in select * from jsonb_array_elements(p_filters) loop
    col := filter ->> 'column';
    select format_type(a.atttypid, null), a.atttypid::regtype into col_type, col_base from pg_attribute a
    where a.attrelid = relation and a.attname = col and a.attnum > 0 and not a.attisdropped
      and has_column_privilege(p_role, relation, a.attnum, 'SELECT');
    if col_type is null then raise exception 'invalid column for filter %', col; end if;
    canonical := filter -> 'values';
    if filter ->> 'op' = 'is' then
      if lower(filter -> 'values' ->> 0) not in ('null', 'true', 'false', 'unknown') then
        raise exception 'invalid value for is filter: must be null, true, false, or unknown';
      end if;
    elsif filter ->> 'op' = 'in' and jsonb_array_length(canonical) > 100 then
      raise exception 'too many values for `in` filter. Maximum 100';
    elsif filter ->> 'op' in ('match', 'imatch') then
      perform '' ~ (canonical ->> 0);
    elsif filter ->> 'op' not in ('like', 'ilike') then
      execute format('select jsonb_agg((v::%s)::text) from jsonb_array_elements_text($1) as v', col_type)
        into canonical using canonical;
    end if;
    checked := checked || (filter || jsonb_build_object('type', col_type, 'values', coalesce(canonical, '[]')));
  end loop;
  for col in select jsonb_array_elements_text(p_select) loop
    if not exists (
      select from pg_attribute a where a.attrelid = relation and a.attname = col and a.attnum > 0
        and not a.attisdropped and has_column_privilege(p_role, relation, a.attnum, 'SELECT')
    ) then raise exception 'invalid column for select %', col; end if;
  end loop;
  return jsonb_build_object('published', true, 'filters', checked);
exception when others then
  get stacked diagnostics state = returned_sqlstate;
  return jsonb_build_object('published', true, 'error', sqlerrm, 'state', state);
end
$$;

-- One SQL condition over the columns of `k`. Values are literals in the column's own type.
create or replace function realtime.sfp_condition(p_filter jsonb) returns text language plpgsql immutable
as $$
declare
  value text := p_filter -> 'values' ->> 0;
  literal text := format('%L::%s', value, p_filter ->> 'type');
  col text := format('k.%I', p_filter ->> 'column');
  condition text;
begin
  condition := case p_filter ->> 'op'
    when 'eq' then format('%s = %s', col, literal)
    when 'neq' then format('%s <> %s', col, literal)
    when 'lt' then format('%s < %s', col, literal)
    when 'lte' then format('%s <= %s', col, literal)
    when 'gt' then format('%s > %s', col, literal)
    when 'gte' then format('%s >= %s', col, literal)
    when 'in' then format('%s = any (%L::text[]::%s[])', col,
      (select array_agg(v) from jsonb_array_elements_text(p_filter -> 'values') as v), p_filter ->> 'type')
    when 'is' then format('%s is %s', col, lower(value))
    when 'like' then format('%s::text like %L', col, value)
    when 'ilike' then format('%s::text ilike %L', col, value)
    when 'match' then format('%s::text ~ %L', col, value)
    when 'imatch' then format('%s::text ~* %L', col, value)
    when 'isdistinct' then format('%s is distinct from %s', col, literal)
    else 'false'
  end;
  return case when (p_filter ->> 'negate')::boolean then format('not (%s)', condition) else condition end;
end
$$;

-- The log tells of a commit a moment before other sessions see it. Waits until these transactions (32-bit ids) are visible.
create or replace function realtime.sfp_await_visible(p_xids bigint[]) returns void language plpgsql
as $$
declare
  deadline timestamptz := clock_timestamp() + interval '2 seconds';
  xmax bigint;
  pending bigint[];
begin
  loop
    xmax := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    -- The upper half of an id is that of the newest id, or one less when the lower half has wrapped since.
    select array_agg(id) into pending from unnest(p_xids) as id
    where not pg_visible_in_snapshot(
      (case when ((xmax >> 32) << 32) + id > xmax then ((xmax >> 32) << 32) + id - 4294967296
        else ((xmax >> 32) << 32) + id end)::text::xid8, pg_current_snapshot());
    exit when pending is null or clock_timestamp() > deadline;
    perform pg_sleep(0.0002);
  end loop;
end
$$;

-- Runs a query over the keys as each viewer; gives the numbers that each got. Viewers of one role share a prepared plan:
-- with 500 viewers that is ten times faster than planning for each. One that fails sees nothing, the others are asked alone.
create or replace function realtime.sfp_visible_rows(p_query text, p_keys jsonb, p_viewers jsonb) returns jsonb
language plpgsql
as $$
declare
  call text := format('execute sfp_visible(%L)', p_keys);
  seen jsonb[] := array_fill('[]'::jsonb, array[jsonb_array_length(p_viewers)]);
  viewer_role text;
  viewer record;
  found jsonb;
begin
  for viewer_role in select distinct v ->> 'role' from jsonb_array_elements(p_viewers) as v loop
    begin
      perform realtime.sfp_assume(viewer_role, '{}');
      perform set_config('plan_cache_mode', 'force_generic_plan', true);
      execute 'prepare sfp_visible(jsonb) as ' || p_query;
      for viewer in
        select v.item -> 'claims' as claims, v.place from jsonb_array_elements(p_viewers) with ordinality as v(item, place)
        where v.item ->> 'role' = viewer_role
      loop
        perform set_config('request.jwt.claims', viewer.claims::text, true),
          set_config('request.jwt.claim.sub', coalesce(viewer.claims ->> 'sub', ''), true),
          set_config('request.jwt.claim.role', coalesce(viewer.claims ->> 'role', ''), true),
          set_config('request.jwt.claim.email', coalesce(viewer.claims ->> 'email', ''), true);
        execute call into found;
        seen[viewer.place] := found;
      end loop;
    exception when others then
      for viewer in
        select v.item -> 'claims' as claims, v.place from jsonb_array_elements(p_viewers) with ordinality as v(item, place)
        where v.item ->> 'role' = viewer_role
      loop
        begin
          perform realtime.sfp_assume(viewer_role, viewer.claims);
          execute p_query into found using p_keys;
        exception when others then found := '[]';
        end;
        perform set_config('role', 'none', true);
        seen[viewer.place] := found;
      end loop;
    end;
    perform set_config('role', 'none', true);
    if exists (select from pg_prepared_statements where name = 'sfp_visible') then deallocate sfp_visible; end if;
  end loop;
  return to_jsonb(seen);
end
$$;

-- Who sees what of a batch. p_tables: [{"rel": oid, "roles": [..], "keys": [{"__n": n, <pk>: text, ..}],
--   "viewers": [{"role", "claims"}], "filters": [{"role", "filters": [..], "rows": [{"__n": n, <column>: text, ..}]}]}]
-- Returns per table: {"gone", "rls", "columns": [{name, type}], "pk": [..], "roles": {role: [columns it may select]},
--   "visible": [[n, ..] per viewer], "matches": [[n, ..] per filter]}. A viewer or a filter that fails sees nothing;
-- the others are not disturbed.
create or replace function realtime.sfp_resolve_changes(p_tables jsonb, p_xids bigint[]) returns jsonb language plpgsql
as $$
declare
  result jsonb := '[]';
  entry jsonb;
  item jsonb;
  relation oid;
  name text;
  rls boolean;
  pk text[];
  query text;
  found jsonb;
  visible jsonb;
  matches jsonb;
begin
  perform realtime.sfp_await_visible(p_xids);
  for entry in select * from jsonb_array_elements(p_tables) loop
    relation := (entry ->> 'rel')::oid;
    select format('%I.%I', n.nspname, c.relname), c.relrowsecurity into name, rls
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relation;
    if name is null then
      result := result || jsonb_build_array(jsonb_build_object('gone', true));
      continue;
    end if;
    select coalesce(array_agg(a.attname::text order by a.attnum), '{}') into pk
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    where i.indrelid = relation and i.indisprimary;

    visible := '[]';
    if rls and cardinality(pk) > 0 and jsonb_array_length(entry -> 'keys') > 0 then
      select format(
        'select coalesce(jsonb_agg(k.__n), ''[]'') from jsonb_to_recordset($1) as k(__n int, %s) where exists (select from %s x where %s)',
        string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', '),
        name,
        string_agg(format('x.%1$I = k.%1$I', a.attname), ' and ')
      ) into query from pg_attribute a where a.attrelid = relation and a.attname = any (pk);
      visible := realtime.sfp_visible_rows(query, entry -> 'keys', entry -> 'viewers');
    end if;

    matches := '[]';
    for item in select * from jsonb_array_elements(entry -> 'filters') loop
      begin
        select format(
          'select coalesce(jsonb_agg(k.__n), ''[]'') from jsonb_to_recordset($1) as k(__n int, %s) where %s',
          (select string_agg(distinct format('%I %s', f ->> 'column', f ->> 'type'), ', ')
            from jsonb_array_elements(item -> 'filters') as f),
          (select string_agg(realtime.sfp_condition(f), ' and ') from jsonb_array_elements(item -> 'filters') as f)
        ) into query;
        perform realtime.sfp_assume(item ->> 'role', '{}');
        execute query into found using item -> 'rows';
      exception when others then found := '[]';
      end;
      perform set_config('role', 'none', true);
      matches := matches || jsonb_build_array(found);
    end loop;

    result := result || jsonb_build_array(jsonb_build_object(
      'rls', rls, 'pk', to_jsonb(pk), 'visible', visible, 'matches', matches,
      'columns', (
        select coalesce(jsonb_agg(jsonb_build_object('name', a.attname, 'type', t.typname) order by a.attnum), '[]')
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
      ),
      'roles', (
        select coalesce(jsonb_object_agg(r.role, (
          select coalesce(jsonb_agg(a.attname), '[]') from pg_attribute a
          where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
            and has_column_privilege(r.role, relation, a.attnum, 'SELECT')
        )), '{}')
        from jsonb_array_elements_text(entry -> 'roles') as r(role)
        where exists (select from pg_roles where rolname = r.role)
      )
    ));
  end loop;
  return result;
end
$$;

revoke all on function realtime.sfp_check_binding(text, text, jsonb, jsonb, text) from public;
revoke all on function realtime.sfp_condition(jsonb) from public;
revoke all on function realtime.sfp_resolve_changes(jsonb, bigint[]) from public;
revoke all on function realtime.sfp_await_visible(bigint[]) from public;
revoke all on function realtime.sfp_visible_rows(text, jsonb, jsonb) from public;
