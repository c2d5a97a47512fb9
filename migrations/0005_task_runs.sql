-- breaking: no
-- What a worker says about a task: start, append, finish. Every call names its attempt; a stale one is refused.

-- Applies {progress, stages, commitSha, metadata, failure} to the deployment; progress is the task's.
create function private.patch_deployment(p_task_id uuid, p_patch jsonb)
returns void language plpgsql security definer set search_path = '' as $$
declare v_stages jsonb := coalesce(p_patch -> 'stages', '{}'); v_begun jsonb;
begin
  if not (p_patch ?| array['stages', 'commitSha', 'metadata', 'failure']) then return; end if;
  -- A batch may report only the end of a stage that also began within it: it did run.
  select jsonb_object_agg(s.key, 'running') into v_begun
  from jsonb_each_text(v_stages) s, public.deployments d
  where d.task_id = p_task_id and s.value in ('succeeded', 'failed') and to_jsonb(d) ->> (s.key || '_status') = 'pending';
  if v_begun is not null then
    perform private.patch_deployment(p_task_id, jsonb_build_object('stages', v_begun));
  end if;
  update public.deployments d set
    checkout_status = coalesce((v_stages ->> 'checkout')::public.stage_status, checkout_status),
    build_status = coalesce((v_stages ->> 'build')::public.stage_status, build_status),
    validate_status = coalesce((v_stages ->> 'validate')::public.stage_status, validate_status),
    deploy_status = coalesce((v_stages ->> 'deploy')::public.stage_status, deploy_status),
    verify_status = coalesce((v_stages ->> 'verify')::public.stage_status, verify_status),
    rollback_status = coalesce((v_stages ->> 'rollback')::public.stage_status, rollback_status),
    commit_sha = coalesce(p_patch ->> 'commitSha', commit_sha),
    metadata = metadata || coalesce(nullif(p_patch -> 'metadata', 'null'), '{}'),
    failure = case when p_patch ? 'failure' then nullif(p_patch -> 'failure', 'null') else failure end
  where d.task_id = p_task_id;
end $$;

-- Numbers and stores those of p_events that are not there yet; returns the newest seq. The task's row is locked.
create function private.store_events(p_task_id uuid, p_attempt int, p_events jsonb, p_patch jsonb)
returns int language plpgsql security definer set search_path = '' as $$
declare v_fresh jsonb; v_last int; v_account uuid;
begin
  select jsonb_agg(f.event order by f.position) into v_fresh from (
    select distinct on (e.position) e.position, e.event from (
      select (value ->> 'position')::int as position, value as event from jsonb_array_elements(coalesce(p_events, '[]'))
    ) e
    where not exists (select 1 from public.task_events t
      where t.task_id = p_task_id and t.attempt = p_attempt and t.position = e.position)
    order by e.position
  ) f;
  -- The row first, so that the broadcast of the batch carries the state after it.
  update public.tasks set last_seq = last_seq + coalesce(jsonb_array_length(v_fresh), 0),
    progress = coalesce(nullif(p_patch -> 'progress', 'null'), progress)
  where id = p_task_id returning last_seq, account_id into v_last, v_account;
  insert into public.task_events (task_id, account_id, seq, attempt, position, kind, at, data)
  select p_task_id, v_account, v_last - jsonb_array_length(v_fresh) + e.n, p_attempt, (e.value ->> 'position')::int,
    (e.value ->> 'kind')::public.task_event_kind, coalesce((e.value ->> 'at')::timestamptz, now()),
    coalesce(e.value -> 'data', '{}')
  from jsonb_array_elements(v_fresh) with ordinality e(value, n);
  return v_last;
end $$;

