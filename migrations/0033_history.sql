-- breaking: no
-- History: finding deployments and tasks. Row level security does not let an index answer what is not leakproof (a
-- status, a word), so these look past it and check the accounts themselves.

-- The words of some text, for a search: letters and digits, in lower case. Not to_tsvector: it takes refs for paths and
-- commits for numbers. A lexeme has at most 2 KB.
create function private.words_of(p_text text) returns tsvector language sql immutable set search_path = '' as $$
  select array_to_tsvector(array(
    select distinct w from unnest(string_to_array(regexp_replace(lower(p_text), '[^[:alnum:]]+', ' ', 'g'), ' ')) w
    where length(w) between 1 and 100))
$$;
-- The same of what is searched. They call nothing of ours: an index has them run as whoever writes a row, and those may not
-- look into this schema. Their cost is what the planner weighs a look at every row by.
create function private.failure_words(p_failure jsonb) returns tsvector language sql immutable cost 2000 set search_path = '' as $$
  select array_to_tsvector(array(
    select distinct w from unnest(string_to_array(regexp_replace(lower(coalesce(p_failure ->> 'code', '') || ' '
      || left(coalesce(p_failure ->> 'message', ''), 1000) || ' ' || left(coalesce(p_failure ->> 'detail', ''), 2000)),
      '[^[:alnum:]]+', ' ', 'g'), ' ')) w
    where length(w) between 1 and 100))
