-- breaking: no
-- One deployment at a time per environment: FIFO tickets with leases.

create table public.environment_allocations (
  id bigint generated always as identity primary key,
  environment_id uuid not null references public.environments (id) on delete cascade,
  account_id uuid not null references public.accounts (id) on delete cascade,
  task_id uuid not null references public.tasks (id) on delete cascade,
  created_at timestamptz not null default now(),
  acquired_at timestamptz,
  lease_expires_at timestamptz not null,
  released_at timestamptz
);
create unique index environment_allocations_ticket_idx
  on public.environment_allocations (environment_id, task_id) where released_at is null;
create unique index environment_allocations_holder_idx
  on public.environment_allocations (environment_id) where released_at is null and acquired_at is not null;
create index environment_allocations_line_idx on public.environment_allocations (environment_id, id);
create index environment_allocations_account_idx on public.environment_allocations (account_id);
create index environment_allocations_task_idx on public.environment_allocations (task_id);
alter table public.environment_allocations enable row level security;
grant select on public.environment_allocations to authenticated;
create policy environment_allocations_read on public.environment_allocations for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));

-- Takes a ticket or renews it; held when nobody with a live lease has an older one. Call again before the lease ends.
create function public.acquire_environment(p_environment_id uuid, p_task_id uuid, p_lease_seconds int)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_ticket bigint; v_account uuid; v_ahead int;
begin
  -- The row lock puts callers in line, so ids are given in the order of asking and nobody is passed.
  select account_id into v_account from public.environments where id = p_environment_id for no key update;
  if not found then perform private.fail(404, 'not_found', 'There is no such environment.'); end if;
  update public.environment_allocations set released_at = now()
  where environment_id = p_environment_id and released_at is null and task_id <> p_task_id and lease_expires_at < now();
  insert into public.environment_allocations (environment_id, account_id, task_id, lease_expires_at)
  values (p_environment_id, v_account, p_task_id, now() + make_interval(secs => p_lease_seconds))
  on conflict (environment_id, task_id) where released_at is null
    do update set lease_expires_at = excluded.lease_expires_at
  returning id into v_ticket;
  select count(*) into v_ahead from public.environment_allocations
  where environment_id = p_environment_id and released_at is null and id < v_ticket;
  if v_ahead = 0 then
    update public.environment_allocations set acquired_at = now() where id = v_ticket and acquired_at is null;
  end if;
  return jsonb_build_object('held', v_ahead = 0, 'position', v_ahead);
end $$;
grant execute on function public.acquire_environment(uuid, uuid, int) to service_role;

create function public.release_environment(p_environment_id uuid, p_task_id uuid)
returns void language sql security definer set search_path = '' as $$
  update public.environment_allocations set released_at = now()
  where environment_id = p_environment_id and task_id = p_task_id and released_at is null
$$;
grant execute on function public.release_environment(uuid, uuid) to service_role;
