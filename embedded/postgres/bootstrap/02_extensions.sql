set session authorization postgres;
create publication supabase_realtime;
create schema extensions;
create extension pgcrypto schema extensions;
create extension "uuid-ossp" schema extensions;
grant usage on schema extensions to anon, authenticated, service_role, supabase_realtime_admin;
grant all on schema extensions to dashboard_user;
grant all on all routines in schema extensions to postgres with grant option;
grant all on all routines in schema extensions to dashboard_user;
reset session authorization;

alter default privileges for role supabase_admin in schema extensions grant all on tables to postgres with grant option;
alter default privileges for role supabase_admin in schema extensions grant all on sequences to postgres with grant option;
alter default privileges for role supabase_admin in schema extensions grant all on routines to postgres with grant option;
create extension pg_stat_statements schema extensions;
