grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant pg_monitor, pg_read_all_data, pg_signal_backend, pg_create_subscription to postgres with admin option;
grant supabase_functions_admin, supabase_privileged_role to postgres;
grant pg_monitor, pg_read_all_data, supabase_privileged_role to supabase_etl_admin;
grant pg_monitor, pg_read_all_data to supabase_read_only_user;

grant set on parameter log_min_messages to supabase_realtime_admin;
revoke execute on function pg_catalog.pg_reload_conf() from public;
grant execute on function pg_catalog.pg_reload_conf() to postgres with grant option;
revoke execute on function pg_catalog.lo_import(text), pg_catalog.lo_import(text, oid), pg_catalog.lo_export(oid, text)
  from public;

create schema pgbouncer authorization pgbouncer;
create function pgbouncer.get_auth(p_usename text) returns table (username text, password text)
language plpgsql security definer set search_path = '' as $$
begin
  return query
    select rolname::text, case when rolvaliduntil < now() then null else rolpassword::text end
    from pg_authid
    where rolname = p_usename and rolcanlogin;
end
$$;
revoke all on function pgbouncer.get_auth(text) from public;
grant execute on function pgbouncer.get_auth(text) to pgbouncer;
