-- breaking: no
-- Searching documents: filters that stay data, conditions that meet an index.

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
