-- What policies call: first the old setting per claim, then the JSON of all claims. Nothing set gives NULL.
create or replace function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
  )::uuid
$$;
create or replace function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
  )::text
$$;
create or replace function auth.email() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email')
  )::text
$$;
create or replace function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;

do $$
declare
  name text;
  closed constant text[] := array['audit_log_entries', 'flow_state', 'identities', 'instances', 'mfa_amr_claims',
    'mfa_challenges', 'mfa_factors', 'one_time_tokens', 'refresh_tokens', 'saml_providers', 'saml_relay_states',
    'schema_migrations', 'sessions', 'sso_domains', 'sso_providers', 'users'];
begin
  -- RLS without a policy: even a role with a table grant sees nothing, except owners and BYPASSRLS.
  foreach name in array closed loop
    execute format('alter table auth.%I enable row level security', name);
    -- `postgres` runs the application's migrations: foreign keys to auth.users and triggers on it need REFERENCES and TRIGGER.
    execute format('grant select on auth.%I to postgres with grant option', name);
    if name <> 'schema_migrations' then
      execute format('grant insert, update, delete, truncate, references, trigger on auth.%I to postgres', name);
    end if;
  end loop;
  -- On a plain Postgres nobody has USAGE, and auth.uid() in a policy would be refused. Whoever owns the schema may grant it;
  -- the database image (and our bootstrap) has granted it already when the owner is somebody else.
  if (select nspowner = current_user::text::regrole from pg_namespace where nspname = 'auth') then
    grant usage on schema auth to postgres;
    foreach name in array array['anon', 'authenticated', 'service_role'] loop
      if to_regrole(name) is not null then
        execute format('grant usage on schema auth to %I', name);
      end if;
    end loop;
  end if;
end
$$;
