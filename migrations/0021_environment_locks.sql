-- breaking: no
-- Locks of environments: people and application tokens stand in the same line as deployments.

create type public.lock_status as enum ('waiting', 'held', 'released', 'cancelled', 'expired');

-- `place` is the order of asking; `id` is what a ticket is called by.
alter table public.environment_allocations drop constraint environment_allocations_pkey;
alter table public.environment_allocations rename column id to place;
alter table public.environment_allocations alter column task_id drop not null;
alter table public.environment_allocations
  add column id uuid primary key default gen_random_uuid(),
  -- A deployment that was made under a ticket stands in that ticket's own line, not in the environment's.
  add column inside uuid references public.environment_allocations (id) on delete set null,
  add column user_id uuid references auth.users (id) on delete set null,
  -- The address as it was then, so that a line can be shown without asking for users.
  add column user_email text,
  add column application_token_id uuid references public.application_tokens (id) on delete set null,
  add column reason text check (length(reason) between 1 and 500),
  add column lease_seconds int not null default 30,
  -- How long a place is kept while nobody asks after it.
  add column wait_seconds int not null default 30,
  -- Whether who asked knows that it is his turn; his lease begins then.
  add column collected boolean not null default false,
  add column extended_at timestamptz,
  add column expired boolean not null default false,
  -- What makes a repeated request the same ticket.
  add column request_key text check (length(request_key) between 1 and 200),
  add column status public.lock_status not null generated always as (
    case when released_at is null then
        case when acquired_at is null then 'waiting'::public.lock_status else 'held' end
      when expired then 'expired'
      when acquired_at is null then 'cancelled'
      else 'released' end) stored,
  add check (not expired or released_at is not null),
  add check (inside is null or task_id is not null),
  add check (task_id is not null or user_email is not null),
  add check (task_id is not null or (lease_seconds between 60 and 86400 and wait_seconds between 60 and 86400));
drop index public.environment_allocations_holder_idx;
create unique index environment_allocations_holder_idx on public.environment_allocations (environment_id)
  where released_at is null and acquired_at is not null and inside is null;
create unique index environment_allocations_inside_holder_idx on public.environment_allocations (environment_id)
  where released_at is null and acquired_at is not null and inside is not null;
create unique index environment_allocations_request_idx on public.environment_allocations (user_id, request_key);
create index environment_allocations_live_idx on public.environment_allocations (environment_id, place) where released_at is null;
create index environment_allocations_inside_idx on public.environment_allocations (inside);
create index environment_allocations_token_idx on public.environment_allocations (application_token_id);
create trigger audit after insert or update on public.environment_allocations
  for each row when (new.task_id is null)
  execute function private.audit('environment_lock', 'environment_id', 'status', 'reason', 'lease_seconds', 'extended_at');

-- The same table as contracts' lockTransitions (compared by a test).
create function private.lock_may_move(p_from public.lock_status, p_to public.lock_status)
returns boolean language sql immutable set search_path = '' as $$
  select (p_from, p_to) in (
    ('waiting'::public.lock_status, 'held'::public.lock_status), ('waiting', 'cancelled'), ('waiting', 'expired'),
    ('held', 'released'), ('held', 'expired'))
$$;
create function private.check_lock_move() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if not private.lock_may_move(old.status, new.status) then
    perform private.fail(409, 'illegal_transition', format('A ticket does not go from %s to %s.', old.status, new.status));
  end if;
  return null;
end $$;
-- After: a generated column has its new value only then.
create trigger check_lock_move after update on public.environment_allocations
  for each row when (old.status <> new.status) execute function private.check_lock_move();

-- Ends what has run out and gives the environment to who is next. The caller holds the environment's row lock.
-- Somebody who ends a ticket by its task (end_task) has that ticket's row and waits for the environment's, so a row that
-- is locked is left alone: never passed, and handed on by him.
create function private.advance_environment(p_environment_id uuid, p_now timestamptz)
returns void language plpgsql security definer set search_path = '' as $$
declare v_top uuid; v_next uuid; v_first uuid;
begin
  update public.environment_allocations set released_at = p_now, expired = true where id in (
    select a.id from public.environment_allocations a
    where a.environment_id = p_environment_id and a.released_at is null and a.lease_expires_at <= p_now
    for update skip locked);
  -- Who waited inside a lock that has ended stands in the environment's line, at the place where he asked.
  update public.environment_allocations set inside = null where id in (
    select a.id from public.environment_allocations a join public.environment_allocations l on l.id = a.inside
    where a.environment_id = p_environment_id and a.released_at is null and a.acquired_at is null and l.released_at is not null
    for update of a skip locked);
  select a.id into v_top from public.environment_allocations a
  where a.environment_id = p_environment_id and a.released_at is null and a.acquired_at is not null and a.inside is null;
  -- A deployment that runs inside has the environment, also when the lock around it has ended meanwhile.
  if exists (select 1 from public.environment_allocations a where a.environment_id = p_environment_id
    and a.released_at is null and a.acquired_at is not null and a.inside is not null) then return; end if;
  -- The line of the lock that has it, or, when nobody has it, the environment's.
  select a.id into v_first from public.environment_allocations a
  where a.environment_id = p_environment_id and a.released_at is null and a.acquired_at is null
    and a.inside is not distinct from v_top
  order by a.place limit 1;
  select a.id into v_next from public.environment_allocations a
  where a.id = v_first and a.released_at is null for update skip locked;
  update public.environment_allocations set acquired_at = p_now, collected = false,
    lease_expires_at = p_now + make_interval(secs => least(lease_seconds, wait_seconds))
  where id = v_next;
