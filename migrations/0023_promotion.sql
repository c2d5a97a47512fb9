-- breaking: no
-- Promotion from one environment to another, and the way back: the same build again.

-- What the environment has: the newest that succeeded, whatever it came from.
create function private.current_deployment(p_environment_id uuid)
returns public.deployments language sql stable security definer set search_path = '' as $$
  -- With its last stage it is a success, and only with its task it has ended.
  select d from public.deployments d
  where d.environment_id = p_environment_id and d.status = 'succeeded' and d.finished_at is not null
  order by d.finished_at desc, d.id desc limit 1
$$;

-- One promotion or rollback to an environment at a time. Not the environment's row: who holds it waits for a release
-- below, whose end waits for tasks, and a task's worker waits for its environment.
create function private.lock_repeats(p_environment_id uuid) returns void language sql volatile set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('sfp.repeats:' || p_environment_id, 0))
$$;

-- Deploys the source's build to an environment that the caller has locked so, unless that is on its way there already.
create function private.deploy_again(p_environment public.environments, p_source public.deployments, p_again boolean, p_pool public.pool)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_deployment public.deployments; v_made boolean := false;
begin
  if not p_again then
    select * into v_deployment from public.deployments d
    where d.environment_id = p_environment.id and d.finished_at is null and d.build_id = p_source.build_id
    order by d.created_at desc limit 1;
  end if;
  if v_deployment.id is null then
    insert into public.deployments (account_id, project_id, environment_id, source_deployment_id, pool)
    values (p_environment.account_id, p_environment.project_id, p_environment.id, p_source.id, p_pool)
    returning * into v_deployment;
    v_made := true;
  end if;
  return jsonb_build_object('made', v_made, 'deployment_id', v_deployment.id, 'source_id', p_source.id);
end $$;

-- Takes what one environment has to another one of the project; of two who promote at the same moment, one deployment.
create function public.promote_deployment(p_from uuid, p_to uuid, p_again boolean default false, p_pool public.pool default 'standard')
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_from public.environments; v_to public.environments; v_source public.deployments; v_there public.deployments;
begin
  select * into v_to from public.environments where id = p_to;
  perform private.require_role(v_to.account_id, 'member', 'environment');
  perform private.lock_repeats(p_to);
  select * into v_from from public.environments where id = p_from and project_id = v_to.project_id and account_id = v_to.account_id;
  if v_from.id is null then
    perform private.fail(404, 'not_found', 'There is no such environment in this project, or it is not yours to see.');
  elsif v_from.id = v_to.id then
    perform private.fail(422, 'same_environment', 'A promotion goes from one environment to another.',
      'Deploy an earlier state again with: sfp rollback');
  end if;
  v_source := private.current_deployment(p_from);
  if v_source.id is null then
    perform private.fail(409, 'nothing_deployed', format('Nothing was deployed to %s yet.', v_from.slug),
      format('Deploy to it first: sfp deploy --project %s --environment %s', v_from.project_id, v_from.slug));
  end if;
  v_there := private.current_deployment(p_to);
  if v_there.build_id = v_source.build_id and not p_again then
    return jsonb_build_object('made', false, 'deployment_id', v_there.id, 'source_id', v_source.id);
  end if;
  return private.deploy_again(v_to, v_source, p_again, p_pool);
end $$;
grant execute on function public.promote_deployment(uuid, uuid, boolean, public.pool) to authenticated, service_role;

-- Takes an environment back: to that deployment, else to what it had before what it has. Rolling back twice goes back
-- twice: what a rollback left is not returned to.
create function public.rollback_deployment(p_environment_id uuid, p_to uuid default null, p_pool public.pool default 'standard')
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_environment public.environments; v_current public.deployments; v_mark public.deployments; v_source public.deployments;
begin
  select * into v_environment from public.environments where id = p_environment_id;
  perform private.require_role(v_environment.account_id, 'member', 'environment');
  if v_environment.id is null then perform private.fail(404, 'not_found', 'There is no such environment.'); end if;
  perform private.lock_repeats(p_environment_id);
  if p_to is not null then
    select * into v_source from public.deployments d where d.id = p_to and d.environment_id = p_environment_id;
    if not found then
      perform private.fail(404, 'not_found', 'There is no such deployment in this environment.',
        format('See which there are: sfp rollback --list --project %s --environment %s', v_environment.project_id, v_environment.slug));
    end if;
    return private.deploy_again(v_environment, v_source, false, p_pool);
  end if;
  v_current := private.current_deployment(p_environment_id);
  if v_current.id is null then
    perform private.fail(409, 'nothing_deployed', format('Nothing was deployed to %s yet.', v_environment.slug));
  end if;
  v_mark := v_current;
  while v_mark.origin = 'rollback' and v_mark.source_deployment_id is not null loop
    select * into v_mark from public.deployments where id = v_mark.source_deployment_id;
  end loop;
  select * into v_source from public.deployments d
  where d.environment_id = p_environment_id and d.status = 'succeeded' and d.finished_at < v_mark.finished_at
    and d.build_id is distinct from v_current.build_id
  order by d.finished_at desc, d.id desc limit 1;
  if not found then
    perform private.fail(409, 'nothing_earlier', format('Nothing else was deployed to %s before.', v_environment.slug),
      format('See what was: sfp rollback --list --project %s --environment %s', v_environment.project_id, v_environment.slug));
  end if;
  return private.deploy_again(v_environment, v_source, false, p_pool);
end $$;
grant execute on function public.rollback_deployment(uuid, uuid, public.pool) to authenticated, service_role;

-- A deployment of an aborted release is not tried again.
create function private.check_release_retry() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_release public.releases;
begin
  select * into v_release from public.releases where id = new.release_id for no key update;
  if v_release.status = 'aborted' then
    perform private.fail(409, 'release_aborted', format('The release %s was aborted.', v_release.name),
      'Make a new one: sfp release create <name>');
  end if;
  return new;
end $$;
create trigger check_release_retry before update of task_id on public.deployments
  for each row when (new.release_id is not null and new.task_id is not null and new.origin <> 'rollback'
    and new.task_id is distinct from old.task_id) execute function private.check_release_retry();

-- As in 0005; a build has a commit before it too.
create or replace function public.start_task(p_task_id uuid, p_run_id text, p_worker text, p_lease_seconds int)
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
  if v_task.build_id is not null then
    -- Of its ref: what a release says to have changed is put together from builds.
    select b.commit_sha into v_previous from public.builds b join public.builds own on own.id = v_task.build_id
    where b.project_id = own.project_id and b.ref = own.ref and b.number < own.number
      and b.status in ('succeeded', 'expired') and b.commit_sha is not null
    order by b.number desc limit 1;
  else
    -- What is there now, a promotion's or a rollback's commit as well.
    select d.commit_sha into v_previous from public.deployments d
    where d.environment_id = v_task.environment_id and d.status = 'succeeded' and d.finished_at is not null
      and d.id <> v_task.deployment_id and d.commit_sha is not null
    order by d.finished_at desc limit 1;
  end if;
  return jsonb_build_object('outcome', v_outcome, 'attempt', v_task.attempt, 'leaseExpiresAt', v_task.lease_expires_at,
    'task', to_jsonb(v_task),
    'deployment', case when v_deployment.id is not null then to_jsonb(v_deployment) end,
    'project', (select to_jsonb(p) from public.projects p where p.id = v_task.project_id),
    'environment', (select to_jsonb(e) from public.environments e where e.id = v_task.environment_id),
    'previousSuccess', case when v_previous is not null then jsonb_build_object('commitSha', v_previous) end);
end $$;
