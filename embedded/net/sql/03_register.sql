-- As in vault/sql/03_register.sql: `create extension if not exists pg_net with schema extensions` finds it.
set local allow_system_table_mods = on;

insert into pg_catalog.pg_extension
  (oid, extname, extowner, extnamespace, extrelocatable, extversion, extconfig, extcondition)
select
  pg_nextoid('pg_catalog.pg_extension', 'oid', 'pg_catalog.pg_extension_oid_index'),
  'pg_net', 'supabase_admin'::regrole, 'extensions'::regnamespace, false, '0.20.4', null, null;
insert into pg_catalog.pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
select 'pg_extension'::regclass, oid, 0, 'pg_namespace'::regclass, extnamespace, 0, 'n'
from pg_catalog.pg_extension where extname = 'pg_net';

do $$
declare
  routine regprocedure;
begin
  for routine in select oid::regprocedure from pg_catalog.pg_proc where pronamespace = 'net'::regnamespace loop
    execute format('alter extension pg_net add function %s', routine);
  end loop;
end
$$;
alter extension pg_net add schema net;
alter extension pg_net add domain net.http_method;
alter extension pg_net add type net.request_status;
alter extension pg_net add type net.http_response;
alter extension pg_net add type net.http_response_result;
alter extension pg_net add table net.http_request_queue;
alter extension pg_net add sequence net.http_request_queue_id_seq;
alter extension pg_net add table net._http_response;
