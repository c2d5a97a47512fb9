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

-- How large everything was, once a day.
create table private.size_samples (
  day date primary key,
  at timestamptz not null default now(),
  database_bytes bigint not null,
  -- name -> {rows, bytes}
  tables jsonb not null
);
alter table private.size_samples enable row level security;

-- Rows are the planner's estimates: counting them would read all of them.
create function private.table_sizes() returns table (name text, rows bigint, bytes bigint)
language sql stable security definer set search_path = '' as $$
  select n.nspname || '.' || c.relname, sum(greatest(p.reltuples, 0))::bigint, sum(pg_total_relation_size(p.oid))::bigint
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  cross join lateral (
    select c.oid, c.reltuples where c.relkind = 'r'
    union all
    select l.oid, l.reltuples from pg_partition_tree(c.oid) t join pg_class l on l.oid = t.relid where c.relkind = 'p' and t.isleaf
  ) p
  where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not in ('pg_catalog', 'information_schema')
  group by 1
$$;

create function public.stack_growth() returns jsonb
language sql stable security definer set search_path = '' as $$
  with recent as (select * from private.size_samples where at > now() - interval '30 days'),
  ends as (
    select (select row(s.*)::private.size_samples from recent s order by s.at limit 1) as first,
      (select row(s.*)::private.size_samples from recent s order by s.at desc limit 1) as last
  ),
  span as (select extract(epoch from (last).at - (first).at) / 86400 as days, first, last from ends)
  select jsonb_build_object(
    'databaseBytes', pg_database_size(current_database()),
    'artifactBytes', (select coalesce(sum(size_bytes), 0)::bigint from private.artifacts),
    'tables', (select jsonb_agg(jsonb_build_object('name', t.name, 'rows', t.rows, 'bytes', t.bytes) order by t.bytes desc)
      from (select * from private.table_sizes() order by bytes desc limit 10) t),
    -- Two samples of the same hour, at midnight, say nothing about a day.
    'bytesPerDay', (select round(((last).database_bytes - (first).database_bytes) / days)::bigint from span where days > 0.5),
    'measuredDays', (select round(days::numeric, 1) from span where days > 0.5))
$$;
grant execute on function public.stack_growth() to service_role;

-- One line for each account that lost something: how much, not what.
create function private.audit_removal(p_what text, p_counts jsonb, p_before timestamptz)
returns void language sql security definer set search_path = '' as $$
  insert into public.audit_log (account_id, actor_role, action, subject_type, detail)
  select nullif(c.key, '')::uuid, 'service_role', 'delete', 'retention',
    jsonb_build_object('what', p_what, 'count', c.value, 'before', p_before)
  from jsonb_each(p_counts) c where c.value <> '0'
$$;

-- Makes the partitions of the next months, and moves what the default one caught into its own. Returns how many it made.
create function private.prepare_partitions(p_table text)
returns int language plpgsql security definer set search_path = '' as $$
declare
  v_months int; v_key text; v_at timestamptz; v_start date; v_end timestamptz; v_starts date[]; v_caught date[] := '{}';
  v_default text := p_table || '_default';
