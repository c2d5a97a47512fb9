-- breaking: no
-- Approvals: what a deployment waits for, and the states that come of it.

create type public.approval_status as enum ('not_required', 'pending', 'approved', 'rejected', 'expired');
create type public.approval_decision as enum ('approved', 'rejected');
alter table public.deployments
  add column approval_status public.approval_status not null default 'not_required',
  -- As the environment asked for when the deployment was made.
  add column required_approvals int not null default 0,
  add column approvers jsonb not null default '{}',
  add column approval_expires_at timestamptz,
  -- The environment takes branches only: the worker looks whether the ref is one, which the database cannot.
  add column branch_only boolean not null default false;
create index deployments_approval_idx on public.deployments (approval_expires_at) where approval_status = 'pending';

-- As in 0003, with what comes before the first stage. The same function as contracts' deploymentStatus().
alter table public.deployments alter column status set expression as (
  case
    when approval_status = 'rejected' then 'rejected'::public.deployment_status
    when approval_status = 'expired' then 'expired'::public.deployment_status
    when 'cancelled' in (checkout_status, build_status, validate_status, deploy_status, verify_status)
      then 'cancelled'::public.deployment_status
    when approval_status = 'pending' then 'awaiting_approval'::public.deployment_status
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
  end);

-- The same tables as contracts' taskTransitions and approvalTransitions (compared by a test).
create or replace function private.task_may_move(p_from public.task_status, p_to public.task_status)
returns boolean language sql immutable set search_path = '' as $$
  select (p_from, p_to) in (
    ('waiting'::public.task_status, 'queued'::public.task_status), ('waiting', 'cancelled'), ('waiting', 'failed'),
    ('queued', 'running'), ('queued', 'cancelled'), ('queued', 'failed'),
    ('running', 'succeeded'), ('running', 'failed'), ('running', 'cancelled'), ('running', 'queued'))
$$;
create function private.approval_may_move(p_from public.approval_status, p_to public.approval_status)
returns boolean language sql immutable set search_path = '' as $$
  select (p_from, p_to) in (
    ('pending'::public.approval_status, 'approved'::public.approval_status), ('pending', 'rejected'), ('pending', 'expired'))
$$;
create function private.check_approval_move() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.approval_status <> old.approval_status and not private.approval_may_move(old.approval_status, new.approval_status) then
    perform private.fail(409, 'illegal_transition',
      format('An approval does not go from %s to %s.', old.approval_status, new.approval_status));
  end if;
  return new;
end $$;
create trigger check_approval_move before update of approval_status on public.deployments
  for each row execute function private.check_approval_move();

create table public.deployment_approvals (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  deployment_id uuid not null references public.deployments (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  decision public.approval_decision not null,
  comment text not null default '' check (length(comment) <= 2000),
  created_at timestamptz not null default now(),
  unique (deployment_id, user_id)
);
create index deployment_approvals_account_idx on public.deployment_approvals (account_id);
create index deployment_approvals_user_idx on public.deployment_approvals (user_id);
alter table public.deployment_approvals enable row level security;
grant select on public.deployment_approvals to authenticated;
create policy deployment_approvals_read on public.deployment_approvals for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create trigger audit after insert or update or delete on public.deployment_approvals
  for each row execute function private.audit('approval', 'deployment_id', 'decision', 'comment');

grant insert (build_id, release_id, source_deployment_id) on public.deployments to authenticated;