$$;
create function private.deployment_words(p_ref text, p_commit_sha text, p_metadata jsonb, p_failure jsonb)
returns tsvector language sql immutable cost 2000 set search_path = '' as $$
  select array_to_tsvector(array(
    select distinct w from unnest(string_to_array(regexp_replace(lower(p_ref || ' ' || coalesce(p_commit_sha, '') || ' '
      || left(coalesce(p_metadata #>> '{commit,subject}', ''), 1000) || ' ' || coalesce(p_failure ->> 'code', '') || ' '
      || left(coalesce(p_failure ->> 'message', ''), 1000) || ' ' || left(coalesce(p_failure ->> 'detail', ''), 2000)),
      '[^[:alnum:]]+', ' ', 'g'), ' ')) w
    where length(w) between 1 and 100))
$$;
-- All words, each as the beginning of one; null when there is none.
create function private.words_query(p_text text) returns tsquery language sql immutable set search_path = '' as $$
  select string_agg(quote_literal(lexeme) || ':*', ' & ')::tsquery from unnest(private.words_of(p_text))
$$;

-- Whoever writes a row has its words taken.
grant execute on function private.failure_words(jsonb), private.deployment_words(text, text, jsonb, jsonb)
  to authenticated, service_role;

create index deployments_words_idx on public.deployments
  using gin (private.deployment_words(ref, commit_sha, metadata, failure));
create index deployments_status_idx on public.deployments (account_id, status, created_at desc, id desc);
create index deployments_ref_idx on public.deployments (account_id, ref, created_at desc, id desc);
create index deployments_requester_idx on public.deployments (requested_by, created_at desc, id desc);
drop index public.deployments_requested_by_idx;
create index tasks_words_idx on public.tasks using gin (private.failure_words(failure)) where failure is not null;
create index tasks_status_idx on public.tasks (account_id, status, created_at desc, id desc);
create index tasks_environment_list_idx on public.tasks (environment_id, created_at desc, id desc);
drop index public.tasks_environment_idx;

-- A user by id or e-mail address, a member of one of these accounts.
create function private.member_id(p_accounts uuid[], p_who text) returns uuid language plpgsql stable security definer set search_path = '' as $$
declare v_id uuid;
begin
  if p_who ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then return p_who::uuid; end if;
  select m.user_id into v_id from public.accounts_memberships m join auth.users u on u.id = m.user_id
  where m.account_id = any (p_accounts) and u.email = lower(p_who) limit 1;
  if v_id is null then
    perform private.fail(404, 'not_found', format('There is no such member: %s', p_who), 'List the members: sfp member list');
  end if;
  return v_id;
end $$;

-- What both lists are narrowed by, of the columns of t; $1 to $9 are as in the functions below.
create function private.history_conditions(p_accounts uuid[], p_project_id uuid, p_environment_id uuid, p_status text, p_since timestamptz,
  p_until timestamptz, p_before_at timestamptz)
returns text language sql immutable set search_path = '' as $$
  select concat_ws(' and ',
    case when cardinality(p_accounts) = 1 then 't.account_id = ($1)[1]' else 't.account_id = any ($1)' end,
    case when p_project_id is not null then 't.project_id = $2' end,
    case when p_environment_id is not null then 't.environment_id = $3' end,
    case when p_since is not null then 't.created_at >= $4' end,
    case when p_until is not null then 't.created_at < $5' end,
    case when p_before_at is not null then '(t.created_at, t.id) < ($6, $7)' end)
$$;

create function public.search_deployments(p_query text default null, p_project_id uuid default null, p_environment_id uuid default null,
  p_status public.deployment_status default null, p_requester text default null, p_ref text default null,
  p_since timestamptz default null, p_until timestamptz default null,
  p_before_at timestamptz default null, p_before_id uuid default null, p_limit int default 50)
returns setof public.deployments language plpgsql stable security definer set search_path = '' as $$
declare v_accounts uuid[] := array(select private.member_account_ids('viewer')); v_requester uuid; v_words tsquery := private.words_query(p_query);
begin
  if p_requester is not null then v_requester := private.member_id(v_accounts, p_requester); end if;
  return query execute 'select t.* from public.deployments t where ' || concat_ws(' and ',
    private.history_conditions(v_accounts, p_project_id, p_environment_id, p_status::text, p_since, p_until, p_before_at),
    case when p_status is not null then 't.status = $9' end,
    case when v_requester is not null then 't.requested_by = $10' end,
    case when p_ref is not null then 't.ref = $11' end,
    case when p_query is not null then 'private.deployment_words(t.ref, t.commit_sha, t.metadata, t.failure) @@ $12' end)
    || ' order by t.created_at desc, t.id desc limit $8'
  using v_accounts, p_project_id, p_environment_id, p_since, p_until, p_before_at, p_before_id, least(p_limit, 1000),
    p_status, v_requester, p_ref, v_words;
end $$;
grant execute on function public.search_deployments(text, uuid, uuid, public.deployment_status, text, text, timestamptz, timestamptz,
  timestamptz, uuid, int) to authenticated;

-- Requester, ref and words of a task are its deployment's too. Of words that nearly every deployment has, all matches
-- before the page would be too many: the newest 1,000 of them are looked at, so that only the retry of an older one can
-- be passed over.
create function public.search_tasks(p_query text default null, p_project_id uuid default null, p_environment_id uuid default null,
  p_status public.task_status default null, p_type public.task_type default null, p_requester text default null, p_ref text default null,
  p_since timestamptz default null, p_until timestamptz default null,
  p_before_at timestamptz default null, p_before_id uuid default null, p_limit int default 50)
returns setof public.tasks language plpgsql stable security definer set search_path = '' as $$
declare v_accounts uuid[] := array(select private.member_account_ids('viewer')); v_requester uuid; v_words tsquery := private.words_query(p_query);
begin
  if p_requester is not null then v_requester := private.member_id(v_accounts, p_requester); end if;
  return query execute 'select t.* from public.tasks t where ' || concat_ws(' and ',
    private.history_conditions(v_accounts, p_project_id, p_environment_id, p_status::text, p_since, p_until, p_before_at),
    case when p_status is not null then 't.status = $9' end,
    case when p_type is not null then 't.type = $13' end,
    case when v_requester is not null or p_ref is not null then 'exists (select from public.deployments d where d.id = t.deployment_id and '
      || concat_ws(' and ', case when v_requester is not null then 'd.requested_by = $10' end,
        case when p_ref is not null then 'd.account_id = any ($1) and d.ref = $11' end) || ')' end,
    case when p_query is not null then format('t.id in (
      (select w.id from public.tasks w where w.account_id = %1$s and w.created_at <= coalesce($6, ''infinity'')
        and w.failure is not null and private.failure_words(w.failure) @@ $12 order by w.created_at desc limit 1000)
      union
      select w.id from (
        select d.id from public.deployments d where d.account_id = %1$s and d.created_at <= coalesce($6, ''infinity'')
          and private.deployment_words(d.ref, d.commit_sha, d.metadata, d.failure) @@ $12
        order by d.created_at desc, d.id desc limit 1000) found
      join public.tasks w on w.deployment_id = found.id)',
      case when cardinality(v_accounts) = 1 then '($1)[1]' else 'any ($1)' end) end)
    || ' order by t.created_at desc, t.id desc limit $8'
  using v_accounts, p_project_id, p_environment_id, p_since, p_until, p_before_at, p_before_id, least(p_limit, 1000),
    p_status, v_requester, p_ref, v_words, p_type;
end $$;
grant execute on function public.search_tasks(text, uuid, uuid, public.task_status, public.task_type, text, text, timestamptz, timestamptz,
  timestamptz, uuid, int) to authenticated;