begin
  select months, key into v_months, v_key from private.partitioned_tables where name = p_table;
  select coalesce(array_agg(s order by s), '{}') into v_starts from (
    select (private.partition_start(v_months, now()) + make_interval(months => v_months * n))::date as s
    from generate_series(0, greatest(1, 2 / v_months)) n
  ) ahead where to_regclass(format('partitions.%I', p_table || to_char(s, '_YYYY_MM'))) is null;
  execute format('select min(%I) from partitions.%I', v_key, v_default) into v_at;
  -- Moving locks the table. So much gathers only where no job ran for months; it stays, and is found as before.
  if pg_relation_size(format('partitions.%I', v_default)::regclass) > 268435456 then v_at := null; end if;
  if v_starts = '{}' and v_at is null then return 0; end if;

  if p_table = 'task_events' and v_at is null then
    -- In the order of those who append, so that neither waits for the other.
    lock table public.tasks in share row exclusive mode;
  elsif p_table = 'task_events' then
    -- A partition that is taken off has a foreign key of its own, and dropping that needs this lock.
    lock table public.tasks in access exclusive mode;
  end if;
  execute format('lock table public.%I in access exclusive mode', p_table);
  if v_at is not null then
    execute format('alter table public.%I detach partition partitions.%I', p_table, v_default);
  end if;
  while v_at is not null loop
    v_start := private.partition_start(v_months, v_at);
    v_caught := v_caught || v_start;
    v_end := (v_start + make_interval(months => v_months)) at time zone 'UTC';
    execute format('select min(%1$I) from partitions.%2$I where %1$I >= $1', v_key, v_default) into v_at using v_end;
  end loop;
  select coalesce(array_agg(distinct s), '{}') into v_starts from unnest(v_starts || v_caught) s;
  foreach v_start in array v_starts loop
    perform private.create_partition(p_table, v_start);
  end loop;
  foreach v_start in array v_caught loop
    -- Straight into the partition: on the table it would be broadcast again.
    execute format('insert into partitions.%I overriding system value select * from partitions.%I where %3$I >= $1 and %3$I < $2',
      p_table || to_char(v_start, '_YYYY_MM'), v_default, v_key)
    using v_start::timestamp at time zone 'UTC', (v_start + make_interval(months => v_months)) at time zone 'UTC';
  end loop;
  if v_caught <> '{}' then
    execute format('drop table partitions.%I', v_default);
    perform private.create_default_partition(p_table);
  end if;
  return cardinality(v_starts);
end $$;

