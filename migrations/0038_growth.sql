-- breaking: no
-- Growth: the two logs are partitioned by time, what is too old goes with its partition, and the size is sampled.
-- Not breaking: programs of before read the logs by task or by time and write through functions, all as they did.
-- 1 million events and 1 million lines of the audit log together took 14 s (two busy cores, no fsync).

-- A partition is a table of its own. Nobody has a right in this schema, and REST does not know it.
create schema partitions;
revoke all on schema partitions from public;

create table private.partitioned_tables (
  name text primary key,
  key text not null,
  -- How long a partition is. A page of events asks every partition of 90 days, so few; the audit log has five indexes.
  months int not null check (12 % months = 0)
);
insert into private.partitioned_tables values ('task_events', 'task_created_at', 1), ('audit_log', 'at', 3);
alter table private.partitioned_tables enable row level security;

-- In UTC, whatever the session's time zone.
create function private.partition_start(p_months int, p_at timestamptz)
returns date language sql immutable set search_path = '' as $$
  select make_date(extract(year from p_at at time zone 'UTC')::int,
    (extract(month from p_at at time zone 'UTC')::int - 1) / p_months * p_months + 1, 1)
$$;

create function private.create_partition(p_table text, p_start date)
returns void language plpgsql security definer set search_path = '' as $$
declare
  v_name text := p_table || to_char(p_start, '_YYYY_MM');
  v_months int := (select months from private.partitioned_tables where name = p_table);
begin
  execute format('create table partitions.%I partition of public.%I for values from (%L) to (%L)', v_name, p_table,
    p_start || ' 00:00+00', (p_start + make_interval(months => v_months))::date || ' 00:00+00');
  perform private.close_partition(p_table, v_name);
end $$;

-- Catches what no partition was made for, so that a job that does not run costs no event.
create function private.create_default_partition(p_table text)
returns void language plpgsql security definer set search_path = '' as $$
begin
  execute format('create table partitions.%I partition of public.%I default', p_table || '_default', p_table);
  perform private.close_partition(p_table, p_table || '_default');
end $$;

