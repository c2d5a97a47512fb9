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
