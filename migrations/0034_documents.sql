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