-- Policies and triggers of a statement are those of the table that is named in it: a partition needs its own.
create function private.close_partition(p_table text, p_name text)
returns void language plpgsql security definer set search_path = '' as $$
begin
  execute format('alter table partitions.%I enable row level security', p_name);
  execute format('revoke all on partitions.%I from anon, authenticated, service_role', p_name);
  if p_table = 'audit_log' then
    execute format('create trigger append_only before update or delete or truncate on partitions.%I
      for each statement execute function private.audit_is_append_only()', p_name);
  end if;
end $$;

-- The real Realtime names a changed row by its partition (wal2json does), so postgres_changes on a partitioned table says
-- nothing. The feed of a task is its broadcast; the rows of tasks and deployments stay published.
alter publication supabase_realtime drop table public.task_events;

-- The order of every function: the task before its events.
lock table public.tasks in share row exclusive mode;
lock table public.task_events, public.audit_log in access exclusive mode;

alter table public.tasks add unique (id, created_at);
alter table public.task_events set schema partitions;
alter table partitions.task_events rename to task_events_before;

-- By the time of the task, not of the event: all events of a task are in one partition, so (task_id, seq) and
-- (task_id, attempt, position) are unique although the key has to be part of them, and a partition goes with whole logs.
create table public.task_events (
  task_id uuid not null,
  -- The task's, repeated here: a policy that looks into tasks reads all of them for each page of events.
  account_id uuid not null,
  seq int not null check (seq > 0),
  attempt int not null,
  position int,
  kind public.task_event_kind not null,
  at timestamptz not null default now(),
  data jsonb not null default '{}' check (jsonb_typeof(data) = 'object'),
  -- The foreign key holds it to the task's.
  task_created_at timestamptz not null
) partition by range (task_created_at);

do $$
declare v_start timestamp := private.partition_start(1, least(now(), (select min(created_at) from public.tasks)));
begin
  while v_start <= now() at time zone 'UTC' + interval '2 months' loop
    perform private.create_partition('task_events', v_start::date);
    v_start := v_start + interval '1 month';
  end loop;
end $$;
select private.create_default_partition('task_events');

insert into public.task_events (task_id, account_id, seq, attempt, position, kind, at, data, task_created_at)
select e.task_id, e.account_id, e.seq, e.attempt, e.position, e.kind, e.at, e.data, t.created_at
from partitions.task_events_before e join public.tasks t on t.id = e.task_id;
drop table partitions.task_events_before;

alter table public.task_events add primary key (task_id, seq, task_created_at);
-- What makes appending idempotent: a writer's event of one attempt exists once.
create unique index task_events_position_idx on public.task_events (task_id, attempt, position, task_created_at)
  where position is not null;
alter table public.task_events add constraint task_events_task_fkey
  foreign key (task_id, task_created_at) references public.tasks (id, created_at) on delete cascade;
alter table public.task_events enable row level security;
grant select on public.task_events to authenticated;
create policy task_events_read on public.task_events for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create trigger broadcast_task_events after insert on public.task_events
  referencing new table as fresh for each statement execute function private.broadcast_task_events();

-- As in 0008; what is partitioned by stays inside.
create or replace function private.broadcast_task_events() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_batch record; v_payload jsonb; v_topic text;
begin
  for v_batch in
    select t.id, t.account_id, t.project_id, t.environment_id, t.status, t.progress,
      min(e.seq) as from_seq, max(e.seq) as to_seq,
      jsonb_agg(to_jsonb(e) - array['account_id', 'task_created_at'] order by e.seq) as events
    from fresh e join public.tasks t on t.id = e.task_id
    group by t.id
  loop
    v_payload := jsonb_build_object('taskId', v_batch.id, 'fromSeq', v_batch.from_seq, 'toSeq', v_batch.to_seq,
      'status', v_batch.status, 'progress', v_batch.progress,
      -- Too large for a frame: the watcher fetches the range over REST.
      'events', case when octet_length(v_batch.events::text) <= 200000 then v_batch.events end);
    foreach v_topic in array array_remove(array[
      'task:' || v_batch.id, 'environment:' || v_batch.environment_id,
      'project:' || v_batch.project_id, 'account:' || v_batch.account_id], null)
    loop
      perform realtime.send(v_payload, 'task_events', v_topic, true);
    end loop;
  end loop;
  return null;
end $$;

-- As in 0004.
create or replace function private.add_event(p_task_id uuid, p_kind public.task_event_kind, p_data jsonb)
returns int language plpgsql security definer set search_path = '' as $$
declare v_task public.tasks;
begin
  update public.tasks set last_seq = last_seq + 1 where id = p_task_id returning * into v_task;
  insert into public.task_events (task_id, task_created_at, account_id, seq, attempt, kind, data)
  values (p_task_id, v_task.created_at, v_task.account_id, v_task.last_seq, v_task.attempt, p_kind, p_data);
  return v_task.last_seq;
end $$;

-- As in 0005.
create or replace function private.store_events(p_task_id uuid, p_attempt int, p_events jsonb, p_patch jsonb)
returns int language plpgsql security definer set search_path = '' as $$
declare v_fresh jsonb; v_last int; v_account uuid; v_created timestamptz;
begin
  select created_at into v_created from public.tasks where id = p_task_id;
  select jsonb_agg(f.event order by f.position) into v_fresh from (
    select distinct on (e.position) e.position, e.event from (
      select (value ->> 'position')::int as position, value as event from jsonb_array_elements(coalesce(p_events, '[]'))
    ) e
    where not exists (select 1 from public.task_events t
      where t.task_id = p_task_id and t.task_created_at = v_created and t.attempt = p_attempt and t.position = e.position)
    order by e.position
  ) f;
  -- The row first, so that the broadcast of the batch carries the state after it.
  update public.tasks set last_seq = last_seq + coalesce(jsonb_array_length(v_fresh), 0),
    progress = coalesce(nullif(p_patch -> 'progress', 'null'), progress)
  where id = p_task_id returning last_seq, account_id into v_last, v_account;
  insert into public.task_events (task_id, task_created_at, account_id, seq, attempt, position, kind, at, data)
  select p_task_id, v_created, v_account, v_last - jsonb_array_length(v_fresh) + e.n, p_attempt,
    (e.value ->> 'position')::int, (e.value ->> 'kind')::public.task_event_kind,
    coalesce((e.value ->> 'at')::timestamptz, now()), coalesce(e.value -> 'data', '{}')
  from jsonb_array_elements(v_fresh) with ordinality e(value, n);
  return v_last;
end $$;

alter table public.audit_log set schema partitions;
alter table partitions.audit_log rename to audit_log_before;
create table public.audit_log (
  id bigint generated always as identity,
  at timestamptz not null default clock_timestamp(),
  -- No foreign keys: the log outlives what it is about.
  account_id uuid,
  actor_user_id uuid,
  actor_role text not null,
  application_token_id uuid,
  action text not null,
  subject_type text not null,
  subject_id uuid,
  detail jsonb not null default '{}',
  source jsonb not null default '{}',
  actor_email text
) partition by range (at);

do $$
declare v_start timestamp := private.partition_start(3, least(now(), (select min(at) from partitions.audit_log_before)));
begin
  while v_start <= now() at time zone 'UTC' + interval '3 months' loop
    perform private.create_partition('audit_log', v_start::date);
    v_start := v_start + interval '3 months';
  end loop;
end $$;
select private.create_default_partition('audit_log');

insert into public.audit_log (id, at, account_id, actor_user_id, actor_role, application_token_id, action, subject_type,
  subject_id, detail, source, actor_email) overriding system value
select id, at, account_id, actor_user_id, actor_role, application_token_id, action, subject_type,
  subject_id, detail, source, actor_email
from partitions.audit_log_before;
select setval(pg_get_serial_sequence('public.audit_log', 'id'), coalesce(max(id), 0) + 1, false) from partitions.audit_log_before;
drop table partitions.audit_log_before;

-- Read backwards: the log of everything one may see is in this order, whatever the accounts.
alter table public.audit_log add primary key (at, id);
create index audit_log_account_idx on public.audit_log (account_id, at desc, id desc);
create index audit_log_actor_idx on public.audit_log (actor_user_id, at desc, id desc);
create index audit_log_actor_email_idx on public.audit_log (actor_email, at desc, id desc) where actor_email is not null;
create index audit_log_subject_idx on public.audit_log (subject_id, at desc, id desc);
alter table public.audit_log enable row level security;
revoke all on public.audit_log from service_role;
grant select on public.audit_log to authenticated, service_role;
create policy audit_log_read on public.audit_log for select to authenticated
  using (account_id in (select private.member_account_ids('admin')));
create trigger append_only before update or delete or truncate on public.audit_log
  for each statement execute function private.audit_is_append_only();

-- A line is short; as if it had 1,000 places, all tickets there ever were would be read to show it.
alter function private.environment_line(uuid) rows 10;

create index schedule_runs_created_idx on public.schedule_runs (created_at);
