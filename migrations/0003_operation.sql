-- breaking: no
-- Deployments, tasks and their event log: tables, the legal moves, and who may see them.

create type public.stage_status as enum ('pending', 'running', 'succeeded', 'failed', 'skipped', 'cancelled');
create type public.queue_status as enum ('pending', 'queued', 'dispatched');
create type public.deployment_status as enum
  ('pending', 'queued', 'running', 'rolling_back', 'succeeded', 'failed', 'rolled_back', 'cancelled');
create type public.task_status as enum ('queued', 'running', 'succeeded', 'failed', 'cancelled');
create type public.task_type as enum ('deployment', 'noop');
create type public.pool as enum ('standard', 'long');
create type public.task_event_kind as enum ('task', 'stage', 'step', 'log', 'progress', 'note');

create table public.deployments (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  project_id uuid not null,
  environment_id uuid not null,
  task_id uuid,
  ref text not null check (length(ref) between 1 and 250),
  commit_sha text,
  pool public.pool not null default 'standard',
  queue_status public.queue_status not null default 'pending',
  checkout_status public.stage_status not null default 'pending',
  build_status public.stage_status not null default 'pending',
  validate_status public.stage_status not null default 'pending',
  deploy_status public.stage_status not null default 'pending',
  verify_status public.stage_status not null default 'pending',
  rollback_status public.stage_status not null default 'pending',
  -- The same function as contracts' deploymentStatus(); a test compares them over every combination.
  status public.deployment_status not null generated always as (
    case
      when 'cancelled' in (checkout_status, build_status, validate_status, deploy_status, verify_status)
        then 'cancelled'::public.deployment_status
      when 'failed' in (checkout_status, build_status, validate_status, deploy_status, verify_status) then
        case
          when rollback_status in ('pending', 'running') then 'rolling_back'::public.deployment_status
          when rollback_status = 'succeeded' then 'rolled_back'::public.deployment_status
          else 'failed'::public.deployment_status
        end
      when checkout_status in ('succeeded', 'skipped') and build_status in ('succeeded', 'skipped')
        and validate_status in ('succeeded', 'skipped') and deploy_status in ('succeeded', 'skipped')
        and verify_status in ('succeeded', 'skipped') then 'succeeded'::public.deployment_status
      when checkout_status = 'pending' and build_status = 'pending' and validate_status = 'pending'
        and deploy_status = 'pending' and verify_status = 'pending' then
        case when queue_status = 'pending' then 'pending'::public.deployment_status
          else 'queued'::public.deployment_status end
      else 'running'::public.deployment_status
    end
  ) stored,
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  failure jsonb,
  requested_by uuid default auth.uid() references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  foreign key (environment_id, project_id, account_id)
    references public.environments (id, project_id, account_id) on delete cascade
) with (fillfactor = 80);
create index deployments_account_idx on public.deployments (account_id, created_at desc, id desc);
-- A list of everything one may see is read in this order, whatever the accounts.
create index deployments_created_idx on public.deployments (created_at desc, id desc);
create index deployments_project_idx on public.deployments (project_id, created_at desc, id desc);
create index deployments_environment_idx on public.deployments (environment_id, created_at desc, id desc);
create index deployments_requested_by_idx on public.deployments (requested_by);
create index deployments_metadata_idx on public.deployments using gin (metadata jsonb_path_ops);

create table public.tasks (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  project_id uuid references public.projects (id) on delete cascade,
  environment_id uuid references public.environments (id) on delete cascade,
  deployment_id uuid references public.deployments (id) on delete cascade,
  type public.task_type not null,
  pool public.pool not null default 'standard',
  status public.task_status not null default 'queued',
  attempt int not null default 0,
  progress jsonb not null default '{}' check (jsonb_typeof(progress) = 'object'),
  last_seq int not null default 0,
  input jsonb not null default '{}' check (jsonb_typeof(input) = 'object'),
  failure jsonb,
  run_id text,
  dispatched_at timestamptz,
  worker text,
  lease_expires_at timestamptz,
  cancel_requested_at timestamptz,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz
) with (fillfactor = 70);
create index tasks_account_idx on public.tasks (account_id, created_at desc, id desc);
create index tasks_created_idx on public.tasks (created_at desc, id desc);
create index tasks_project_idx on public.tasks (project_id, created_at desc, id desc);
create index tasks_environment_idx on public.tasks (environment_id);
create index tasks_deployment_idx on public.tasks (deployment_id);
-- Few rows at any time; lease_expires_at is left out so that a heartbeat stays a heap-only update.
create index tasks_live_idx on public.tasks (created_at) where status in ('queued', 'running');

