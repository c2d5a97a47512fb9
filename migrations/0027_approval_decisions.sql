-- breaking: no
-- Waiting for approvals, deciding, running out of time; cancelling and trying again meanwhile.

-- The task of a deployment that waits for an approval waits too; it is there, so that one can watch it.
create function private.task_waits() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if exists (select 1 from public.deployments where id = new.deployment_id and approval_status = 'pending') then
    new.status := 'waiting';
  end if;
  return new;
end $$;
create trigger task_waits before insert on public.tasks for each row execute function private.task_waits();

create function private.add_approval_note(p public.deployments, p_text text, p_approved int)
returns void language sql security definer set search_path = '' as $$
  select private.add_event(p.task_id, 'note', jsonb_build_object('text', p_text, 'approval', jsonb_build_object(
    'required', p.required_approvals, 'approved', p_approved, 'expiresAt', p.approval_expires_at)))
$$;

create or replace function private.task_queued() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_deployment public.deployments;
begin
  perform private.add_event(new.id, 'task', jsonb_build_object('status', new.status, 'failure', null));
  if new.status = 'waiting' then
    select * into v_deployment from public.deployments d where d.id = new.deployment_id;
    perform private.add_approval_note(v_deployment, format('Waiting for %s approval%s, until %s.',
      v_deployment.required_approvals, case when v_deployment.required_approvals = 1 then '' else 's' end,
      to_char(v_deployment.approval_expires_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')), 0);
  else
    insert into private.outbox (kind, task_id) values ('task.dispatch', new.id);
  end if;
  return null;
end $$;
create trigger task_released after update of status on public.tasks
  for each row when (old.status = 'waiting' and new.status = 'queued') execute function private.task_queued();

-- Locks the task before its deployment, the order of every other function.
create function private.lock_deployment(p_deployment_id uuid)
returns public.deployments language plpgsql security definer set search_path = '' as $$
declare v_deployment public.deployments; v_task uuid;
begin
  select t.id into v_task from public.tasks t join public.deployments d on d.task_id = t.id
  where d.id = p_deployment_id for update of t;
  select * into v_deployment from public.deployments where id = p_deployment_id for update;
  -- A retry gave it another task while this waited for the first. To lock that one now would be the wrong order.
  if v_deployment.task_id is distinct from v_task and v_deployment.id is not null then
    perform private.fail(409, 'deployment_changed', 'The deployment was started again at this very moment.',
      format('Look at it, then decide: sfp deployment get %s', p_deployment_id));
  end if;
  return v_deployment;
end $$;

-- As in 0007; a task that waits is cancelled as one that is queued.
create or replace function public.cancel_task(p_task_id uuid)
returns public.tasks language plpgsql security definer set search_path = '' as $$
declare v_task public.tasks;
begin
  select * into v_task from public.tasks where id = p_task_id for update;
  perform private.require_role(v_task.account_id, 'member', 'task');
  if v_task.id is null then perform private.fail(404, 'not_found', 'There is no such task.'); end if;
  if v_task.status in ('waiting', 'queued') then
    perform private.add_event(p_task_id, 'note', jsonb_build_object('text', 'Cancelled by ' || private.caller_label() || '.'));
    update public.tasks set cancel_requested_at = now() where id = p_task_id;
    perform private.end_task(p_task_id, 'cancelled', null);
    if v_task.run_id is not null then insert into private.outbox (kind, task_id) values ('task.cancel', p_task_id); end if;
  elsif v_task.status = 'running' then
    if v_task.cancel_requested_at is null then
      update public.tasks set cancel_requested_at = now() where id = p_task_id;
      perform private.add_event(p_task_id, 'note',
        jsonb_build_object('text', 'Cancel requested by ' || private.caller_label() || '.'));
      insert into private.outbox (kind, task_id) values ('task.cancel', p_task_id);
    end if;
  elsif v_task.status <> 'cancelled' then
    perform private.fail(409, 'task_finished', format('The task has already %s.', v_task.status),
      'Nothing is left to cancel.');
  end if;
  select * into v_task from public.tasks where id = p_task_id;
  return v_task;
end $$;

-- As in 0007; one that was cancelled while it waited waits again, with none of the approvals that it had: who asks
-- again is who asks. And what the environment asks for by now holds for a new attempt too.
create or replace function public.retry_deployment(p_deployment_id uuid)
returns public.tasks language plpgsql security definer set search_path = '' as $$
declare
  v_deployment public.deployments; v_rules public.deployments; v_task public.tasks; v_id uuid := gen_random_uuid();
begin
  v_deployment := private.lock_deployment(p_deployment_id);
  perform private.require_role(v_deployment.account_id, 'member', 'deployment');
  if v_deployment.id is null then perform private.fail(404, 'not_found', 'There is no such deployment.'); end if;
  if v_deployment.status = 'rolled_back' then
    perform private.fail(409, 'deployment_rolled_back', 'The deployment was taken back; its finished stages no longer hold.',
      'Make a new deployment of the same ref.');
  elsif v_deployment.status not in ('failed', 'cancelled') then
    perform private.fail(409, 'deployment_not_retryable', format('The deployment is %s.', v_deployment.status),
      'Only a failed or cancelled deployment is tried again. Make a new one: sfp deploy');
  end if;
  if exists (select 1 from public.tasks where id = v_deployment.task_id and status in ('waiting', 'queued', 'running')) then
    perform private.fail(409, 'deployment_not_retryable', 'Its task has not ended yet.', 'Wait for the task to end.');
  end if;
  v_rules := private.protect_deployment(v_deployment);
  if v_deployment.approval_status = 'not_required' and v_rules.approval_status = 'pending' then
    perform private.fail(409, 'approval_required', 'Its environment asks for approvals by now, and this deployment has none.',
      'Make a new deployment: sfp deploy');
  end if;
  if v_deployment.approval_status = 'pending' then
    delete from public.deployment_approvals where deployment_id = p_deployment_id;
    update public.deployments set requested_by = coalesce((select auth.uid()), requested_by),
      required_approvals = greatest(required_approvals, v_rules.required_approvals),
      approvers = case when v_rules.approval_status = 'pending' then v_rules.approvers else approvers end,
      approval_expires_at = coalesce(v_rules.approval_expires_at,
        now() + make_interval(secs => private.approval_timeout(account_id, project_id)))
    where id = p_deployment_id;
  end if;
  update public.deployments set task_id = v_id, queue_status = 'queued', failure = null, finished_at = null,
    branch_only = branch_only or v_rules.branch_only,
    checkout_status = case when checkout_status = 'succeeded' then checkout_status else 'pending' end,
    build_status = case when build_status = 'succeeded' then build_status else 'pending' end,
    validate_status = case when validate_status = 'succeeded' then validate_status else 'pending' end,
    deploy_status = case when deploy_status = 'succeeded' then deploy_status else 'pending' end,
    verify_status = case when verify_status = 'succeeded' then verify_status else 'pending' end,
    rollback_status = case when rollback_status = 'succeeded' then rollback_status else 'pending' end
  where id = p_deployment_id;
  insert into public.tasks (id, account_id, project_id, environment_id, deployment_id, type, pool)
  values (v_id, v_deployment.account_id, v_deployment.project_id, v_deployment.environment_id, p_deployment_id,
    'deployment', v_deployment.pool);
  select * into v_task from public.tasks where id = v_id;
  return v_task;
end $$;

-- An approval counts while who gave it is still among the approvers: who has left, or lost the role, has said nothing.
-- What is released stays released.
create function private.counted_approvals(p public.deployments)
returns int language sql stable security definer set search_path = '' as $$
  select count(*)::int from public.deployment_approvals a
  where a.deployment_id = p.id and a.decision = 'approved' and private.in_party(p.account_id, a.user_id, p.approvers)
$$;

create function public.decide_deployment(p_deployment_id uuid, p_decision public.approval_decision, p_comment text default '')
returns public.deployments language plpgsql security definer set search_path = '' as $$
declare v_deployment public.deployments; v_user uuid := (select auth.uid()); v_count int; v_comment text := btrim(coalesce(p_comment, ''));
begin
  v_deployment := private.lock_deployment(p_deployment_id);
  perform private.require_role(v_deployment.account_id, 'viewer', 'deployment');
  if v_user is null or (select auth.jwt()) ->> 'app_token_id' is not null then
    perform private.fail(403, 'person_required', 'An approval is given by a person, not by a token.', 'Log in as a user: sfp login');
  elsif v_deployment.requested_by = v_user then
    perform private.fail(403, 'own_deployment', 'Who asked for a deployment does not decide on it.',
      'Ask somebody else who may approve it, or take it back: sfp task cancel ' || v_deployment.task_id);
  elsif not private.in_party(v_deployment.account_id, v_user, v_deployment.approvers) then
    perform private.fail(403, 'not_an_approver', 'You are not among those who approve this deployment.',
      format('See who is: sfp deployment approvals %s', p_deployment_id));
  elsif v_deployment.status <> 'awaiting_approval' then
    perform private.fail(409, 'nothing_to_approve', format('The deployment is %s.', v_deployment.status),
      format('See who decided what: sfp deployment approvals %s', p_deployment_id));
  -- Of the clock: this may have waited for a lock since it began.
  elsif v_deployment.approval_expires_at <= clock_timestamp() then
    perform private.fail(409, 'approval_expired', 'The time for an approval is over.', 'Ask for the deployment again: sfp deploy');
  end if;
  insert into public.deployment_approvals (account_id, deployment_id, user_id, decision, comment)
  values (v_deployment.account_id, p_deployment_id, v_user, p_decision, v_comment)
  on conflict (deployment_id, user_id) do update
    set decision = excluded.decision, comment = excluded.comment, created_at = now();
  v_count := private.counted_approvals(v_deployment);
  perform private.add_approval_note(v_deployment,
    format('%s by %s%s', initcap(p_decision::text), private.caller_label(),
      case when p_decision = 'approved' then format(' (%s of %s)', v_count, v_deployment.required_approvals) else '' end)
      || case when v_comment = '' then '.' else ': ' || v_comment end, v_count);
  if p_decision = 'rejected' then
    update public.deployments set approval_status = 'rejected' where id = p_deployment_id;
    perform private.end_task(v_deployment.task_id, 'cancelled', jsonb_strip_nulls(jsonb_build_object(
      'code', 'deployment_rejected', 'message', format('Rejected by %s.', private.caller_label()),
      'detail', nullif(v_comment, ''), 'suggestion', 'Settle it with them, then ask for a new deployment: sfp deploy')));
  elsif v_count >= v_deployment.required_approvals then
    update public.deployments set approval_status = 'approved' where id = p_deployment_id;
    update public.tasks set status = 'queued' where id = v_deployment.task_id and status = 'waiting';
  end if;
  select * into v_deployment from public.deployments where id = p_deployment_id;
  return v_deployment;
end $$;
grant execute on function public.decide_deployment(uuid, public.approval_decision, text) to authenticated;

-- Who decided what, with the addresses, which are in auth's table and nowhere else. `counts`: still among the approvers.
create function public.list_approvals(p_deployment_id uuid)
returns table (id uuid, deployment_id uuid, user_id uuid, email text, decision public.approval_decision, comment text,
  counts boolean, created_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select a.id, a.deployment_id, a.user_id, coalesce(u.email, '')::text, a.decision, a.comment,
    private.in_party(d.account_id, a.user_id, d.approvers), a.created_at
  from public.deployment_approvals a join public.deployments d on d.id = a.deployment_id
  left join auth.users u on u.id = a.user_id
  where a.deployment_id = p_deployment_id and a.account_id in (select private.member_account_ids('viewer'))
  order by a.created_at, a.id
$$;
grant execute on function public.list_approvals(uuid) to authenticated;

-- Nobody decided in time.
create function public.expire_approvals()
returns int language plpgsql security definer set search_path = '' as $$
declare v_id uuid; v_task uuid; v_deployment public.deployments; v_count int := 0;
begin
  for v_id, v_task in
    select id, task_id from public.deployments
    where approval_status = 'pending' and status = 'awaiting_approval' and approval_expires_at <= now()
    order by approval_expires_at limit 100
  loop
    -- What somebody else holds at this moment is theirs to decide; the next round sees what came of it.
    perform 1 from public.tasks where id = v_task for update skip locked;
    if not found then continue; end if;
    select * into v_deployment from public.deployments where id = v_id for update;
    if v_deployment.status is distinct from 'awaiting_approval' or v_deployment.task_id is distinct from v_task
      or v_deployment.approval_expires_at > now() then continue; end if;
    update public.deployments set approval_status = 'expired' where id = v_id;
    perform private.end_task(v_task, 'cancelled', jsonb_build_object('code', 'approval_expired',
      'message', format('Nobody decided in time: %s of %s approvals.', private.counted_approvals(v_deployment),
        v_deployment.required_approvals),
      'suggestion', 'Ask for the deployment again: sfp deploy'));
    v_count := v_count + 1;
  end loop;
  return v_count;
end $$;
grant execute on function public.expire_approvals() to service_role;
