-- breaking: no
-- Documents in collections: JSON under a key, every change a version.
--
-- For SECURITY DEFINER functions of other migrations, which have asked who may (nothing here asks again, nor writes to
-- the audit log); the collection is named, and a platform collection (build-manifests, changelogs,
-- configuration-snapshots) is made when it is not there yet:
--   private.put_document(account, collection, key, value jsonb, expected int = null, by uuid = auth.uid()) → public.document
--     expected: null any, 0 only when there is none, n only this version; else 409 document_exists, version_conflict
--   private.delete_document(account, collection, key, expected int = null, by uuid = auth.uid()) → public.document
--   private.get_document(account, collection, key, version int = null) → public.document, null when there is none
--   private.list_documents(account, collection, prefix text = null, contains jsonb = null, limit = 100)
--     → setof public.document, by key
--
-- Documents are in `private` and reached through functions alone, also by clients of REST: a put is a version, a line of
-- history, a limit and a choice of table, and what read or wrote a table itself would break the day its collection moves.

-- shared: with those of other collections. dedicated: in tables of its own. Between them both are written, one is read.
create type public.collection_storage as enum ('shared', 'copying', 'switching', 'dedicated');

create table public.collections (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$'),
  description text not null default '' check (length(description) <= 1000),
  -- The platform's own: people read it, the platform writes it.
  managed boolean not null default false,
  max_document_bytes int not null default 262144 check (max_document_bytes between 1024 and 1048576),
  -- Versions before the current one.
  keep_versions int not null default 20 check (keep_versions between 0 and 1000),
  storage public.collection_storage not null default 'shared',
  -- Of the dedicated table: [{"path": "build.number", "type": "number"}].
  indexes jsonb not null default '[]',
  version int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (account_id, name)
);
create index collections_created_idx on public.collections (created_at desc, id desc);
-- A move of the platform's is no change of a person's: it leaves the version that people hold.
create trigger next_version before update of name, description, max_document_bytes, keep_versions on public.collections
  for each row execute function private.next_version();
create trigger audit after insert or update on public.collections for each row when (not new.managed)
  execute function private.audit('collection', 'name', 'description', 'max_document_bytes', 'keep_versions', 'storage', 'indexes');
create trigger audit_managed after update on public.collections for each row when (new.managed)
  execute function private.audit('collection', 'storage', 'indexes');
create trigger audit_delete after delete on public.collections for each row when (not old.managed)
  execute function private.audit('collection', 'name');

create function private.collection_storage_may_move(p_from public.collection_storage, p_to public.collection_storage)
returns boolean language sql immutable set search_path = '' as $$
  select (p_from, p_to) in (('shared', 'copying'), ('copying', 'switching'), ('switching', 'dedicated'))
$$;
create function private.check_collection_storage() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.storage <> old.storage and not private.collection_storage_may_move(old.storage, new.storage) then
    perform private.fail(409, 'illegal_move', format('A collection that is %s does not become %s.', old.storage, new.storage));
  end if;
  return new;
end $$;
create trigger storage_moves before update of storage on public.collections
  for each row execute function private.check_collection_storage();

alter table public.collections enable row level security;
-- Who may bypass RLS may still not say where documents are.
revoke insert, update, truncate on public.collections from service_role;
grant select, delete on public.collections to authenticated;
grant insert (id, account_id, name, description, max_document_bytes, keep_versions),
  update (description, max_document_bytes, keep_versions) on public.collections to authenticated, service_role;
create policy collections_read on public.collections for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create policy collections_insert on public.collections for insert to authenticated
  with check (account_id in (select private.member_account_ids('admin')));
create policy collections_update on public.collections for update to authenticated
  using (not managed and account_id in (select private.member_account_ids('admin')))
  with check (not managed and account_id in (select private.member_account_ids('admin')));
create policy collections_delete on public.collections for delete to authenticated
  using (not managed and account_id in (select private.member_account_ids('admin')));

create function private.make_platform_collections(p_account_id uuid) returns void language sql set search_path = '' as $$
  insert into public.collections (account_id, name, description, managed) values
    (p_account_id, 'build-manifests', 'What each build is made of', true),
    (p_account_id, 'changelogs', 'What changed from release to release', true),
    (p_account_id, 'configuration-snapshots', 'Configuration as it was at a time', true)
  on conflict (account_id, name) do nothing
$$;
create function private.account_collections() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform private.make_platform_collections(new.id);
  return null;