-- Ends the stages of a deployment whose task ended, so that the generated status says the same as the task.
create function private.settle_stages(p_task_id uuid, p_status public.task_status)
returns void language plpgsql security definer set search_path = '' as $$
declare v_deployment public.deployments; v_row jsonb; v_stage text; v_value text; v_patch jsonb := '{}'; v_failed boolean := false;
begin
  select * into v_deployment from public.deployments where task_id = p_task_id for update;
  if not found then return; end if;
  v_row := to_jsonb(v_deployment);
  foreach v_stage in array array['checkout', 'build', 'validate', 'deploy', 'verify', 'rollback'] loop
    v_value := v_row ->> (v_stage || '_status');
    v_failed := v_failed or (v_value = 'failed' and v_stage <> 'rollback');
    if v_value = 'running' then
      v_value := case p_status when 'queued' then 'pending' else p_status::text end;
    elsif v_value = 'pending' and p_status = 'cancelled' then
      v_value := 'cancelled';
    elsif v_value = 'pending' and p_status = 'failed' and not v_failed and v_stage <> 'rollback' then
      v_value := 'failed'; -- it failed before a stage could say so
    elsif v_value = 'pending' and p_status in ('failed', 'succeeded') then
      v_value := 'skipped';
    end if;
    v_failed := v_failed or (v_value = 'failed' and v_stage <> 'rollback');
    if v_value is distinct from v_row ->> (v_stage || '_status') then
      v_patch := v_patch || jsonb_build_object(v_stage, v_value);
    end if;
  end loop;
  if v_patch <> '{}' then perform private.patch_deployment(p_task_id, jsonb_build_object('stages', v_patch)); end if;
end $$;

-- Moves a task to its end (or back to the queue) and its deployment with it. The task's row is locked.
create function private.end_task(p_task_id uuid, p_status public.task_status, p_failure jsonb)
returns int language plpgsql security definer set search_path = '' as $$
declare v_final boolean := p_status <> 'queued'; v_worker text;
begin
  select worker into v_worker from public.tasks where id = p_task_id;
  update public.tasks set status = p_status, failure = case when v_final then p_failure end,
    finished_at = case when v_final then now() end, lease_expires_at = null,
    run_id = case when v_final then run_id end, worker = case when v_final then worker end
  where id = p_task_id;
  perform private.settle_stages(p_task_id, p_status);
  update public.deployments set failure = case when v_final then coalesce(p_failure, failure) else failure end,
    finished_at = case when v_final then now() end,
    queue_status = case when v_final then queue_status else 'queued' end
  where task_id = p_task_id;
  update public.environment_allocations set released_at = now() where task_id = p_task_id and released_at is null;
  delete from private.outbox where task_id = p_task_id and kind = 'task.dispatch' and v_final;
  if not v_final then insert into private.outbox (kind, task_id) values ('task.dispatch', p_task_id); end if;
  return private.add_event(p_task_id, 'task',
    jsonb_strip_nulls(jsonb_build_object('status', p_status, 'worker', v_worker)) || jsonb_build_object('failure', p_failure));
end $$;

create function public.start_task(p_task_id uuid, p_run_id text, p_worker text, p_lease_seconds int)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_task public.tasks; v_deployment public.deployments; v_outcome text; v_previous text;
begin
  select * into v_task from public.tasks where id = p_task_id for update;
  if not found then perform private.fail(404, 'not_found', 'There is no such task.'); end if;
  if v_task.status = 'cancelled' then
    v_outcome := 'cancelled';
  elsif v_task.status in ('succeeded', 'failed') then
    v_outcome := 'finished';
  elsif v_task.status = 'running' and v_task.lease_expires_at > now() then
    v_outcome := 'busy';
  elsif v_task.cancel_requested_at is not null then
    perform private.end_task(p_task_id, 'cancelled', null);
    v_outcome := 'cancelled';
  else
    v_outcome := 'started';
    -- A stage that a lost attempt left running begins again; the finished ones stay.
    if v_task.status = 'running' then perform private.settle_stages(p_task_id, 'queued'); end if;
    update public.tasks set status = 'running', attempt = attempt + 1, run_id = p_run_id, worker = p_worker,
      lease_expires_at = now() + make_interval(secs => p_lease_seconds),
      started_at = coalesce(started_at, now())
    where id = p_task_id;
    update public.deployments set queue_status = 'dispatched', started_at = coalesce(started_at, now()), failure = null
    where task_id = p_task_id;
    -- This delivery took the task: an outbox row that still wants to deliver it would only start a run that ends as busy.
    delete from private.outbox where task_id = p_task_id and kind = 'task.dispatch';
    perform private.add_event(p_task_id, 'task',
      jsonb_build_object('status', 'running', 'worker', p_worker, 'failure', null));
  end if;
  select * into v_task from public.tasks where id = p_task_id;
  select * into v_deployment from public.deployments where id = v_task.deployment_id;
  select d.commit_sha into v_previous from public.deployments d
  where d.environment_id = v_task.environment_id and d.status = 'succeeded' and d.id <> v_task.deployment_id
    and d.commit_sha is not null
  order by d.finished_at desc nulls last limit 1;
  return jsonb_build_object('outcome', v_outcome, 'attempt', v_task.attempt, 'leaseExpiresAt', v_task.lease_expires_at,
    'task', to_jsonb(v_task),
    'deployment', case when v_deployment.id is not null then to_jsonb(v_deployment) end,
    'project', (select to_jsonb(p) from public.projects p where p.id = v_task.project_id),
    'environment', (select to_jsonb(e) from public.environments e where e.id = v_task.environment_id),
    'previousSuccess', case when v_previous is not null then jsonb_build_object('commitSha', v_previous) end);
