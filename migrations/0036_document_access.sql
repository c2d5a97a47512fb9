-- breaking: no
-- Documents for callers and, below, for functions of the platform.

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