end $$;
create trigger platform_collections after insert on public.accounts
  for each row execute function private.account_collections();
select private.make_platform_collections(id) from public.accounts;

create table private.documents (
  -- No foreign key: what is left of a deleted collection is cleared in batches.
  collection_id uuid not null,
  -- By bytes, so that a page of keys and a prefix are ranges of the index. Whole dots would not survive in a URL.
  key text collate "C" not null
    check (length(key) between 1 and 512 and key !~ '[[:cntrl:]]' and key not in ('.', '..')),
  version int not null default 1,
  -- Null: deleted. The row stays and goes on counting.
  value jsonb,
  bytes int not null,
  created_at timestamptz not null default clock_timestamp(),
  created_by uuid,
  updated_at timestamptz not null default clock_timestamp(),
  updated_by uuid,
  primary key (collection_id, key)
);
-- Former rows.
create table private.document_versions (
  like private.documents including defaults,
  primary key (collection_id, key, version)
);
alter table private.documents enable row level security;
alter table private.document_versions enable row level security;

-- An index of an expression is not partial: the planner takes figures about the expression from whole ones alone.
-- jsonb_path_ops hashes a value with its path: with the collection as the first step of the path, a search in one
-- collection meets none of another's entries.
create function private.document_scope(p_collection_id uuid, p_value jsonb) returns jsonb
language sql immutable parallel safe set search_path = '' as $$ select jsonb_build_object(p_collection_id::text, p_value) $$;
create index documents_updated_idx on private.documents (collection_id, updated_at desc, key desc) where value is not null;
create index documents_value_idx on private.documents
  using gin (private.document_scope(collection_id, value) jsonb_path_ops);

-- What is left to do for a collection, step by step (advance_collections): copy it into tables of its own, discard those
-- tables, clear the shared ones of it. No foreign key: a discard outlives its collection.
create table private.collection_jobs (
  collection_id uuid primary key,
  kind text not null check (kind in ('copy', 'discard', 'clear')),
  -- Done up to this key.
  after_key text collate "C" not null default '',
  touched_at timestamptz not null default clock_timestamp()
);
alter table private.collection_jobs enable row level security;

create type public.document as (
  collection_id uuid, key text, version int, deleted boolean, value jsonb, bytes int,
  created_at timestamptz, created_by uuid, updated_at timestamptz, updated_by uuid
);
create function private.to_document(p_row private.documents) returns public.document
language sql immutable set search_path = '' as $$
  select case when p_row.key is not null then row(p_row.collection_id, p_row.key, p_row.version, p_row.value is null,
    p_row.value, p_row.bytes, p_row.created_at, p_row.created_by, p_row.updated_at, p_row.updated_by)::public.document end
$$;

-- Names of tables are made of ids, never of what somebody typed.
create function private.documents_table(p_collection_id uuid, p_storage public.collection_storage) returns text
language sql immutable set search_path = '' as $$
  select 'private.documents' || case p_storage when 'dedicated' then '_' || replace(p_collection_id::text, '-', '') else '' end
$$;
create function private.document_versions_table(p_collection_id uuid, p_storage public.collection_storage) returns text
language sql immutable set search_path = '' as $$
  select 'private.document_versions' || case p_storage when 'dedicated' then '_' || replace(p_collection_id::text, '-', '') else '' end
$$;

-- Writers hold it shared until their transaction ends, a change of the storage holds it alone, for moments: so no writer
-- is between two tables. A lock in memory, where one on the collection's row would be a write of every writer.
create function private.collection_lock(p_collection_id uuid) returns bigint
language sql immutable set search_path = '' as $$ select hashtextextended('sfp collection ' || p_collection_id, 0) $$;
create function private.hold_collection(p_collection_id uuid) returns public.collections
language plpgsql set search_path = '' as $$
declare v_collection public.collections;
begin
  perform pg_advisory_xact_lock_shared(private.collection_lock(p_collection_id));
  select * into v_collection from public.collections where id = p_collection_id;
  return v_collection;
end $$;

