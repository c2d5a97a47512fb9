-- breaking: no
-- Schedules, what became of their moments, and a search in the history of deployments and tasks.

create type public.schedule_kind as enum ('deployment', 'noop');
create type public.schedule_missed as enum ('skip', 'once', 'each');
create type public.schedule_status as enum ('planning', 'active', 'disabled', 'stopped', 'ended');
create type public.schedule_outcome as enum ('made', 'skipped', 'failed');

create table public.schedules (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  project_id uuid not null,
  -- Of a deployment; a noop has none.
  environment_id uuid,
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$'),
  kind public.schedule_kind not null default 'deployment',
  -- Null: the project's default ref, as it is when the moment has come.
  ref text check (length(ref) between 1 and 250),
  pool public.pool not null default 'standard',
  -- One of both: a cron line, or one moment.
  cron text check (length(cron) between 1 and 200),
  at timestamptz check (at between '2000-01-01 00:00Z' and '9999-01-01 00:00Z'),
  timezone text not null default 'UTC' check (length(timezone) between 1 and 64),
  missed public.schedule_missed not null default 'once',
  enabled boolean not null default true,
  -- Whoever changed it last: it does what they may do, and no more.
  owner_id uuid default auth.uid() references auth.users (id) on delete set null,
  -- When they changed it by a token: no foreign key, so that it is not forgotten with the token.
  application_token_id uuid,
  -- Moments count from here.
  plan_from timestamptz not null default now(),
  -- Computed by the API server, which knows cron lines and time zones; null until it has.
  next_at timestamptz,
  planned_at timestamptz,
  ended_at timestamptz,
  -- Why it has stopped.
  failure jsonb,
  last_at timestamptz,
  last_outcome public.schedule_outcome,
  status public.schedule_status not null generated always as (
    case when not enabled then 'disabled'::public.schedule_status when failure is not null then 'stopped'
      when ended_at is not null then 'ended' when next_at is null then 'planning' else 'active' end) stored,
  version int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint schedules_one_time check (num_nonnulls(cron, at) = 1),
  constraint schedules_target check ((kind = 'deployment') = (environment_id is not null) and (kind = 'deployment' or ref is null)),
  unique (project_id, name),
  foreign key (project_id, account_id) references public.projects (id, account_id) on delete cascade,
  foreign key (environment_id, project_id, account_id)
    references public.environments (id, project_id, account_id) on delete cascade
);
create index schedules_account_idx on public.schedules (account_id);
create index schedules_project_idx on public.schedules (project_id, account_id);
create index schedules_list_idx on public.schedules (project_id, created_at desc, id desc);
create index schedules_environment_idx on public.schedules (environment_id, project_id, account_id);
create index schedules_owner_idx on public.schedules (owner_id);
-- What the sweep asks every few seconds: one look at each index when there is nothing to do.
create index schedules_due_idx on public.schedules (next_at) where status = 'active';
create index schedules_planned_idx on public.schedules (planned_at) where status = 'active';
create index schedules_planning_idx on public.schedules (updated_at) where status = 'planning';

-- What became of a moment. Unique: a moment is acted on once, whoever tries.
create table public.schedule_runs (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  schedule_id uuid not null references public.schedules (id) on delete cascade,
  scheduled_for timestamptz not null,
  outcome public.schedule_outcome not null,
  -- For how many moments of the schedule it stands; more than one after an outage.
  moments int not null default 1 check (moments > 0),
  manual boolean not null default false,
  requested_by uuid references auth.users (id) on delete set null,
  deployment_id uuid references public.deployments (id) on delete set null,
  task_id uuid references public.tasks (id) on delete set null,
  failure jsonb,
  created_at timestamptz not null default clock_timestamp(),
  unique (schedule_id, scheduled_for)
);
create index schedule_runs_schedule_idx on public.schedule_runs (schedule_id, created_at desc, id desc);
create index schedule_runs_account_idx on public.schedule_runs (account_id);
create index schedule_runs_requested_by_idx on public.schedule_runs (requested_by);
create index schedule_runs_deployment_idx on public.schedule_runs (deployment_id);
create index schedule_runs_task_idx on public.schedule_runs (task_id);

