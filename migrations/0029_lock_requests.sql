-- breaking: no
-- What people do with a ticket: take, look, renew, give back.

-- A ticket as it is shown.
create function private.lock_answer(p public.environment_allocations)
returns jsonb language plpgsql stable set search_path = '' as $$
declare v_ahead int; v_wait int;
begin
  if p.released_at is null then
    select l.ahead, l.estimated_wait_seconds into v_ahead, v_wait
    from private.environment_line(p.environment_id) l where l.id = p.id;
  end if;
  return to_jsonb(p) - 'request_key' || jsonb_build_object('ahead', v_ahead, 'estimated_wait_seconds', v_wait);
end $$;

create function public.environment_lock(p_ticket uuid)
returns jsonb language plpgsql stable security definer set search_path = '' as $$
declare v_ticket public.environment_allocations;
begin
  select * into v_ticket from public.environment_allocations where id = p_ticket;
  perform private.require_role(v_ticket.account_id, 'viewer', 'ticket');
  if v_ticket.id is null then perform private.fail(404, 'not_found', 'There is no such ticket.'); end if;
  return private.lock_answer(v_ticket);
end $$;
grant execute on function public.environment_lock(uuid) to authenticated, service_role;

-- Who has the environment and who waits for it, in that order.
create function public.environment_locks(p_environment_id uuid)
returns setof jsonb language plpgsql stable security definer set search_path = '' as $$
begin
  perform private.require_role((select e.account_id from public.environments e where e.id = p_environment_id),
    'viewer', 'environment');
  return query
    select to_jsonb(a) - 'request_key' || jsonb_build_object('ahead', l.ahead, 'estimated_wait_seconds', l.estimated_wait_seconds)
    from private.environment_line(p_environment_id) l join public.environment_allocations a on a.id = l.id
    order by a.status desc, a.inside is not null, a.place;
end $$;
grant execute on function public.environment_locks(uuid) to authenticated, service_role;

create function private.check_lock_seconds(p_seconds int, p_what text)
returns void language plpgsql set search_path = '' as $$
begin
  if p_seconds is null or p_seconds not between 60 and 86400 then
    perform private.fail(422, 'lock_seconds', format('%s is from 60 to 86400 seconds.', p_what), 'Give from one minute to one day.');
  end if;
end $$;

-- The same key again, by the same user, is the same ticket, whatever has become of it meanwhile.
create function public.take_environment_lock(p_environment_id uuid, p_reason text default null,
  p_lease_seconds int default 3600, p_wait_seconds int default 1800, p_request_key text default null)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  v_account uuid; v_now timestamptz; v_ticket public.environment_allocations; v_user uuid := (select auth.uid());
begin
  select account_id into v_account from public.environments where id = p_environment_id;
  perform private.require_role(v_account, 'member', 'environment');
  if v_user is null then perform private.fail(403, 'forbidden', 'Only a signed-in user or his token takes a ticket.'); end if;
  perform private.check_lock_seconds(p_lease_seconds, 'The lease');
  perform private.check_lock_seconds(p_wait_seconds, 'How long a place is kept');
  if length(p_reason) > 500 or length(p_request_key) not between 1 and 200 then
    perform private.fail(422, 'invalid_value', 'A reason has at most 500 characters, a key 1 to 200.');
  end if;
  if not private.lock_environment(p_environment_id) then
    perform private.fail(404, 'not_found', 'There is no such environment.');
  end if;
  v_now := clock_timestamp();
  perform private.advance_environment(p_environment_id, v_now);
  select * into v_ticket from public.environment_allocations where user_id = v_user and request_key = p_request_key;
  if found then
    if v_ticket.environment_id <> p_environment_id or v_ticket.reason is distinct from nullif(p_reason, '') then
      perform private.fail(422, 'idempotency_key_reused', 'This key was used for another ticket.', 'Use a new key for a new ticket.');
    end if;
    return private.lock_answer(v_ticket);
  end if;
  if (select count(*) from public.environment_allocations where environment_id = p_environment_id and released_at is null) >= 1000 then
    perform private.fail(409, 'lock_line_full', 'A thousand tickets wait for this environment.',
      format('See who waits: sfp environment locks %s', p_environment_id));
  end if;
  insert into public.environment_allocations (environment_id, account_id, user_id, user_email, application_token_id, reason,
    lease_seconds, wait_seconds, lease_expires_at, request_key, created_at)
  values (p_environment_id, v_account, v_user, coalesce((select email from auth.users where id = v_user), ''),
    ((select auth.jwt()) ->> 'app_token_id')::uuid, nullif(p_reason, ''), p_lease_seconds, p_wait_seconds,
    v_now + make_interval(secs => p_wait_seconds), p_request_key, v_now)
  returning * into v_ticket;
  perform private.advance_environment(p_environment_id, v_now);
  update public.environment_allocations set collected = true, lease_expires_at = v_now + make_interval(secs => lease_seconds)
  where id = v_ticket.id and status = 'held';
  select * into v_ticket from public.environment_allocations where id = v_ticket.id;
  return private.lock_answer(v_ticket);