end $$;
grant execute on function public.start_task(uuid, text, text, int) to service_role;

-- Locks the task for its running attempt, or refuses.
create function private.lock_attempt(p_task_id uuid, p_attempt int)
returns public.tasks language plpgsql security definer set search_path = '' as $$
declare v_task public.tasks;
begin
  select * into v_task from public.tasks where id = p_task_id for update;
  if not found then perform private.fail(404, 'not_found', 'There is no such task.'); end if;
  if v_task.attempt <> p_attempt or v_task.status <> 'running' then
    perform private.fail(409, 'stale_attempt',
      format('The task is %s in attempt %s, not running in attempt %s.', v_task.status, v_task.attempt, p_attempt),
      'Stop this attempt: another one owns the task.');
  end if;
  return v_task;
end $$;

create function public.append_task_events(p_task_id uuid, p_attempt int, p_events jsonb, p_patch jsonb, p_lease_seconds int)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_task public.tasks; v_last int;
begin
  v_task := private.lock_attempt(p_task_id, p_attempt);
  update public.tasks set lease_expires_at = now() + make_interval(secs => p_lease_seconds) where id = p_task_id;
  perform private.patch_deployment(p_task_id, coalesce(p_patch, '{}'));
  v_last := v_task.last_seq;
  if jsonb_array_length(coalesce(p_events, '[]')) > 0 or coalesce(p_patch, '{}') ? 'progress' then
    v_last := private.store_events(p_task_id, p_attempt, p_events, coalesce(p_patch, '{}'));
  end if;
  return jsonb_build_object('lastSeq', v_last, 'cancelRequested', v_task.cancel_requested_at is not null);
end $$;
grant execute on function public.append_task_events(uuid, int, jsonb, jsonb, int) to service_role;

create function public.finish_task(p_task_id uuid, p_attempt int, p_status text, p_failure jsonb, p_events jsonb, p_patch jsonb)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_task public.tasks; v_status public.task_status := p_status::public.task_status;
begin
  if v_status = 'running' then perform private.fail(400, 'bad_status', 'A task is not finished as running.'); end if;
  select * into v_task from public.tasks where id = p_task_id for update;
  -- The answer to the first call was lost: the same again.
  if v_task.attempt = p_attempt and v_task.status = v_status then
    return jsonb_build_object('lastSeq', v_task.last_seq);
  end if;
  v_task := private.lock_attempt(p_task_id, p_attempt);
  perform private.patch_deployment(p_task_id, coalesce(p_patch, '{}'));
  perform private.store_events(p_task_id, p_attempt, p_events, coalesce(p_patch, '{}'));
  if v_status = 'queued' and v_task.cancel_requested_at is not null then v_status := 'cancelled'; end if;
  return jsonb_build_object('lastSeq', private.end_task(p_task_id, v_status, nullif(p_failure, 'null')));
end $$;
grant execute on function public.finish_task(uuid, int, text, jsonb, jsonb, jsonb) to service_role;