-- Legal moves, the same table as contracts' scheduleTransitions (compared by a test).
create function private.schedule_may_move(p_from public.schedule_status, p_to public.schedule_status)
returns boolean language sql immutable set search_path = '' as $$
  select (p_from, p_to) in (
    ('planning'::public.schedule_status, 'active'::public.schedule_status), ('planning', 'stopped'), ('planning', 'disabled'),
    ('active', 'planning'), ('active', 'stopped'), ('active', 'ended'), ('active', 'disabled'),
    ('disabled', 'planning'),
    ('stopped', 'planning'), ('stopped', 'disabled'),
    ('ended', 'planning'), ('ended', 'disabled'))
$$;
-- After: a generated column has its new value only then.
create function private.check_schedule_move() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if not private.schedule_may_move(old.status, new.status) then
    perform private.fail(409, 'illegal_transition', format('A schedule does not go from %s to %s.', old.status, new.status));
  end if;
  return null;
end $$;
create trigger check_schedule_move after update on public.schedules
  for each row when (old.status is distinct from new.status) execute function private.check_schedule_move();

create trigger schedule_account before insert on public.schedules
  for each row execute function private.environment_account();

-- Whoever writes it owns it from now on: nobody's rights are used by somebody else's change. A change of the time, or
-- of one that has stopped, begins to count anew.
create function private.schedule_changed() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_replan boolean := true;
begin
  if not private.is_service() and (select auth.uid()) is not null then
    new.owner_id := (select auth.uid());
    new.application_token_id := ((select auth.jwt()) ->> 'app_token_id')::uuid;
  end if;
  if tg_op = 'UPDATE' then
    new.version := old.version + 1;
    new.updated_at := now();
    new.created_at := old.created_at;
    v_replan := (new.cron, new.at, new.timezone, new.enabled) is distinct from (old.cron, old.at, old.timezone, old.enabled)
      or old.status = 'stopped';
  end if;
  if v_replan then
    new.plan_from := now(); new.next_at := null; new.planned_at := null; new.ended_at := null; new.failure := null;
  end if;
  return new;
end $$;
create trigger schedule_changed before insert or update
  of name, kind, environment_id, ref, pool, cron, at, timezone, missed, enabled on public.schedules
  for each row execute function private.schedule_changed();

create trigger audit after insert or update or delete on public.schedules
  for each row execute function private.audit('schedule', 'name', 'project_id', 'environment_id', 'kind', 'ref', 'pool', 'cron',
    'at', 'timezone', 'missed', 'enabled', 'owner_id', 'failure');
create trigger audit after insert on public.schedule_runs
  for each row execute function private.audit('schedule_run', 'schedule_id', 'scheduled_for', 'outcome', 'moments', 'manual',
    'deployment_id', 'task_id', 'failure');

alter table public.schedules enable row level security;
alter table public.schedule_runs enable row level security;
grant select, delete on public.schedules to authenticated;
grant select on public.schedule_runs to authenticated;
grant insert (id, account_id, project_id, environment_id, name, kind, ref, pool, cron, at, timezone, missed, enabled),
  update (environment_id, name, kind, ref, pool, cron, at, timezone, missed, enabled) on public.schedules to authenticated;
create policy schedules_read on public.schedules for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create policy schedules_insert on public.schedules for insert to authenticated
  with check (account_id in (select private.member_account_ids('member')));
create policy schedules_update on public.schedules for update to authenticated
  using (account_id in (select private.member_account_ids('member')))
  with check (account_id in (select private.member_account_ids('member')));
create policy schedules_delete on public.schedules for delete to authenticated
  using (account_id in (select private.member_account_ids('member')));
create policy schedule_runs_read on public.schedule_runs for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));

-- What the sweep has to do, by this clock: schedules without a next moment, and those whose moment comes within
-- p_ahead_seconds.
create function public.due_schedules(p_limit int, p_ahead_seconds int, p_except uuid[] default '{}')
returns table (id uuid, status public.schedule_status, version int, cron text, at timestamptz, timezone text,
  missed public.schedule_missed, plan_from timestamptz, next_at timestamptz, clock timestamptz)
