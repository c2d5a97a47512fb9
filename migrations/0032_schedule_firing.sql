-- breaking: no
-- Planning and firing: one moment, one transaction, whoever sweeps.

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
