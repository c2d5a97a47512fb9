-- breaking: no
-- Deployments in the line, and inside a lock.

-- A deployment under a ticket runs inside that lock.
alter table public.deployments
  add column lock_ticket uuid references public.environment_allocations (id) on delete set null;
create index deployments_lock_ticket_idx on public.deployments (lock_ticket);
grant insert (lock_ticket) on public.deployments to authenticated;

-- Runs behind deployment_requested, which says who asks.
create function private.deployment_under_lock() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_ticket public.environment_allocations;
begin
  select * into v_ticket from public.environment_allocations
  where id = new.lock_ticket and environment_id = new.environment_id and account_id = new.account_id and task_id is null;
  if not found then
    perform private.fail(404, 'not_found', 'There is no such ticket of this environment, or it is not yours to see.',
      format('See who holds it: sfp environment locks %s', new.environment_id));
  elsif v_ticket.user_id is distinct from new.requested_by then
    perform private.fail(403, 'lock_not_yours', format('The ticket is %s''s.', coalesce(nullif(v_ticket.user_email, ''), 'somebody else')),
      format('Take one of your own: sfp environment lock %s', new.environment_id));
  elsif v_ticket.status = 'waiting' and v_ticket.lease_expires_at > clock_timestamp() then
    perform private.fail(409, 'lock_not_held', 'It is not this ticket''s turn yet.',
      format('Wait for it: sfp environment wait %s', v_ticket.id));
  elsif v_ticket.status <> 'held' or v_ticket.lease_expires_at <= clock_timestamp() then
    perform private.fail(409, 'lock_not_held',
      format('The ticket is %s.', case when v_ticket.released_at is null then 'expired' else v_ticket.status::text end),
      format('Take a new one: sfp environment lock %s', new.environment_id));
  end if;
  return new;
end $$;
create trigger deployment_under_lock before insert on public.deployments
  for each row when (new.lock_ticket is not null) execute function private.deployment_under_lock();

-- As in 0006: takes a task's ticket or renews it. Under a ticket that is held it stands in the line inside that lock;
-- when that has ended, in the environment's, as every other. Locks the task first, the order of end_task.
create or replace function public.acquire_environment(p_environment_id uuid, p_task_id uuid, p_lease_seconds int)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  v_task public.tasks; v_deployment public.deployments; v_now timestamptz; v_ticket public.environment_allocations;
  v_holder public.environment_allocations; v_ahead int;
begin
  select * into v_task from public.tasks where id = p_task_id for no key update;
  if v_task.status in ('succeeded', 'failed', 'cancelled') then
    perform private.fail(409, 'stale_attempt', format('The task is %s.', v_task.status), 'Stop this attempt.');
  end if;
  select * into v_deployment from public.deployments where id = v_task.deployment_id;
  if v_task.id is null or not private.lock_environment(p_environment_id) then
    perform private.fail(404, 'not_found', 'There is no such environment or task.');
  end if;
  v_now := clock_timestamp();
  -- Its own first: late, but before anybody noticed, it keeps its place.
  update public.environment_allocations set lease_expires_at = v_now + make_interval(secs => p_lease_seconds),
    lease_seconds = p_lease_seconds, wait_seconds = p_lease_seconds, collected = acquired_at is not null
  where environment_id = p_environment_id and task_id = p_task_id and released_at is null;
  perform private.advance_environment(p_environment_id, v_now);
  insert into public.environment_allocations (environment_id, account_id, task_id, inside, user_id, user_email, reason,
    lease_seconds, wait_seconds, lease_expires_at, created_at)
  values (p_environment_id, v_task.account_id, p_task_id,
    (select l.id from public.environment_allocations l
      where l.id = v_deployment.lock_ticket and l.environment_id = p_environment_id and l.status = 'held'),
    v_deployment.requested_by, (select u.email from auth.users u where u.id = v_deployment.requested_by),
    left('Deployment of ' || v_deployment.ref, 500), p_lease_seconds, p_lease_seconds,
    v_now + make_interval(secs => p_lease_seconds), v_now)
  on conflict (environment_id, task_id) where released_at is null do nothing;
  perform private.advance_environment(p_environment_id, v_now);
  select * into v_ticket from public.environment_allocations
  where environment_id = p_environment_id and task_id = p_task_id and released_at is null;
  select l.ahead into v_ahead from private.environment_line(p_environment_id) l where l.id = v_ticket.id;
  select * into v_holder from public.environment_allocations
  where environment_id = p_environment_id and status = 'held' and inside is null and task_id is null and id is distinct from v_ticket.inside;
  return jsonb_strip_nulls(jsonb_build_object('held', coalesce(v_ticket.status = 'held', false), 'position', coalesce(v_ahead, 0),
    'holder', case when v_ahead > 0 then nullif(v_holder.user_email, '') end, 'reason', case when v_ahead > 0 then v_holder.reason end));
end $$;

create or replace function public.release_environment(p_environment_id uuid, p_task_id uuid)
returns void language plpgsql security definer set search_path = '' as $$
begin
  perform 1 from public.tasks where id = p_task_id for no key update;
  perform private.lock_environment(p_environment_id);
  update public.environment_allocations set released_at = clock_timestamp()
  where environment_id = p_environment_id and task_id = p_task_id and released_at is null;
end $$;