language plpgsql security definer set search_path = '' as $$
begin
  -- The clock was ahead and was put back: what was planned by it would leave a hole. The moments that were acted on
  -- meanwhile have their rows in schedule_runs and are not acted on again.
  update public.schedules s set next_at = null, plan_from = now()
  where s.status = 'active' and s.planned_at > now() + interval '1 minute';
  return query
    (select s.id, s.status, s.version, s.cron, s.at, s.timezone, s.missed, s.plan_from, s.next_at, now()
      from public.schedules s where s.status = 'planning' and s.id <> all (p_except) order by s.updated_at limit p_limit)
    union all
    (select s.id, s.status, s.version, s.cron, s.at, s.timezone, s.missed, s.plan_from, s.next_at, now()
      from public.schedules s
      where s.status = 'active' and s.next_at <= now() + make_interval(secs => p_ahead_seconds) and s.id <> all (p_except)
      order by s.next_at limit p_limit);
end $$;
grant execute on function public.due_schedules(int, int, uuid[]) to service_role;

-- The first moment of a schedule, or why there is none. False: it was changed meanwhile.
create function public.plan_schedule(p_id uuid, p_version int, p_plan_from timestamptz, p_next_at timestamptz, p_failure jsonb default null)
returns boolean language plpgsql security definer set search_path = '' as $$
begin
  update public.schedules set next_at = p_next_at, planned_at = now(), failure = p_failure
  where id = p_id and version = p_version and plan_from = p_plan_from
    and (status = 'planning' or (status = 'active' and p_failure is not null));
  return found;
end $$;
grant execute on function public.plan_schedule(uuid, int, timestamptz, timestamptz, jsonb) to service_role;

-- What a schedule makes, in the name of whoever is asking.
create function private.make_scheduled(p_schedule public.schedules, p_run public.schedule_runs)
returns public.schedule_runs language plpgsql security definer set search_path = '' as $$
begin
  p_run.outcome := 'made';
  p_run.requested_by := (select auth.uid());
  if p_schedule.kind = 'deployment' then
    insert into public.deployments (account_id, project_id, environment_id, ref, pool)
    values (p_schedule.account_id, p_schedule.project_id, p_schedule.environment_id, p_schedule.ref, p_schedule.pool)
    returning id, task_id into p_run.deployment_id, p_run.task_id;
  else
    insert into public.tasks (account_id, project_id, type, pool)
    values (p_schedule.account_id, p_schedule.project_id, 'noop', p_schedule.pool) returning id into p_run.task_id;
  end if;
  insert into public.schedule_runs values (p_run.*);
  return p_run;
end $$;

-- The same in the name of the owner, with the rights that they have now: what they may not do fails, and says why.
create function private.make_as_owner(p_schedule public.schedules, p_run public.schedule_runs)
returns public.schedule_runs language plpgsql security definer set search_path = '' as $$
declare
  v_claims text := current_setting('request.jwt.claims', true); v_headers text := current_setting('request.headers', true);
  v_email text; v_known boolean; v_code text; v_detail text; v_hint text;
