-- What a stack needs of its database beyond the image. Runs before every start of the other services, as
-- supabase_admin, with psql; every statement gives the same result when it runs again.
\set ON_ERROR_STOP on
\set QUIET on
\getenv auth_password AUTH_PASSWORD
\getenv rest_password REST_PASSWORD
\getenv migrations_password MIGRATIONS_PASSWORD
\getenv hatchet_password HATCHET_PASSWORD

-- A password in a statement would be in the server's log if it logged this statement.
set log_statement = 'none';
set log_min_duration_statement = -1;
set log_min_error_statement = 'panic';
set client_min_messages = warning;

-- Every role its own password, at every start: a changed one reaches the database without a first boot.
alter role supabase_auth_admin password :'auth_password';
alter role authenticator password :'rest_password';
alter role postgres password :'migrations_password';

-- Realtime's own tables.
create schema if not exists _realtime authorization supabase_admin;

-- The task engine: its own role and its own database, to which nobody else may connect.
select 'create role hatchet login' where not exists (select from pg_roles where rolname = 'hatchet') \gexec
alter role hatchet password :'hatchet_password';
select 'create database hatchet owner hatchet' where not exists (select from pg_database where datname = 'hatchet') \gexec
revoke connect, temporary on database hatchet from public;
-- The engine refuses to start in another time zone.
alter database hatchet set timezone to 'UTC';

-- pg_net leaves all of its schema to PUBLIC: any API role could read tokens out of queued headers, stop the queue, or
-- run code as the worker's user through a trigger on the responses.
create extension if not exists pg_net with schema extensions;
revoke all on schema net from public, anon, authenticated, service_role;
revoke all on all tables in schema net from public, anon, authenticated, service_role;
revoke all on all sequences in schema net from public, anon, authenticated, service_role;
revoke all on all functions in schema net from public, anon, authenticated, service_role;
grant usage on schema net to postgres;
grant select, insert, update, delete on net.http_request_queue, net._http_response to postgres;
grant usage, select on all sequences in schema net to postgres;
grant execute on all functions in schema net to postgres;

-- The worker that sends is nobody in particular, not the superuser.
select 'create role sfp_net login noinherit' where not exists (select from pg_roles where rolname = 'sfp_net') \gexec
grant usage on schema net to sfp_net;
grant select, insert, update, delete on net.http_request_queue, net._http_response to sfp_net;
grant usage, select on all sequences in schema net to sfp_net;
grant execute on all functions in schema net to sfp_net;
select current_setting('pg_net.username', true) is distinct from 'sfp_net' as net_user_differs \gset
\if :net_user_differs
alter system set pg_net.username = 'sfp_net';
select pg_reload_conf() as reloaded \gset
select net.worker_restart() as restarted \gset
\endif

-- Since 17.11 a server loads only the output plugins that it is told of, and Realtime's changes come through wal2json.
-- Older servers do not know the setting.
select exists (select from pg_settings where name = 'output_plugin_libraries') as plugins_are_listed \gset
\if :plugins_are_listed
alter system set output_plugin_libraries = 'pgoutput', 'test_decoding', 'wal2json';
select pg_reload_conf() as reloaded \gset
\endif

-- A function is nobody's to call until it is granted by name.
alter default privileges for role supabase_admin revoke execute on functions from public;
alter default privileges for role postgres revoke execute on functions from public;

-- The engine ends without giving back who schedules what, and a new one would schedule nothing for a minute, until those
-- rows are too old to count (62 to 70 s after any restart; 0.6 s with them released). Only while no engine is connected,
-- only where the tables are as they were when this was measured; what cannot be released is waited for instead.
\connect hatchet
set client_min_messages = warning;
do $release$
declare
  held record;
begin
  if exists (select from pg_stat_activity where usename = 'hatchet') then
    return;
  end if;
  set local lock_timeout = '3s';
  for held in
    select t.oid::regclass as tab, a.attname as col
    from (values ('SchedulerPartition', 'lastHeartbeat'), ('ControllerPartition', 'lastHeartbeat'),
      ('TenantWorkerPartition', 'lastHeartbeat'), ('Lease', 'expiresAt')) as known (tab, col)
    join pg_class t on t.oid = to_regclass(format('public.%I', known.tab)) and t.relkind in ('r', 'p')
    join pg_attribute a on a.attrelid = t.oid and a.attname = known.col and not a.attisdropped
      and a.atttypid in ('timestamp'::regtype, 'timestamptz'::regtype)
  loop
    -- The session is in UTC, like the engine's.
    execute format('update %1$s set %2$I = now() - interval ''1 hour'' where %2$I > now() - interval ''1 hour''',
      held.tab, held.col);
  end loop;
exception
  when others then
    raise warning 'the task engine starts after a minute: %', sqlerrm;
end
$release$;
