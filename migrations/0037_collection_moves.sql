-- breaking: no
-- The move of a collection to tables of its own, while it is used.

-- Begins the move of a collection to tables of its own; advance_collections does it, and can be stopped anywhere. From
-- here on writers write both, so what is copied behind them stays as they left it.
create function public.promote_collection(p_id uuid, p_indexes jsonb default '[]')
returns public.collections language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  v_collection public.collections := private.open_collection(p_id, 'admin');
  v_documents text := private.documents_table(p_id, 'dedicated'); v_versions text := private.document_versions_table(p_id, 'dedicated');
  v_index jsonb; v_indexes jsonb := '[]'; v_count int := 0;
begin
  if jsonb_typeof(p_indexes) is distinct from 'array' or jsonb_array_length(p_indexes) > 8 then
    perform private.fail(422, 'index_invalid', 'Indexes are an array of at most 8.');
  end if;
  for v_index in select value from jsonb_array_elements(p_indexes) loop
    if private.is_document_path(v_index ->> 'path') is not true or coalesce(v_index ->> 'type', '') not in ('text', 'number') then
      perform private.fail(422, 'index_invalid', format('This is no index: %s.', left(v_index::text, 200)),
        'An index is {path, type}: a path of names with dots, as in build.number, and text or number.');
    end if;
    v_index := jsonb_build_object('path', v_index ->> 'path', 'type', v_index ->> 'type');
    if not v_indexes @> jsonb_build_array(v_index) then v_indexes := v_indexes || v_index; end if;
  end loop;
  begin
    perform pg_advisory_xact_lock(private.collection_lock(p_id));
  exception when lock_not_available then
    perform private.fail(503, 'collection_busy', 'Somebody holds the collection in a long transaction.', 'Try again.');
  end;
  select * into v_collection from public.collections where id = p_id for update;
  if v_collection.id is null then perform private.fail(404, 'not_found', 'There is no such collection.'); end if;
  if v_collection.storage <> 'shared' then
    -- Asked again, after an answer that was lost.
    if v_collection.indexes = v_indexes then return v_collection; end if;
    perform private.fail(409, 'collection_promoted', format('The collection %s is already %s, with other indexes.', v_collection.name, v_collection.storage),
      format('See them: sfp collection get %s', v_collection.name));
  end if;
  execute format('create table %s (like private.documents including defaults including constraints, primary key (key), check (collection_id = %L))',
    v_documents, p_id);
  execute format('create table %s (like private.documents including defaults including constraints, primary key (key, version), check (collection_id = %L))',
    v_versions, p_id);
  execute format('alter table %s enable row level security', v_documents);
  execute format('alter table %s enable row level security', v_versions);
  -- Before there is a row, so that no index is ever built under a lock that writers wait for.
  execute format('create index on %s (updated_at desc, key desc) where value is not null', v_documents);
  execute format('create index on %s using gin (value jsonb_path_ops) where value is not null', v_documents);
  for v_index in select value from jsonb_array_elements(v_indexes) loop
    v_count := v_count + 1;
    execute format('create index documents_%s_field_%s on %s ((%s), key)', replace(p_id::text, '-', ''), v_count,
      v_documents, private.indexed_field(v_index ->> 'path', v_index ->> 'type'));
  end loop;
  insert into private.collection_jobs (collection_id, kind) values (p_id, 'copy');
  update public.collections set storage = 'copying', indexes = v_indexes where id = p_id returning * into v_collection;
  return v_collection;
end $$;
grant execute on function public.promote_collection(uuid, jsonb) to authenticated, service_role;