begin
  select coalesce(u.email, ''), true into v_email, v_known from auth.users u
  where u.id = p_schedule.owner_id and u.deleted_at is null and (u.banned_until is null or u.banned_until < now());
  begin
    perform set_config('request.jwt.claims', jsonb_strip_nulls(jsonb_build_object('role', 'authenticated',
      'sub', p_schedule.owner_id, 'email', v_email, 'app_token_id', p_schedule.application_token_id,
      'app_account_id', case when p_schedule.application_token_id is not null then p_schedule.account_id end))::text, true);
    -- Where from, for the audit log.
    perform set_config('request.headers', jsonb_build_object('user-agent', 'schedule ' || p_schedule.name,
      'x-request-id', p_run.id)::text, true);
    if v_known is null or p_schedule.account_id not in (select private.member_account_ids('member')) then
      perform private.fail(403, 'schedule_owner', case when p_schedule.application_token_id is null
          then format('The schedule acts for %s, who is no longer a member that may deploy.', coalesce(nullif(v_email, ''), 'somebody'))
          else format('The schedule acts for an application token of %s that no longer may deploy.', coalesce(nullif(v_email, ''), 'somebody')) end,
        format('Take it over: sfp schedule enable %s', p_schedule.id));
    end if;
    p_run := private.make_scheduled(p_schedule, p_run);
  exception when others then
    get stacked diagnostics v_code = message_text, v_detail = pg_exception_detail, v_hint = pg_exception_hint;
    -- A deadlock, a full disk: it is not the schedule's fault, and the next sweep tries again.
    if sqlstate !~ '^(PT4|22|23)' then raise; end if;
    p_run.outcome := 'failed';
    p_run.requested_by := case when v_known then p_schedule.owner_id end;
    p_run.failure := jsonb_strip_nulls(case when sqlstate like 'PT4%'
      then jsonb_build_object('code', v_code, 'message', coalesce(nullif(v_detail, ''), v_code), 'suggestion', nullif(v_hint, ''))
      else jsonb_build_object('code', 'schedule_refused', 'message', 'The database refused what the schedule makes.', 'detail', v_code) end);
  end;
  perform set_config('request.jwt.claims', coalesce(v_claims, ''), true);
  perform set_config('request.headers', coalesce(v_headers, ''), true);
  if p_run.outcome = 'failed' then insert into public.schedule_runs values (p_run.*); end if;
  return p_run;
end $$;

-- Acts on the moment that a schedule has come to, and moves on to p_next_at (null: there is none after it), in one
-- transaction. Null: somebody else has done it, or the schedule was changed, or by this clock it is too early.
create function public.fire_schedule(p_id uuid, p_version int, p_due timestamptz, p_scheduled_for timestamptz,
  p_moments int, p_make boolean, p_next_at timestamptz)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_schedule public.schedules; v_run public.schedule_runs;
begin
  select * into v_schedule from public.schedules where id = p_id for update;
  if not found or v_schedule.status <> 'active' or v_schedule.version <> p_version
    or v_schedule.next_at is distinct from p_due or greatest(p_due, p_scheduled_for) > now() then
    return null;
  end if;
  select * into v_run from public.schedule_runs where schedule_id = p_id and scheduled_for = p_scheduled_for;
  if not found then
    v_run.id := gen_random_uuid(); v_run.account_id := v_schedule.account_id; v_run.schedule_id := p_id;
    v_run.scheduled_for := p_scheduled_for; v_run.moments := p_moments; v_run.manual := false;
    v_run.created_at := clock_timestamp();
    if p_make then
      v_run := private.make_as_owner(v_schedule, v_run);
    else
      v_run.outcome := 'skipped';
      insert into public.schedule_runs values (v_run.*);
    end if;
  end if;
  update public.schedules set next_at = p_next_at, planned_at = now(),
    ended_at = case when p_next_at is null then now() end, last_at = p_scheduled_for, last_outcome = v_run.outcome,
    -- Without the right to act it does not go on trying until somebody takes it over.
    failure = case when v_run.failure ->> 'code' = 'schedule_owner' then v_run.failure end
  where id = p_id;
  return jsonb_build_object('outcome', v_run.outcome, 'taskId', v_run.task_id, 'failure', v_run.failure);
end $$;
grant execute on function public.fire_schedule(uuid, int, timestamptz, timestamptz, int, boolean, timestamptz) to service_role;

-- Now, in the name of whoever asks; what the schedule comes to by itself stays as it was.
create function public.run_schedule(p_id uuid)
returns public.schedule_runs language plpgsql security definer set search_path = '' as $$
declare v_schedule public.schedules; v_run public.schedule_runs;
begin
  select * into v_schedule from public.schedules where id = p_id for update;
  perform private.require_role(v_schedule.account_id, 'member', 'schedule');
  v_run.id := gen_random_uuid(); v_run.account_id := v_schedule.account_id; v_run.schedule_id := p_id;
  v_run.scheduled_for := clock_timestamp(); v_run.moments := 1; v_run.manual := true; v_run.created_at := clock_timestamp();
  v_run := private.make_scheduled(v_schedule, v_run);
  update public.schedules set last_at = v_run.scheduled_for, last_outcome = v_run.outcome where id = p_id;
  return v_run;
end $$;
grant execute on function public.run_schedule(uuid) to authenticated;

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
