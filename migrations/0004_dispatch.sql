-- breaking: no
-- From an inserted row to the task engine: the outbox, the wake-up calls, and what the dispatcher claims.

create table private.outbox (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('task.dispatch', 'task.cancel')),
  task_id uuid not null references public.tasks (id) on delete cascade,
  attempts int not null default 0,
  available_at timestamptz not null default now(),
  claimed_until timestamptz,
  last_error text,
  created_at timestamptz not null default now()
);
create index outbox_task_idx on private.outbox (task_id);
create index outbox_available_idx on private.outbox (available_at);
alter table private.outbox enable row level security;

create table private.dispatch_settings (
  only_row boolean primary key default true check (only_row),
  url text
);
insert into private.dispatch_settings default values;
alter table private.dispatch_settings enable row level security;

-- The migrator calls it after every run. The secret lives in Vault only.
create function private.set_dispatch(p_url text, p_secret text)
returns void language plpgsql security definer set search_path = '' as $$
declare v_id uuid;
begin
  update private.dispatch_settings set url = p_url where url is distinct from p_url;
  if p_secret is null then return; end if;
  select id into v_id from vault.secrets where name = 'sfp_dispatch_secret';
  if v_id is null then
    perform vault.create_secret(p_secret, 'sfp_dispatch_secret', 'Header x-sfp-dispatch of the database''s wake-up call');
  elsif (select decrypted_secret from vault.decrypted_secrets where id = v_id) is distinct from p_secret then
    perform vault.update_secret(v_id, p_secret);
  end if;
end $$;

-- Two wake-ups, both only hints: pg_net is sent after the commit (the real one ticks once a second when busy), the
-- broadcast takes a millisecond or two. A failure of either must not undo the change that caused it: the
-- dispatcher sweeps the outbox anyway.
create function private.wake_dispatcher() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_url text; v_secret text;
begin
  begin
    select url into v_url from private.dispatch_settings;
    if v_url is not null then
      select decrypted_secret into v_secret from vault.decrypted_secrets where name = 'sfp_dispatch_secret';
      perform net.http_post(
        url => v_url, body => '{"reason": "outbox"}'::jsonb, timeout_milliseconds => 2000,
        headers => jsonb_build_object('Content-Type', 'application/json', 'x-sfp-dispatch', coalesce(v_secret, '')));
    end if;
  exception when others then
    raise warning 'dispatcher not called over HTTP: % (%)', sqlerrm, sqlstate;
  end;
  perform realtime.send('{}'::jsonb, 'outbox', 'dispatch', true);
  return null;
end $$;
create trigger wake_dispatcher after insert on private.outbox
  for each statement execute function private.wake_dispatcher();

-- Appends one event of the platform itself (no position). The caller holds the task's row lock or just made it.
create function private.add_event(p_task_id uuid, p_kind public.task_event_kind, p_data jsonb)
returns int language plpgsql security definer set search_path = '' as $$
declare v_task public.tasks;
begin
  update public.tasks set last_seq = last_seq + 1 where id = p_task_id returning * into v_task;
  insert into public.task_events (task_id, account_id, seq, attempt, kind, data)
  values (p_task_id, v_task.account_id, v_task.last_seq, v_task.attempt, p_kind, p_data);
  return v_task.last_seq;
end $$;

-- Inserting a deployment is all it takes. Before: who, where, and the name of its task, whatever the writer sent.
create function private.deployment_requested() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.project_id is null or new.account_id is null then
    select e.project_id, e.account_id into new.project_id, new.account_id
    from public.environments e where e.id = new.environment_id and e.project_id = coalesce(new.project_id, e.project_id);
  end if;
  if new.ref is null then
    select p.default_ref into new.ref from public.projects p where p.id = new.project_id and p.account_id = new.account_id;
  end if;
  if not private.is_service() and (select auth.uid()) is not null then new.requested_by := (select auth.uid()); end if;
  new.task_id := gen_random_uuid();
  new.queue_status := 'queued';
  new.checkout_status := 'pending'; new.build_status := 'pending'; new.validate_status := 'pending';
  new.deploy_status := 'pending'; new.verify_status := 'pending'; new.rollback_status := 'pending';
  new.commit_sha := null; new.metadata := '{}'; new.failure := null;
  new.created_at := now(); new.started_at := null; new.finished_at := null;
  return new;
end $$;
create trigger deployment_requested before insert on public.deployments
  for each row execute function private.deployment_requested();

create function private.deployment_queued() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into public.tasks (id, account_id, project_id, environment_id, deployment_id, type, pool)
  values (new.task_id, new.account_id, new.project_id, new.environment_id, new.id, 'deployment', new.pool);
  return null;
end $$;
create trigger deployment_queued after insert on public.deployments
  for each row execute function private.deployment_queued();

-- A task row, whoever made it, goes to the engine through the outbox, in the same transaction.
create function private.task_queued() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform private.add_event(new.id, 'task', jsonb_build_object('status', 'queued', 'failure', null));
  insert into private.outbox (kind, task_id) values ('task.dispatch', new.id);
  return null;
end $$;
create trigger task_queued after insert on public.tasks for each row execute function private.task_queued();

create function public.claim_outbox(p_limit int default 20, p_lease_seconds int default 30)
returns table (id bigint, kind text, task_id uuid, payload jsonb, attempts int)
language sql security definer set search_path = '' as $$
  with due as (
    select o.id from private.outbox o
    where o.available_at <= now() and (o.claimed_until is null or o.claimed_until < now())
    order by o.id limit p_limit for update skip locked
  ), claimed as (
    update private.outbox o
    set claimed_until = now() + make_interval(secs => p_lease_seconds), attempts = o.attempts + 1
    from due where o.id = due.id returning o.id, o.kind, o.task_id, o.attempts
  )
  select c.id, c.kind, c.task_id,
    jsonb_strip_nulls(jsonb_build_object('type', t.type, 'pool', t.pool, 'runId', t.run_id)), c.attempts
  from claimed c join public.tasks t on t.id = c.task_id order by c.id
$$;
grant execute on function public.claim_outbox(int, int) to service_role;

-- Done: the row goes, the task knows its run. A worker that was faster than this answer has written its own.
create function public.complete_outbox(p_id bigint, p_run_id text default null)
returns void language plpgsql security definer set search_path = '' as $$
declare v_row private.outbox;
begin
  select * into v_row from private.outbox where id = p_id;
  -- The task before the outbox, the order of every other function: the worker may be starting it at this moment.
  perform 1 from public.tasks where id = v_row.task_id for update;
  delete from private.outbox where id = p_id;
  if not found or v_row.kind <> 'task.dispatch' then return; end if;
  update public.tasks set run_id = p_run_id, dispatched_at = now() where id = v_row.task_id and status = 'queued';
  update public.deployments set queue_status = 'dispatched' where task_id = v_row.task_id and queue_status = 'queued';
end $$;
grant execute on function public.complete_outbox(bigint, text) to service_role;

create function public.fail_outbox(p_id bigint, p_error text, p_retry_seconds int)
returns void language sql security definer set search_path = '' as $$
  update private.outbox set claimed_until = null, last_error = left(p_error, 2000),
    available_at = now() + make_interval(secs => p_retry_seconds) where id = p_id
$$;
grant execute on function public.fail_outbox(bigint, text, int) to service_role;