-- Drops the oldest partition that ended before p_before; null when there is none.
create function private.drop_expired_partition(p_table text, p_before timestamptz)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_name text; v_from timestamptz; v_to timestamptz; v_counts jsonb;
begin
  for v_name, v_from, v_to in
    select c.relname, b.start at time zone 'UTC', (b.start + make_interval(months => p.months)) at time zone 'UTC'
    from private.partitioned_tables p
    join pg_inherits i on i.inhparent = format('public.%I', p.name)::regclass
    join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d\d$',
    lateral (select to_date(right(c.relname, 7), 'YYYY_MM')::timestamp as start) b
    where p.name = p_table order by 1
  loop
    continue when v_to > p_before;
    if p_table = 'task_events' then
      -- A task that still waits or runs keeps its log, and so do all of its time.
      continue when exists (select 1 from public.tasks where created_at >= v_from and created_at < v_to and finished_at is null);
      -- Numbered without a hole: the newest number of a task is how many it has. Reads tasks instead of their events.
      select jsonb_object_agg(s.account_id, s.count) into v_counts from (
        select account_id, sum(last_seq) as count from public.tasks where created_at >= v_from and created_at < v_to
        group by account_id) s;
    else
      execute format('select jsonb_object_agg(coalesce(s.account_id::text, ''''), s.count)
        from (select account_id, count(*) from partitions.%I group by account_id) s', v_name) into v_counts;
    end if;
    execute format('drop table partitions.%I', v_name);
    perform private.audit_removal(p_table, coalesce(v_counts, '{}'), v_to);
    return jsonb_build_object('partition', v_name, 'count', (select coalesce(sum(value::bigint), 0) from jsonb_each_text(v_counts)));
  end loop;
  return null;
end $$;

-- Deployments and tasks that ended before p_before, oldest first, at most p_limit of each. What an environment
-- runs now stays, however old: its newest successful deployment; tasks of builds go with their build. Null when there is none.
create function private.remove_history(p_before timestamptz, p_limit int)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_deployments uuid[]; v_tasks uuid[]; v_counts jsonb;
begin
  select array_agg(d.id) into v_deployments from (
    select d.id from public.deployments d
    where d.created_at < p_before and d.finished_at < p_before
      and (d.status <> 'succeeded' or d.id <> (select n.id from public.deployments n
        where n.environment_id = d.environment_id and n.status = 'succeeded' order by n.created_at desc, n.id desc limit 1))
      and not exists (select 1 from public.tasks t where t.deployment_id = d.id and t.finished_at is null)
    order by d.created_at, d.id limit p_limit for update skip locked
  ) d;
  select array_agg(t.id) into v_tasks from (
    select t.id from public.tasks t
    where t.created_at < p_before and t.finished_at < p_before and t.deployment_id is null and t.build_id is null
    order by t.created_at, t.id limit p_limit for update skip locked
  ) t;
  if v_deployments is null and v_tasks is null then return null; end if;
  with gone as (delete from public.deployments where id = any (v_deployments) returning account_id)
  select jsonb_object_agg(g.account_id, g.count) into v_counts from (select account_id, count(*) from gone group by 1) g;
  perform private.audit_removal('deployments', coalesce(v_counts, '{}'), p_before);
  with gone as (delete from public.tasks where id = any (v_tasks) returning account_id)
  select jsonb_object_agg(g.account_id, g.count) into v_counts from (select account_id, count(*) from gone group by 1) g;
  perform private.audit_removal('tasks', coalesce(v_counts, '{}'), p_before);
  return jsonb_build_object('deployments', coalesce(cardinality(v_deployments), 0), 'tasks', coalesce(cardinality(v_tasks), 0));
end $$;

-- One small step of keeping the database in its size, in its own transaction: call it again while it answers `more`.
-- One caller at a time; it may be ended at any point and called again. p_history_days null: history is kept.
-- lock_timeout: longer than the second after which a vacuum gives way, shorter than anybody would notice; what a backup
-- holds is postponed. statement_timeout: REST takes it over from here.
create function public.retention_step(p_task_events_days int, p_audit_log_days int, p_history_days int default null)
returns jsonb language plpgsql security definer set search_path = '' set lock_timeout = '2s' set statement_timeout = '10min' as $$
declare v_table text; v_did jsonb; v_count int; v_postponed text[] := '{}';
begin
  -- The key that calls this must not be able to make the audit log forget what it has just done.
  if p_audit_log_days is null or p_audit_log_days < 90 then
    perform private.fail(422, 'retention_too_short', 'The audit log is kept for at least 90 days.',
      'sfp server config set retention.auditLogDays=400');
  elsif p_task_events_days is null or p_task_events_days < 1 or p_history_days < 1 then
    perform private.fail(422, 'retention_too_short', 'What is kept is kept for at least a day.',
      'sfp server config set retention.taskEventsDays=90');
  end if;
  if not pg_try_advisory_xact_lock(7305103) then return '{"more": false, "busy": true}'; end if;

  foreach v_table in array array['task_events', 'audit_log'] loop
    begin
      v_count := private.prepare_partitions(v_table);
      if v_count > 0 then
        return jsonb_build_object('more', true, 'step', 'partitions', 'did', jsonb_build_object('table', v_table, 'count', v_count));
      end if;
      v_did := private.drop_expired_partition(v_table,
        now() - make_interval(days => case v_table when 'audit_log' then p_audit_log_days else p_task_events_days end));
      if v_did is not null then return jsonb_build_object('more', true, 'step', v_table, 'did', v_did); end if;
    -- The second: a month that a default partition which is too large to be emptied holds already.
    exception when lock_not_available or check_violation then
      v_postponed := v_postponed || v_table;
    end;
  end loop;
  if p_history_days is not null then
    v_did := private.remove_history(now() - make_interval(days => p_history_days), 200);
    if v_did is not null then return jsonb_build_object('more', true, 'step', 'history', 'did', v_did); end if;
  end if;
  -- What became of a schedule's moment is kept as long as the log of the task that it made.
  delete from public.schedule_runs where id = any (array(
    select id from public.schedule_runs where created_at < now() - make_interval(days => p_task_events_days)
    order by created_at limit 1000));
  get diagnostics v_count = row_count;
  if v_count > 0 then
    return jsonb_build_object('more', true, 'step', 'schedule_runs', 'did', jsonb_build_object('count', v_count));
  end if;
  delete from private.idempotency_keys where ctid = any (array(
    select ctid from private.idempotency_keys where created_at < now() - interval '1 day' order by created_at limit 5000));
  get diagnostics v_count = row_count;
  if v_count > 0 then
    return jsonb_build_object('more', true, 'step', 'idempotency_keys', 'did', jsonb_build_object('count', v_count));
  end if;
  if not exists (select 1 from private.size_samples where day = (now() at time zone 'UTC')::date) then
    insert into private.size_samples (day, database_bytes, tables)
    select (now() at time zone 'UTC')::date, pg_database_size(current_database()),
      (select jsonb_object_agg(name, jsonb_build_object('rows', rows, 'bytes', bytes)) from private.table_sizes());
    delete from private.size_samples where day < (now() at time zone 'UTC')::date - 400;
  end if;
  return jsonb_build_object('more', false, 'postponed', to_jsonb(v_postponed));
end $$;
grant execute on function public.retention_step(int, int, int) to service_role;