end $$;

-- The environment's row puts callers in line, so that places are given in the order of asking and nobody is passed.
create function private.lock_environment(p_environment_id uuid)
returns boolean language plpgsql security definer set search_path = '' as $$
begin
  perform 1 from public.environments where id = p_environment_id for no key update;
  return found;
end $$;

-- Every change is told to who listens on the environment; a sign of life is none.
create function private.tell_lock(p public.environment_allocations)
returns void language sql security definer set search_path = '' as $$
  select realtime.send(jsonb_build_object('ticketId', p.id, 'status', p.status, 'taskId', p.task_id,
    'expiresAt', case when p.released_at is null then p.lease_expires_at end),
    'environment_lock', 'environment:' || p.environment_id, true)
$$;
create function private.lock_inserted() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_ticket public.environment_allocations;
begin
  for v_ticket in select n.* from fresh n loop perform private.tell_lock(v_ticket); end loop;
  return null;
end $$;
create trigger lock_inserted after insert on public.environment_allocations
  referencing new table as fresh for each statement execute function private.lock_inserted();

-- Whoever ends a ticket, by whatever way, hands over in the same transaction.
create function private.lock_updated() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_environment uuid; v_ticket public.environment_allocations;
begin
  for v_ticket in
    select n.* from fresh n join before o on o.id = n.id
    where n.status <> o.status or n.extended_at is distinct from o.extended_at or n.inside is distinct from o.inside
  loop
    perform private.tell_lock(v_ticket);
  end loop;
  for v_environment in
    select distinct n.environment_id from fresh n join before o on o.id = n.id
    where n.released_at is not null and o.released_at is null order by 1
  loop
    if private.lock_environment(v_environment) then
      perform private.advance_environment(v_environment, clock_timestamp());
    end if;
  end loop;
  return null;
end $$;
create trigger lock_updated after update on public.environment_allocations
  referencing old table as before new table as fresh for each statement execute function private.lock_updated();

create function private.lock_deleted() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_environment uuid;
begin
  for v_environment in select distinct o.environment_id from gone o where o.released_at is null order by 1 loop
    if private.lock_environment(v_environment) then
      perform private.advance_environment(v_environment, clock_timestamp());
    end if;
  end loop;
  return null;
end $$;
create trigger lock_deleted after delete on public.environment_allocations
  referencing old table as gone for each statement execute function private.lock_deleted();

-- Every live ticket with its position (0: has it; 1: next) and about how long it still waits: what those ahead usually
-- take here (of the last 50 that ended, those of their kind), people at most their lease; null when nothing is known.
create function private.environment_line(p_environment_id uuid)
returns table (id uuid, ahead int, estimated_wait_seconds int) language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin return query -- plpgsql keeps its plan; as sql it was planned for each call, 22 ms a renewal instead of 11
  -- Materialized: else it is computed again for each live ticket, 73 ms with 200 of them.
  with usual as materialized (
    select l.is_task, avg(extract(epoch from l.released_at - l.acquired_at)) as seconds
    from (select a.task_id is not null as is_task, a.released_at, a.acquired_at from public.environment_allocations a
      where a.environment_id = p_environment_id and a.status = 'released' order by a.place desc limit 50) l
    group by l.is_task
  ), live as (
    select a.id, a.place, a.inside, a.status,
      case
        when a.task_id is not null then
          case when a.status = 'held' then greatest(0, u.seconds - extract(epoch from now() - a.acquired_at)) else u.seconds end
        when a.status = 'waiting' then least(u.seconds, a.lease_seconds)
        when u.seconds > extract(epoch from now() - a.acquired_at) then
          least(u.seconds - extract(epoch from now() - a.acquired_at), extract(epoch from a.lease_expires_at - now()))
        else greatest(0, extract(epoch from a.lease_expires_at - now()))
      end as seconds
    from public.environment_allocations a left join usual u on u.is_task = (a.task_id is not null)
    where a.environment_id = p_environment_id and a.released_at is null
  )
  select l.id,
    case when l.status = 'held' then 0
      else (count(*) filter (where l.status = 'waiting') over line)::int + 1 end,
    case when l.status = 'held' then 0
      when bool_or(l.seconds is null) over line then null
      else ceil(sum(l.seconds) over line)::int end
  from live l
  window line as (partition by l.inside order by l.status desc, l.place rows between unbounded preceding and 1 preceding);
end $$;

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
