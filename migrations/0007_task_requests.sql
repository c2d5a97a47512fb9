-- breaking: no
-- What a person asks of a task: cancel it, try its deployment again. And what the sweep does for lost ones.

create function private.caller_label() returns text language sql stable security definer set search_path = '' as $$
  select coalesce((select auth.jwt()) ->> 'email', 'the platform')
$$;

create function public.cancel_task(p_task_id uuid)
returns public.tasks language plpgsql security definer set search_path = '' as $$
declare v_task public.tasks;
begin
  select * into v_task from public.tasks where id = p_task_id for update;
  perform private.require_role(v_task.account_id, 'member', 'task');
  if v_task.id is null then perform private.fail(404, 'not_found', 'There is no such task.'); end if;
  if v_task.status = 'queued' then
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
grant execute on function public.cancel_task(uuid) to authenticated, service_role;

create function public.retry_deployment(p_deployment_id uuid)
returns public.tasks language plpgsql security definer set search_path = '' as $$
declare v_deployment public.deployments; v_task public.tasks; v_id uuid := gen_random_uuid();
begin
  select * into v_deployment from public.deployments where id = p_deployment_id for update;
  perform private.require_role(v_deployment.account_id, 'member', 'deployment');
  if v_deployment.id is null then perform private.fail(404, 'not_found', 'There is no such deployment.'); end if;
  if v_deployment.status = 'rolled_back' then
    perform private.fail(409, 'deployment_rolled_back', 'The deployment was taken back; its finished stages no longer hold.',
      'Make a new deployment of the same ref.');
  elsif v_deployment.status not in ('failed', 'cancelled') then
    perform private.fail(409, 'deployment_not_retryable', format('The deployment is %s.', v_deployment.status),
      'Only a failed or cancelled deployment is tried again.');
  end if;
  if exists (select 1 from public.tasks where id = v_deployment.task_id and status in ('queued', 'running')) then
    perform private.fail(409, 'deployment_not_retryable', 'Its task has not ended yet.', 'Wait for the task to end.');
  end if;
  update public.deployments set task_id = v_id, queue_status = 'queued', failure = null, finished_at = null,
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
grant execute on function public.retry_deployment(uuid) to authenticated, service_role;

-- Tasks whose worker went silent for p_grace_seconds after its lease: a requested cancel is carried out, the others
-- go back to the queue. The engine's own reassignment is faster; this is for when it lost the run.
create function public.recover_tasks(p_grace_seconds int default 60)
returns int language plpgsql security definer set search_path = '' as $$
declare v_task public.tasks; v_count int := 0;
begin
  for v_task in
    select * from public.tasks
    where status = 'running' and lease_expires_at < now() - make_interval(secs => p_grace_seconds)
    order by created_at for update skip locked
  loop
    v_count := v_count + 1;
    if v_task.cancel_requested_at is not null then
      perform private.end_task(v_task.id, 'cancelled', null);
    else
      perform private.add_event(v_task.id, 'note', '{"text": "The worker was lost; the task is queued again."}');
      perform private.end_task(v_task.id, 'queued', null);
    end if;
  end loop;
  return v_count;
end $$;
grant execute on function public.recover_tasks(int) to service_role;

-- Queued tasks that the engine has had for a while: the dispatcher asks it whether it still knows their runs.
create function public.waiting_tasks(p_older_seconds int, p_limit int default 50)
returns table (task_id uuid, run_id text) language sql stable security definer set search_path = '' as $$
  select t.id, t.run_id from public.tasks t
  where t.status = 'queued' and t.run_id is not null and t.dispatched_at < now() - make_interval(secs => p_older_seconds)
    and not exists (select 1 from private.outbox o where o.task_id = t.id)
  order by t.dispatched_at limit p_limit
$$;
grant execute on function public.waiting_tasks(int, int) to service_role;

-- The engine lost that run: dispatch again, unless something happened meanwhile.
create function public.redispatch_task(p_task_id uuid, p_run_id text)
returns boolean language plpgsql security definer set search_path = '' as $$
begin
  update public.tasks set run_id = null where id = p_task_id and status = 'queued' and run_id = p_run_id;
  if not found then return false; end if;
  insert into private.outbox (kind, task_id) values ('task.dispatch', p_task_id);
  return true;
end $$;
grant execute on function public.redispatch_task(uuid, text) to service_role;