-- The rows of these keys as they are now, into the dedicated tables. Whoever calls holds them locked.
create function private.copy_documents(p_collection_id uuid, p_keys text[]) returns void
language plpgsql set search_path = '' as $$
declare v_versions text := private.document_versions_table(p_collection_id, 'dedicated');
begin
  execute format('insert into %s as d select * from private.documents where collection_id = $1 and key = any ($2)
    on conflict (key) do update set version = excluded.version, value = excluded.value, bytes = excluded.bytes,
      created_at = excluded.created_at, created_by = excluded.created_by,
      updated_at = excluded.updated_at, updated_by = excluded.updated_by
    where d.version <> excluded.version', private.documents_table(p_collection_id, 'dedicated'))
  using p_collection_id, p_keys;
  execute format('delete from %s where key = any ($1)', v_versions) using p_keys;
  execute format('insert into %s select * from private.document_versions where collection_id = $1 and key = any ($2)', v_versions)
  using p_collection_id, p_keys;
end $$;

create function private.check_document_version(p_row private.documents, p_expected int) returns void
language plpgsql set search_path = '' as $$
begin
  if p_expected is null then return; end if;
  if p_expected < 0 then perform private.fail(422, 'invalid_value', 'A version is 1 or more; 0 stands for none.'); end if;
  if p_expected = 0 and p_row.value is not null then
    perform private.fail(409, 'document_exists', format('There is already a document with this key, at version %s.', p_row.version),
      'Read it, see whether your change still fits, and send it with its version.');
  elsif p_expected > 0 and (p_row.value is null or p_row.version <> p_expected) then
    perform private.fail(409, 'version_conflict', format('Your change was made to version %s; %s.', p_expected, case
      when p_row.key is null then 'there is no such document'
      when p_row.value is null then format('it is deleted, at version %s', p_row.version)
      else format('it is now at version %s', p_row.version) end),
      'Read it again, see whether your change still fits, and send it with the new version.');
  end if;
end $$;

-- A new version of a document; a null value deletes it. The row's lock puts its writers in a line.
create function private.write_document(p_collection public.collections, p_key text, p_value jsonb, p_expected int, p_by uuid)
returns public.document language plpgsql set search_path = '' as $$
declare
  v_documents text := private.documents_table(p_collection.id, p_collection.storage);
  v_versions text := private.document_versions_table(p_collection.id, p_collection.storage);
  v_bytes int := coalesce(octet_length(p_value::text), 0);
  v_old private.documents; v_new private.documents;
begin
  if p_key is null or length(p_key) not between 1 and 512 or p_key ~ '[[:cntrl:]]' or p_key in ('.', '..') then
    perform private.fail(422, 'document_key_invalid', 'A key has 1 to 512 characters, none of them a control character, and is not "." or "..".');
  elsif v_bytes > p_collection.max_document_bytes then
    perform private.fail(413, 'document_too_large',
      format('The document has %s bytes; the collection %s takes at most %s.', v_bytes, p_collection.name, p_collection.max_document_bytes),
      'Split it, or raise the limit, 1048576 at most: sfp collection update ' || p_collection.name || ' --max-bytes <bytes>');
  end if;
  loop
    execute format('select * from %s where collection_id = $1 and key = $2 for update', v_documents)
    into v_old using p_collection.id, p_key;
    if p_value is null and v_old.value is null and coalesce(p_expected, 0) = 0 then
      perform private.fail(404, 'not_found', format('There is no document %s in the collection %s.', p_key, p_collection.name),
        format('List them: sfp document list %s', p_collection.name));
    end if;
    perform private.check_document_version(v_old, p_expected);
    exit when v_old.key is not null;
    execute format('insert into %s (collection_id, key, value, bytes, created_by, updated_by) values ($1, $2, $3, $4, $5, $5)
      on conflict do nothing returning *', v_documents)
    into v_new using p_collection.id, p_key, p_value, v_bytes, p_by;
    exit when v_new.key is not null; -- else somebody else was first, and is found now
  end loop;
  if v_old.key is not null then
    if p_collection.keep_versions > 0 then
      execute format('insert into %s select ($1).*', v_versions) using v_old;
    end if;
    execute format('delete from %s where collection_id = $1 and key = $2 and version <= $3', v_versions)
    using p_collection.id, p_key, v_old.version - p_collection.keep_versions;
    execute format('update %s set version = version + 1, value = $3, bytes = $4, updated_at = clock_timestamp(), updated_by = $5,
      created_at = case when value is null then clock_timestamp() else created_at end,
      created_by = case when value is null then $5 else created_by end
      where collection_id = $1 and key = $2 returning *', v_documents)
    into v_new using p_collection.id, p_key, p_value, v_bytes, p_by;
  end if;
  if p_collection.storage in ('copying', 'switching') then
    perform private.copy_documents(p_collection.id, array[p_key]);
  end if;
  return private.to_document(v_new);
end $$;

create function private.read_document(p_collection public.collections, p_key text, p_version int)
returns public.document language plpgsql stable set search_path = '' as $$
declare v_row private.documents;
begin
  execute format('select * from %s where collection_id = $1 and key = $2 and version = coalesce($3, version)',
    private.documents_table(p_collection.id, p_collection.storage))
  into v_row using p_collection.id, p_key, p_version;
  if v_row.key is null and p_version is not null then
    execute format('select * from %s where collection_id = $1 and key = $2 and version = $3',
      private.document_versions_table(p_collection.id, p_collection.storage))
    into v_row using p_collection.id, p_key, p_version;
  end if;
  return private.to_document(v_row);
end $$;

-- The value at a path of a document as SQL, for conditions and for indexes: they meet when they are the same. A number
-- of more digits than anybody compares, and whatever is of another type, is null.
create function private.document_field(p_path text, p_type text) returns text
language sql immutable set search_path = '' as $$
  select format(case p_type
    when 'number' then '(case when jsonb_typeof(value #> %1$L) = ''number'' and length(value #>> %1$L) <= 300 then (value #>> %1$L)::numeric end)'
    else '((case when jsonb_typeof(value #> %1$L) = ''string'' then value #>> %1$L end) collate "C")' end,
    '{"' || replace(p_path, '.', '","') || '"}')
$$;
-- What of it is indexed: a long text would not fit into an entry.
create function private.indexed_field(p_path text, p_type text) returns text
language sql immutable set search_path = '' as $$
  select case p_type when 'text' then format('left(%s, 128)', private.document_field(p_path, p_type))
    else private.document_field(p_path, p_type) end
$$;
-- Steps begin with a letter: a step that is a number would mean the element of an array here and a key there.
create function private.is_document_path(p_path text) returns boolean language sql immutable set search_path = '' as $$
  select length(p_path) <= 200 and p_path ~ '^[A-Za-z_][A-Za-z0-9_-]*([.][A-Za-z_][A-Za-z0-9_-]*){0,7}$'
$$;
create function private.nest_value(p_path text, p_value jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
declare v_step text; v_nested jsonb := p_value; v_steps text[] := string_to_array(p_path, '.');
begin
  for i in reverse array_length(v_steps, 1)..1 loop
    v_step := v_steps[i];
    v_nested := jsonb_build_object(v_step, v_nested);
  end loop;
  return v_nested;
end $$;

-- {path, op, value} as a condition. What the caller sent stays data: the path has passed is_document_path and stands as
-- a literal, the operator is one of these, values are parameters ($3: what is to be contained, $4: the filters).
create function private.document_condition(p_collection public.collections, p_filter jsonb, p_at int)
returns text language plpgsql immutable set search_path = '' as $$
declare
  v_path text := p_filter ->> 'path'; v_op text := p_filter ->> 'op';
  v_type text := case jsonb_typeof(p_filter -> 'value') when 'string' then 'text' else jsonb_typeof(p_filter -> 'value') end;
  v_value text := format('($4 -> %s ->> ''value'')', p_at);
  v_contained text := format('($3)[%s]', p_at + 2);
begin
  if private.is_document_path(v_path) is not true or v_op is null or v_op not in ('=', '!=', '>', '>=', '<', '<=')
    or v_type is null or v_type in ('object', 'array')
    or (v_op not in ('=', '!=') and v_type not in ('text', 'number'))
    or (v_type = 'number' and length(p_filter ->> 'value') > 300) then
    perform private.fail(422, 'filter_invalid', format('This is no filter: %s.', left(p_filter::text, 200)),
      'A filter is {path, op, value}: a path of names with dots, one of = != > >= < <=, and a text, a number, true, false or null; what is compared by size is a text or a number.');
  end if;
  if v_op = '!=' then return format('not value @> %s', v_contained); end if;
  if v_op = '=' and not (p_collection.storage = 'dedicated'
    and p_collection.indexes @> jsonb_build_array(jsonb_build_object('path', v_path, 'type', v_type))) then
    return private.document_containment(p_collection.storage, v_contained);
  end if;
  if v_type = 'number' then return format('%s %s %s::numeric', private.document_field(v_path, v_type), v_op, v_value); end if;
  return format('%s %s left(%s, 128) and %s %s %s', private.indexed_field(v_path, v_type),
    case v_op when '<' then '<=' when '>' then '>=' else v_op end, v_value,
    private.document_field(v_path, v_type), v_op, v_value);
end $$;
create function private.document_containment(p_storage public.collection_storage, p_contained text) returns text
language sql immutable set search_path = '' as $$
  select case p_storage when 'dedicated' then format('value @> %s', p_contained)
    else format('private.document_scope(collection_id, value) @> private.document_scope($1, %s)', p_contained) end
$$;

-- One page as a query of $1 collection, $2 prefix, $3 what is to be contained, $4 filters, $5 and $6 key and time of the
-- last row before, $7 how many. A function of its own so that a test can ask the planner.
create function private.documents_query(p_collection public.collections, p_filters jsonb, p_contains boolean,
  p_prefix boolean, p_order text, p_after boolean)
returns text language plpgsql immutable set search_path = '' as $$
declare v_conditions text[] := array['collection_id = $1', 'value is not null'];
begin
  if p_prefix then v_conditions := v_conditions || 'key ^@ $2'::text; end if;
  if p_contains then v_conditions := v_conditions || private.document_containment(p_collection.storage, '($3)[1]'); end if;
  for i in 0..jsonb_array_length(p_filters) - 1 loop
    v_conditions := v_conditions || private.document_condition(p_collection, p_filters -> i, i);
  end loop;
  if p_after then
    v_conditions := v_conditions || case p_order when 'key' then 'key > $5' else '(updated_at, key) < ($6, $5)' end;
  end if;
  return format('select * from %s where %s order by %s limit $7', private.documents_table(p_collection.id, p_collection.storage),
    array_to_string(v_conditions, ' and '), case p_order when 'key' then 'key' else 'updated_at desc, key desc' end);
end $$;

-- {documents, next}: next is what to pass as p_after for the page that follows, null on the last.
create function private.find_documents(p_collection public.collections, p_filters jsonb, p_contains jsonb, p_prefix text,
  p_order text, p_after jsonb, p_limit int, p_values boolean)
returns jsonb language plpgsql stable set search_path = '' as $$
declare v_contained jsonb[] := array[p_contains]; v_page text; v_answer jsonb;
begin
  if p_order not in ('key', 'updated') or p_limit not between 1 and 200 or num_nulls(p_order, p_limit, p_values) > 0 then
    perform private.fail(422, 'invalid_value', 'The order is key or updated, the limit 1 to 200.');
  elsif jsonb_typeof(p_filters) is distinct from 'array' or jsonb_array_length(p_filters) > 20 then
    perform private.fail(422, 'filter_invalid', 'Filters are an array of at most 20.');
  elsif jsonb_typeof(p_contains) not in ('object', 'array') then
    perform private.fail(422, 'filter_invalid', 'What documents are to contain is an object or an array.');
  end if;
  v_page := private.documents_query(p_collection, p_filters, p_contains is not null, p_prefix is not null, p_order, p_after is not null);
  for i in 0..jsonb_array_length(p_filters) - 1 loop
    v_contained := v_contained || private.nest_value(p_filters -> i ->> 'path', p_filters -> i -> 'value');
  end loop;
  -- With values a page ends after 4 MiB of them, so that an answer stays one that can be handled.
  execute format($query$
    with page as (%1$s),
    counted as (select p.*, row_number() over here as n, sum(p.bytes) over here as total
      from page p window here as (order by %2$s)),
    marked as (select *, n < $7 and (n = 1 or not $8 or total <= 4194304) as shown from counted)
    select jsonb_build_object(
      'documents', coalesce(jsonb_agg(jsonb_build_object('collection_id', collection_id, 'key', key, 'version', version,
        'deleted', false, 'bytes', bytes, 'created_at', created_at, 'created_by', created_by, 'updated_at', updated_at,
        'updated_by', updated_by) || case when $8 then jsonb_build_object('value', value) else '{}' end
        order by n) filter (where shown), '[]'),
      'next', case when not bool_and(shown) then (select jsonb_build_object('key', key, 'updated_at', updated_at)
        from marked where shown order by n desc limit 1) end)
    from marked $query$, v_page, case p_order when 'key' then 'p.key' else 'p.updated_at desc, p.key desc' end)
  into v_answer using p_collection.id, p_prefix, v_contained, p_filters,
    p_after ->> 'key', (p_after ->> 'updated_at')::timestamptz, p_limit + 1, p_values;
  return v_answer;
end $$;

-- The collection for a caller in this role; writers hold it where it is.
create function private.open_collection(p_id uuid, p_minimum public.account_role) returns public.collections
language plpgsql stable set search_path = '' as $$
declare v_collection public.collections;
begin
  select * into v_collection from public.collections where id = p_id;
  perform private.require_role(v_collection.account_id, p_minimum, 'collection');
  if v_collection.id is null then perform private.fail(404, 'not_found', 'There is no such collection.'); end if;
  return v_collection;
end $$;
create function private.open_collection_to_write(p_id uuid) returns public.collections
language plpgsql set search_path = '' as $$
declare v_collection public.collections := private.hold_collection(p_id);
begin
  perform private.require_role(v_collection.account_id, 'member', 'collection');
  if v_collection.id is null then perform private.fail(404, 'not_found', 'There is no such collection.'); end if;
  if v_collection.managed and not private.is_service() then
    perform private.fail(403, 'collection_managed', format('The platform alone writes to the collection %s.', v_collection.name),
      'Make one of your own: sfp collection create <name>');
  end if;
  return v_collection;
end $$;

-- A line of the audit log about the collection. What was written is in the history, not here.
create function private.audit_document(p_collection public.collections, p_action text, p_document public.document)
returns void language plpgsql set search_path = '' as $$
declare
  v_claims jsonb := coalesce((select auth.jwt()), '{}');
  v_headers jsonb := coalesce(nullif(current_setting('request.headers', true), ''), '{}')::jsonb;
begin
  insert into public.audit_log (account_id, actor_user_id, actor_email, actor_role, application_token_id, action,
    subject_type, subject_id, detail, source)
  values (p_collection.account_id, (v_claims ->> 'sub')::uuid, nullif(v_claims ->> 'email', ''),
    coalesce(v_claims ->> 'role', session_user), (v_claims ->> 'app_token_id')::uuid, 'update', 'collection', p_collection.id,
    jsonb_build_object('document', p_document.key, 'version', p_document.version, 'change', p_action),
    jsonb_strip_nulls(jsonb_build_object('address', v_headers ->> 'x-forwarded-for',
      'userAgent', left(v_headers ->> 'user-agent', 200), 'requestId', v_headers ->> 'x-request-id')));
end $$;

create function public.put_document(p_collection_id uuid, p_key text, p_value jsonb, p_expected int default null)
returns public.document language plpgsql security definer set search_path = '' as $$
declare v_collection public.collections := private.open_collection_to_write(p_collection_id); v_document public.document;
begin
  if p_value is null or p_value = 'null' then
    perform private.fail(422, 'document_empty', 'A document is any JSON but null.', 'Delete it: sfp document delete <collection> <key>');
  end if;
  v_document := private.write_document(v_collection, p_key, p_value, p_expected, (select auth.uid()));
  perform private.audit_document(v_collection, 'put', v_document);
  return v_document;
end $$;
grant execute on function public.put_document(uuid, text, jsonb, int) to authenticated, service_role;

create function public.delete_document(p_collection_id uuid, p_key text, p_expected int default null)
returns public.document language plpgsql security definer set search_path = '' as $$
declare v_collection public.collections := private.open_collection_to_write(p_collection_id); v_document public.document;
begin
  v_document := private.write_document(v_collection, p_key, null, p_expected, (select auth.uid()));
  perform private.audit_document(v_collection, 'delete', v_document);
  return v_document;
end $$;
grant execute on function public.delete_document(uuid, text, int) to authenticated, service_role;

create function public.get_document(p_collection_id uuid, p_key text, p_version int default null)
returns public.document language plpgsql stable security definer set search_path = '' as $$
declare
  v_collection public.collections := private.open_collection(p_collection_id, 'viewer');
  v_document public.document := private.read_document(v_collection, p_key, p_version);
begin
  if v_document.key is null or (p_version is null and v_document.deleted) then
    perform private.fail(404, 'not_found', format('There is no document %s%s in the collection %s.', p_key,
      case when p_version is not null then format(' at version %s', p_version) when v_document.deleted then ' any more' else '' end,
      v_collection.name),
      case when v_document.deleted or p_version is not null then format('See its versions: sfp document history %s %s', v_collection.name, p_key)
        else format('List them: sfp document list %s', v_collection.name) end);
  end if;
  return v_document;
end $$;
grant execute on function public.get_document(uuid, text, int) to authenticated, service_role;

create function public.list_documents(p_collection_id uuid, p_filters jsonb default '[]', p_contains jsonb default null,
  p_prefix text default null, p_order text default 'key', p_after jsonb default null, p_limit int default 50,
  p_values boolean default true)
returns jsonb language plpgsql stable security definer set search_path = '' as $$
begin
  return private.find_documents(private.open_collection(p_collection_id, 'viewer'), p_filters, p_contains, p_prefix, p_order,
    p_after, p_limit, p_values);
end $$;
grant execute on function public.list_documents(uuid, jsonb, jsonb, text, text, jsonb, int, boolean) to authenticated, service_role;

-- Newest first, the current one too; a deletion is one. Without the values: each is there to get.
create function public.list_document_versions(p_collection_id uuid, p_key text, p_before int default null, p_limit int default 50)
returns setof public.document language plpgsql stable security definer set search_path = '' as $$
declare v_collection public.collections := private.open_collection(p_collection_id, 'viewer');
begin
  if (private.read_document(v_collection, p_key, null)).key is null then
    perform private.fail(404, 'not_found', format('There is no document %s in the collection %s.', p_key, v_collection.name),
      format('List them: sfp document list %s', v_collection.name));
  end if;
  return query execute format($query$
    select collection_id, key::text, version, value is null, null::jsonb, bytes, created_at, created_by, updated_at, updated_by
    from (select * from %s union all select * from %s) v
    where collection_id = $1 and key = $2 and version < coalesce($3, 2147483647) order by version desc limit $4 $query$,
    private.documents_table(v_collection.id, v_collection.storage), private.document_versions_table(v_collection.id, v_collection.storage))
  using p_collection_id, p_key, p_before, least(p_limit, 1000);
end $$;
grant execute on function public.list_document_versions(uuid, text, int, int) to authenticated, service_role;

-- The collection of this name, for functions of the platform.
create function private.named_collection(p_account_id uuid, p_name text) returns public.collections
language plpgsql stable set search_path = '' as $$
declare v_collection public.collections;
begin
  select * into v_collection from public.collections where account_id = p_account_id and name = p_name;
  return v_collection;
end $$;
create function private.named_collection_to_write(p_account_id uuid, p_name text) returns public.collections
language plpgsql set search_path = '' as $$
declare v_id uuid := (private.named_collection(p_account_id, p_name)).id; v_collection public.collections;
begin
  if v_id is null then
    perform private.make_platform_collections(p_account_id);
    select id into v_id from public.collections where account_id = p_account_id and name = p_name;
  end if;
  v_collection := private.hold_collection(v_id);
  if v_collection.id is null then
    perform private.fail(404, 'not_found', format('There is no collection %s.', p_name), 'List them: sfp collection list');
  end if;
  return v_collection;
end $$;
create function private.put_document(p_account_id uuid, p_collection text, p_key text, p_value jsonb,
  p_expected int default null, p_by uuid default null)
returns public.document language sql set search_path = '' as $$
  select private.write_document(private.named_collection_to_write(p_account_id, p_collection), p_key,
    coalesce(p_value, 'null'), p_expected, coalesce(p_by, (select auth.uid())))
$$;
create function private.delete_document(p_account_id uuid, p_collection text, p_key text, p_expected int default null,
  p_by uuid default null)
returns public.document language sql set search_path = '' as $$
  select private.write_document(private.named_collection_to_write(p_account_id, p_collection), p_key, null, p_expected,
    coalesce(p_by, (select auth.uid())))
$$;
create function private.get_document(p_account_id uuid, p_collection text, p_key text, p_version int default null)
returns public.document language plpgsql stable set search_path = '' as $$
declare v_document public.document;
begin
  v_document := private.read_document(private.named_collection(p_account_id, p_collection), p_key, p_version);
  return case when not v_document.deleted then v_document end;
end $$;
create function private.list_documents(p_account_id uuid, p_collection text, p_prefix text default null,
  p_contains jsonb default null, p_limit int default 100)
returns setof public.document language sql stable set search_path = '' as $$
  select jsonb_populate_record(null::public.document, d.document)
  from jsonb_array_elements(private.find_documents(private.named_collection(p_account_id, p_collection), '[]', p_contains,
    p_prefix, 'key', null, p_limit, true) -> 'documents') with ordinality d (document, n) order by d.n
$$;

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