-- The next keys to copy: locked, so that their writers wait these milliseconds and copy what they make of it themselves.
create function private.copy_next_documents(p_collection_id uuid, p_after text) returns text
language plpgsql set search_path = '' as $$
declare v_keys text[];
begin
  with locked as (
    select key, bytes from private.documents where collection_id = p_collection_id and key > p_after
    order by key limit 500 for update
  ), sized as (
    select key, sum(bytes + (select coalesce(sum(v.bytes), 0) from private.document_versions v
      where v.collection_id = p_collection_id and v.key = l.key)) over (order by key) as total, row_number() over (order by key) as n
    from locked l
  )
  select array_agg(key order by key) into v_keys from sized where n = 1 or total <= 8388608;
  if v_keys is not null then perform private.copy_documents(p_collection_id, v_keys); end if;
  return v_keys[array_length(v_keys, 1)];
end $$;

create function private.clear_next_documents(p_collection_id uuid, p_after text) returns text
language plpgsql set search_path = '' as $$
declare v_last text;
begin
  with gone as (
    delete from private.documents where collection_id = p_collection_id and key in (
      select key from private.documents where collection_id = p_collection_id and key > p_after order by key limit 500)
    returning key
  ), former as (
    delete from private.document_versions v using gone g where v.collection_id = p_collection_id and v.key = g.key
  )
  select max(key) into v_last from gone;
  return v_last;
end $$;

-- One step of one job, of milliseconds, in a transaction of its own: a driver that dies loses that step. Says whether there
-- is more to do. What it waits for it gives up before anybody is taken for a deadlock's victim, and tries again later.
create function public.advance_collections()
returns boolean language plpgsql security definer set search_path = '' set lock_timeout = '500ms' as $$
declare v_job private.collection_jobs; v_storage public.collection_storage; v_last text;
begin
  select * into v_job from private.collection_jobs order by touched_at limit 1 for update skip locked;
  if v_job.collection_id is null then return false; end if;
  update private.collection_jobs set touched_at = clock_timestamp() where collection_id = v_job.collection_id;
  begin
    if v_job.kind = 'discard' then
      execute format('drop table if exists %s, %s', private.documents_table(v_job.collection_id, 'dedicated'),
        private.document_versions_table(v_job.collection_id, 'dedicated'));
      update private.collection_jobs set kind = 'clear', after_key = '' where collection_id = v_job.collection_id;
    elsif v_job.kind = 'clear' then
      v_last := private.clear_next_documents(v_job.collection_id, v_job.after_key);
      if v_last is null then
        delete from private.collection_jobs where collection_id = v_job.collection_id;
      else
        update private.collection_jobs set after_key = v_last where collection_id = v_job.collection_id;
      end if;
    else
      select storage into v_storage from public.collections where id = v_job.collection_id;
      if v_storage = 'copying' then
        v_last := private.copy_next_documents(v_job.collection_id, v_job.after_key);
        if v_last is not null then
          update private.collection_jobs set after_key = v_last where collection_id = v_job.collection_id;
        else
          update public.collections set storage = 'switching' where id = v_job.collection_id;
        end if;
      elsif v_storage = 'switching' then
        -- Before readers come: a plan without figures could be any.
        execute format('analyze %s, %s', private.documents_table(v_job.collection_id, 'dedicated'),
          private.document_versions_table(v_job.collection_id, 'dedicated'));
        perform pg_advisory_xact_lock(private.collection_lock(v_job.collection_id));
        update public.collections set storage = 'dedicated' where id = v_job.collection_id;
        update private.collection_jobs set kind = 'clear', after_key = '' where collection_id = v_job.collection_id;
      end if;
    end if;
  exception when lock_not_available or deadlock_detected then
    return false;
  end;
  return exists (select 1 from private.collection_jobs);
end $$;
grant execute on function public.advance_collections() to service_role;

-- A collection goes at once; its documents follow in batches.
create function private.discard_collection() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  -- Waits for who writes in it; who comes after finds no collection.
  perform pg_advisory_xact_lock(private.collection_lock(old.id));
  insert into private.collection_jobs (collection_id, kind) values (old.id, 'discard')
  on conflict (collection_id) do update set kind = 'discard', after_key = '';
  return old;
end $$;
create trigger discard_collection before delete on public.collections
  for each row execute function private.discard_collection();