-- Deferred: the deployment names its task before that row exists, both in one transaction.
alter table public.deployments add constraint deployments_task_id_fkey
  foreign key (task_id) references public.tasks (id) on delete set null deferrable initially deferred;
create index deployments_task_idx on public.deployments (task_id);

create table public.task_events (
  task_id uuid not null references public.tasks (id) on delete cascade,
  -- The task's, repeated here: a policy that looks into tasks reads all of them for each page of events.
  account_id uuid not null,
  seq int not null check (seq > 0),
  attempt int not null,
  position int,
  kind public.task_event_kind not null,
  at timestamptz not null default now(),
  data jsonb not null default '{}' check (jsonb_typeof(data) = 'object'),
  primary key (task_id, seq)
);
-- What makes appending idempotent: a writer's event of one attempt exists once.
create unique index task_events_position_idx on public.task_events (task_id, attempt, position) where position is not null;

-- Legal moves, the same tables as contracts' stageTransitions and taskTransitions (compared by a test).
create function private.stage_may_move(p_from public.stage_status, p_to public.stage_status)
returns boolean language sql immutable set search_path = '' as $$
  select (p_from, p_to) in (
    ('pending'::public.stage_status, 'running'::public.stage_status), ('pending', 'skipped'), ('pending', 'cancelled'),
    ('running', 'succeeded'), ('running', 'failed'), ('running', 'cancelled'), ('running', 'pending'),
    ('failed', 'pending'), ('skipped', 'pending'), ('cancelled', 'pending'))
$$;
create function private.task_may_move(p_from public.task_status, p_to public.task_status)
returns boolean language sql immutable set search_path = '' as $$
  select (p_from, p_to) in (
    ('queued'::public.task_status, 'running'::public.task_status), ('queued', 'cancelled'), ('queued', 'failed'),
    ('running', 'succeeded'), ('running', 'failed'), ('running', 'cancelled'), ('running', 'queued'))
$$;

create function private.check_stage_moves() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_stage text; v_from text; v_to text; v_old jsonb := to_jsonb(old); v_new jsonb := to_jsonb(new);
begin
  foreach v_stage in array array['checkout', 'build', 'validate', 'deploy', 'verify', 'rollback'] loop
    v_from := v_old ->> (v_stage || '_status');
    v_to := v_new ->> (v_stage || '_status');
    if v_from <> v_to and not private.stage_may_move(v_from::public.stage_status, v_to::public.stage_status) then
      perform private.fail(409, 'illegal_transition', format('Stage %s does not go from %s to %s.', v_stage, v_from, v_to));
    end if;
  end loop;
  return new;
end $$;
create trigger check_stage_moves
  before update of checkout_status, build_status, validate_status, deploy_status, verify_status, rollback_status
  on public.deployments for each row execute function private.check_stage_moves();

create function private.check_task_move() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.status <> old.status and not private.task_may_move(old.status, new.status) then
    perform private.fail(409, 'illegal_transition', format('A task does not go from %s to %s.', old.status, new.status));
  end if;
  return new;
end $$;
create trigger check_task_move before update of status on public.tasks
  for each row execute function private.check_task_move();

alter table public.deployments enable row level security;
alter table public.tasks enable row level security;
alter table public.task_events enable row level security;
grant select on public.deployments, public.tasks, public.task_events to authenticated;
-- What a member says about a new deployment; everything else is the platform's to fill in.
grant insert (id, account_id, project_id, environment_id, ref, pool) on public.deployments to authenticated;

create policy deployments_read on public.deployments for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create policy deployments_insert on public.deployments for insert to authenticated
  with check (account_id in (select private.member_account_ids('member')));
create policy tasks_read on public.tasks for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create policy task_events_read on public.task_events for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));

alter publication supabase_realtime add table public.deployments, public.tasks, public.task_events;
