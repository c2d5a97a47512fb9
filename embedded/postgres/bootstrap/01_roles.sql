-- The image's roles, with its attributes. supabase_admin is the superuser that initdb made; postgres stays one until the
-- last file, because what it creates on the way must belong to it.
create role postgres superuser login createdb createrole replication bypassrls;
create role anon nologin inherit;
create role authenticated nologin inherit;
create role service_role nologin inherit bypassrls;
create role authenticator login noinherit;
create role dashboard_user nologin createdb createrole replication;
create role pgbouncer login;
create role supabase_auth_admin login noinherit;
create role supabase_storage_admin login noinherit createrole;
create role supabase_functions_admin login noinherit createrole;
create role supabase_realtime_admin login noinherit createrole replication;
create role supabase_replication_admin login replication;
create role supabase_etl_admin login replication bypassrls;
create role supabase_read_only_user login bypassrls;
-- On the image supautils takes this role as its proxy; here it is only a name that grants may mention.
create role supabase_privileged_role nologin;
-- The task engine has a database of its own (made by the supervisor, since CREATE DATABASE takes no transaction).
create role hatchet login;

grant anon, authenticated, service_role to authenticator with inherit false, set true;
grant anon, authenticated, service_role to supabase_realtime_admin with inherit false, set true;
grant authenticator to supabase_storage_admin with inherit false, set true;

alter database postgres owner to postgres;
grant all on database postgres to dashboard_user;
grant create on database postgres to supabase_storage_admin, supabase_etl_admin, supabase_realtime_admin;
