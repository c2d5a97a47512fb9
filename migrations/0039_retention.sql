-- breaking: no
-- Sizes, and what is removed when it is too old.

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
