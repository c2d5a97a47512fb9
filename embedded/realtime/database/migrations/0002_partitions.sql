-- Keeps a partition for each day from yesterday to a week ahead and drops what is older than 72 hours.
create or replace function realtime.sfp_maintain_partitions() returns void
language plpgsql set search_path = '' set lock_timeout = '500ms'
as $$
declare
  today date := (clock_timestamp() at time zone 'utc')::date;
  day date;
  old record;
  name text;
begin
  for day in select (today + step) from pg_catalog.generate_series(-1, 7) as step loop
    name := 'messages_' || pg_catalog.to_char(day, 'YYYY_MM_DD');
    if pg_catalog.to_regclass('realtime.' || name) is not null then continue; end if;
    begin
      execute pg_catalog.format('create table realtime.%I (like realtime.messages including defaults)', name);
      execute pg_catalog.format('alter table realtime.%I owner to supabase_realtime_admin', name);
      execute pg_catalog.format('alter table realtime.%I enable row level security', name);
      execute pg_catalog.format(
        'revoke all on realtime.%I from public, postgres, anon, authenticated, service_role', name);
      -- Unlike `create table .. partition of`, attaching does not stop the senders.
      execute pg_catalog.format(
        'alter table realtime.messages attach partition realtime.%I for values from (%L) to (%L)', name, day, day + 1);
    exception
      -- Rows of that day are in the default partition already: they stay there, nothing is lost.
      when check_violation then null;
      when duplicate_table then null;
      -- A long transaction is in the way: the next run tries again, the default partition serves until then.
      when lock_not_available then null;
    end;
  end loop;

  for old in
    select child.relname from pg_catalog.pg_inherits inh
    join pg_catalog.pg_class child on child.oid = inh.inhrelid
    where inh.inhparent = 'realtime.messages'::pg_catalog.regclass
      and child.relname ~ '^messages_\d{4}_\d{2}_\d{2}$'
      and pg_catalog.to_date(pg_catalog.substr(child.relname, 10), 'YYYY_MM_DD') < today - 3
  loop
    begin
      execute pg_catalog.format('drop table realtime.%I', old.relname);
    exception when lock_not_available then null;
    end;
  end loop;
  delete from realtime.messages_default where inserted_at < (clock_timestamp() at time zone 'utc') - interval '72 hours';
end
$$;
revoke all on function realtime.sfp_maintain_partitions() from public;
