-- breaking: no
-- Schedules, and what became of their moments.

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