end $$;
grant execute on function public.take_environment_lock(uuid, text, int, int, text) to authenticated;

-- Locks a person's ticket for a change, the environment's row before the ticket's.
create function private.lock_own_ticket(p_ticket uuid, p_environment_id uuid, p_others public.account_role default null)
returns public.environment_allocations language plpgsql security definer set search_path = '' as $$
declare v_ticket public.environment_allocations;
begin
  select * into v_ticket from public.environment_allocations
  where id = p_ticket and environment_id = coalesce(p_environment_id, environment_id);
  perform private.require_role(v_ticket.account_id, 'member', 'ticket');
  if v_ticket.id is null then perform private.fail(404, 'not_found', 'There is no such ticket.'); end if;
  if v_ticket.task_id is not null then
    perform private.fail(409, 'lock_of_task', 'This is the ticket of a deployment, which keeps it as long as it runs.',
      format('Cancel the task: sfp task cancel %s', v_ticket.task_id));
  elsif v_ticket.user_id is distinct from (select auth.uid())
    and (p_others is null or v_ticket.account_id not in (select private.member_account_ids(p_others))) then
    perform private.fail(403, 'lock_not_yours', format('The ticket is %s''s.', coalesce(nullif(v_ticket.user_email, ''), 'somebody else')),
      case when p_others is null then 'Take one of your own: sfp environment lock'
        else format('Ask for it, or an %s of the account to release it.', p_others) end);
  end if;
  perform private.lock_environment(v_ticket.environment_id);
  perform private.advance_environment(v_ticket.environment_id, clock_timestamp());
  select * into v_ticket from public.environment_allocations where id = p_ticket;
  return v_ticket;
end $$;

-- A sign of life of who waits; the beginning of the lease of whose turn has come; with a number of seconds, another end.
create function public.renew_environment_lock(p_ticket uuid, p_lease_seconds int default null, p_environment_id uuid default null)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_ticket public.environment_allocations; v_now timestamptz;
begin
  v_ticket := private.lock_own_ticket(p_ticket, p_environment_id);
  v_now := clock_timestamp();
  if p_lease_seconds is not null then
    perform private.check_lock_seconds(p_lease_seconds, 'The lease');
    if v_ticket.released_at is not null then
      perform private.fail(409, 'lock_ended', format('The ticket is %s.', v_ticket.status), 'Take a new one: sfp environment lock');
    end if;
  end if;
  update public.environment_allocations set
    lease_seconds = coalesce(p_lease_seconds, lease_seconds),
    extended_at = case when p_lease_seconds is null then extended_at else v_now end,
    collected = status = 'held',
    lease_expires_at = v_now + make_interval(secs =>
      case when status = 'held' then coalesce(p_lease_seconds, lease_seconds) else wait_seconds end)
  where id = p_ticket and released_at is null and (p_lease_seconds is not null or not collected)
  returning * into v_ticket;
  if not found then select * into v_ticket from public.environment_allocations where id = p_ticket; end if;
  return private.lock_answer(v_ticket);
end $$;
grant execute on function public.renew_environment_lock(uuid, int, uuid) to authenticated;

-- Gives the environment, or the place in its line, back. Again: nothing more.
create function public.release_environment_lock(p_ticket uuid, p_environment_id uuid default null)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_ticket public.environment_allocations;
begin
  perform private.lock_own_ticket(p_ticket, p_environment_id, 'admin');
  update public.environment_allocations set released_at = clock_timestamp() where id = p_ticket and released_at is null;
  select * into v_ticket from public.environment_allocations where id = p_ticket;
  return private.lock_answer(v_ticket);
end $$;
grant execute on function public.release_environment_lock(uuid, uuid) to authenticated;

-- Hands on what nobody has asked about since it ran out.
create function public.sweep_environment_locks()
returns int language plpgsql security definer set search_path = '' as $$
declare v_environment uuid; v_count int := 0;
begin
  for v_environment in
    select e.id from public.environments e where e.id in (
      select a.environment_id from public.environment_allocations a
      where a.released_at is null and (a.lease_expires_at <= clock_timestamp() or a.acquired_at is null and not exists (
        select 1 from public.environment_allocations h
        where h.environment_id = a.environment_id and h.released_at is null and h.acquired_at is not null)))
    order by e.id for no key update skip locked
  loop
    perform private.advance_environment(v_environment, clock_timestamp());
    v_count := v_count + 1;
  end loop;
  return v_count;
end $$;
grant execute on function public.sweep_environment_locks() to service_role;
