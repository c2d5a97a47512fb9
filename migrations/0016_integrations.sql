-- breaking: no
-- Credentials of outside systems. What they are stands in the clear in public.integrations; the secret is encrypted in
-- private, under a key that is in the Vault and nowhere else, and leaves only for a worker whose task is running.

create type public.integration_provider as enum ('generic', 'github', 'azure-devops', 'jenkins', 'slack');
create type public.integration_scope as enum ('environment', 'project', 'account');
create type public.integration_status as enum ('empty', 'active', 'disabled');

create table public.integrations (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  -- Null: for every project of the account.
  project_id uuid,
  -- Null: for every environment of the project.
  environment_id uuid,
  provider public.integration_provider not null default 'generic',
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$'),
  enabled boolean not null default true,
  -- How often a secret was set; 0: never.
  secret_version int not null default 0,
  secret_set_at timestamptz,
  scope public.integration_scope not null generated always as (
    case when project_id is null then 'account'::public.integration_scope when environment_id is null then 'project'
      else 'environment' end) stored,
  status public.integration_status not null generated always as (
    case when not enabled then 'disabled'::public.integration_status when secret_version = 0 then 'empty'
      else 'active' end) stored,
  version int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (environment_id is null or project_id is not null),
  unique nulls not distinct (account_id, project_id, environment_id, name),
  foreign key (project_id, account_id) references public.projects (id, account_id) on delete cascade,
  foreign key (environment_id, project_id, account_id)
    references public.environments (id, project_id, account_id) on delete cascade
);
create index integrations_created_idx on public.integrations (created_at desc, id desc);
create index integrations_project_idx on public.integrations (project_id, account_id);
create index integrations_environment_idx on public.integrations (environment_id);
create trigger next_version before update on public.integrations for each row execute function private.next_version();
create trigger audit after insert or update or delete on public.integrations
  for each row execute function private.audit('integration', 'provider', 'name', 'project_id', 'environment_id', 'enabled',
    'secret_version');

-- An integration of a project belongs to the project's account; who writes straight through REST need not repeat it.
create trigger integration_account before insert on public.integrations
  for each row execute function private.environment_account();

alter table public.integrations enable row level security;
grant select, delete on public.integrations to authenticated;
grant insert (id, account_id, project_id, environment_id, provider, name, enabled), update (name, enabled)
  on public.integrations to authenticated;
create policy integrations_read on public.integrations for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create policy integrations_insert on public.integrations for insert to authenticated
  with check (account_id in (select private.member_account_ids('admin')));
create policy integrations_update on public.integrations for update to authenticated
  using (account_id in (select private.member_account_ids('admin')))
  with check (account_id in (select private.member_account_ids('admin')));
create policy integrations_delete on public.integrations for delete to authenticated
  using (account_id in (select private.member_account_ids('admin')));

create table private.integration_credentials (
  integration_id uuid primary key references public.integrations (id) on delete cascade,
  ciphertext bytea not null
);
alter table private.integration_credentials enable row level security;

-- What is encrypted names its integration and version: a ciphertext that is put into another row, or an older one put
-- back, opens and is refused all the same. The key is 256 random bits, so it needs no stretching (s2k-mode 1).
create function private.seal_credential(p_integration_id uuid, p_version int, p_value text, p_key text)
returns bytea language sql volatile set search_path = '' as $$
  select extensions.pgp_sym_encrypt(
    jsonb_build_object('integration', p_integration_id, 'version', p_version, 'value', p_value)::text, p_key,
    'cipher-algo=aes256, compress-algo=0, s2k-mode=1')
$$;

-- The value, or a refusal: never a part of it, never one that was changed.
create function private.open_credential(p_integration_id uuid, p_version int, p_ciphertext bytea, p_key text)
returns text language plpgsql set search_path = '' as $$
declare v_content jsonb;
begin
  -- The second packet is the one with the integrity code (tag 18, RFC 4880 5.13). Written as one without (tag 9), it
  -- would be opened unchecked.
  if length(p_ciphertext) > 3 and get_byte(p_ciphertext, 0) = 195
    and length(p_ciphertext) > 2 + get_byte(p_ciphertext, 1)
    and get_byte(p_ciphertext, 2 + get_byte(p_ciphertext, 1)) = 210 then
    begin
      v_content := extensions.pgp_sym_decrypt(p_ciphertext, p_key)::jsonb;
    -- A wrong key, a failed integrity code; what a changed header makes of it.
    exception when external_routine_invocation_exception or data_exception or feature_not_supported then
      v_content := null;
    end;
  end if;
  if v_content is null or v_content ->> 'integration' is distinct from p_integration_id::text
    or v_content ->> 'version' is distinct from p_version::text then
    perform private.fail(409, 'credential_unreadable',
      'The stored secret does not open: it was changed, or belongs to another key.',
      format('Set it again: sfp integration set-secret %s', p_integration_id));
  end if;
  return v_content ->> 'value';
end $$;

create function private.fail_without_credentials_key() returns void language plpgsql set search_path = '' as $$
begin
  perform private.fail(409, 'credentials_key_missing', 'The Vault has no key for credentials.',
    'Restore the stack from a backup: sfp server restore. Without the key no stored secret opens.');
end $$;

create function public.set_integration_secret(p_id uuid, p_value text, p_version int default null)
returns public.integrations language plpgsql security definer set search_path = '' as $$
declare v_integration public.integrations; v_key text;
begin
  -- Against a rotation: none goes on while this seals, and the key that is read below is what the last one left.
  lock table private.integration_credentials in row exclusive mode;
  select * into v_integration from public.integrations where id = p_id for update;
  perform private.require_role(v_integration.account_id, 'admin', 'integration');
  if v_integration.id is null then perform private.fail(404, 'not_found', 'There is no such integration.'); end if;
  if p_version <> v_integration.version then
    perform private.fail(409, 'version_conflict',
      format('Your change was made to version %s; it is now at version %s.', p_version, v_integration.version),
      'Read it again, see whether your change still fits, and send it with the new version.');
  end if;
  -- The shortest that a log can be cleaned of, the longest that one variable of a process holds with room to spare.
  if p_value is null or length(btrim(p_value, E' \t\r\n')) < 6 or octet_length(p_value) > 65536 then
    perform private.fail(422, 'secret_length', 'A secret has at least 6 characters, so that it can be masked, and at most 64 KiB.');
  end if;
  select decrypted_secret into v_key from vault.decrypted_secrets where name = 'sfp_credentials_key';
  if v_key is null then perform private.fail_without_credentials_key(); end if;
  update public.integrations set secret_version = secret_version + 1, secret_set_at = now() where id = p_id
  returning * into v_integration;
  insert into private.integration_credentials (integration_id, ciphertext)
  values (p_id, private.seal_credential(p_id, v_integration.secret_version, p_value, v_key))
  on conflict (integration_id) do update set ciphertext = excluded.ciphertext;
  return v_integration;
end $$;
grant execute on function public.set_integration_secret(uuid, text, int) to authenticated, service_role;

-- Secret variables of an environment: variable -> name of an integration. Every step of a deployment to it gets them.
alter table public.environments
  add column credentials jsonb not null default '{}' check (
    jsonb_typeof(credentials) = 'object'
    and not jsonb_path_exists(credentials,
      '$.* ? (@.type() != "string" || !(@ like_regex "^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$"))')
    -- The platform's own variables are not a project's to set.
    and not jsonb_path_exists(credentials,
      '$.keyvalue().key ? (!(@ like_regex "^[A-Za-z_][A-Za-z0-9_]*$") || @ starts with "SFP_")'));
drop trigger audit on public.environments;
create trigger audit after insert or update or delete on public.environments
  for each row execute function private.audit('environment', 'slug', 'name', 'category', 'credentials', 'version');

-- The secrets that a step asks for, by name: the environment's, else the project's, else the account's. For the running attempt of a task
-- and no longer; the row lock holds it running until this is done.
create function public.read_task_credentials(p_task_id uuid, p_attempt int, p_names text[])
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  v_task public.tasks; v_name text; v_found record; v_values jsonb := '{}'; v_requester uuid; v_email text;
begin
  v_task := private.lock_attempt(p_task_id, p_attempt);
  select d.requested_by, u.email into v_requester, v_email
  from public.deployments d left join auth.users u on u.id = d.requested_by where d.id = v_task.deployment_id;
  foreach v_name in array p_names loop
    -- Secret and key in one statement: both from before a rotation or both from after it.
    select i.id, i.scope, i.status, i.secret_version, c.ciphertext, s.decrypted_secret as key into v_found
    from public.integrations i
    left join private.integration_credentials c on c.integration_id = i.id
    left join vault.decrypted_secrets s on s.name = 'sfp_credentials_key'
    where i.account_id = v_task.account_id and i.name = v_name
      and (i.project_id is null or i.project_id = v_task.project_id)
      and (i.environment_id is null or i.environment_id = v_task.environment_id)
    order by i.scope limit 1; -- the narrowest
    if not found then
      perform private.fail(409, 'credential_missing', format('Neither the environment, the project nor the account has an integration "%s".', v_name),
        format('Make it: sfp integration create %s', v_name));
    elsif v_found.status = 'disabled' then
      perform private.fail(409, 'credential_disabled', format('The integration "%s" is disabled.', v_name),
        format('Enable it: sfp integration update %s --enable', v_found.id));
    elsif v_found.status = 'empty' or v_found.ciphertext is null then
      perform private.fail(409, 'credential_empty', format('The integration "%s" has no secret yet.', v_name),
        format('Set it: sfp integration set-secret %s', v_found.id));
    elsif v_found.key is null then
      perform private.fail_without_credentials_key();
    end if;
    v_values := v_values || jsonb_build_object(v_name,
      private.open_credential(v_found.id, v_found.secret_version, v_found.ciphertext, v_found.key));
    -- The worker reads; the actor is on whose behalf: who asked for the deployment.
    insert into public.audit_log (account_id, actor_user_id, actor_email, actor_role, action, subject_type, subject_id, detail)
    values (v_task.account_id, v_requester, nullif(v_email, ''), 'service_role', 'read', 'integration', v_found.id,
      jsonb_build_object('name', v_name, 'scope', v_found.scope, 'secret_version', v_found.secret_version,
        'task_id', p_task_id, 'attempt', p_attempt, 'worker', v_task.worker));
  end loop;
  return v_values;
end $$;
grant execute on function public.read_task_credentials(uuid, int, text[]) to service_role;

-- A new key, and every secret sealed under it, in this one transaction: all or none. Tasks go on reading meanwhile.
-- One secret that does not open stops it: what a key is taken from would be lost for good.
create function public.rotate_credentials_key()
returns int language plpgsql security definer set search_path = '' as $$
declare
  v_id uuid; v_old text; v_new text := encode(extensions.gen_random_bytes(32), 'hex'); v_count int;
begin
  -- Waits for who seals and who deletes, and holds them off; who reads goes on.
  lock table private.integration_credentials in share row exclusive mode;
  select id, decrypted_secret into v_id, v_old from vault.decrypted_secrets where name = 'sfp_credentials_key';
  if v_old is null then perform private.fail_without_credentials_key(); end if;
  update private.integration_credentials c set ciphertext = private.seal_credential(i.id, i.secret_version,
    private.open_credential(i.id, i.secret_version, c.ciphertext, v_old), v_new)
  from public.integrations i where i.id = c.integration_id;
  get diagnostics v_count = row_count;
  perform vault.update_secret(v_id, v_new);
  insert into public.audit_log (account_id, actor_role, action, subject_type, subject_id, detail)
  select i.account_id, 'service_role', 'update', 'integration', i.id, '{"key": "rotated"}'
  from private.integration_credentials c join public.integrations i on i.id = c.integration_id;
  return v_count;
end $$;
grant execute on function public.rotate_credentials_key() to service_role;

-- As in 0012; a key that is lost while there are secrets under it is not silently made anew.
create or replace function public.ensure_credentials_key()
returns boolean language plpgsql security definer set search_path = '' as $$
begin
  lock table private.integration_credentials in share row exclusive mode;
  if exists (select 1 from vault.secrets where name = 'sfp_credentials_key') then return false; end if;
  if exists (select 1 from private.integration_credentials) then perform private.fail_without_credentials_key(); end if;
  perform vault.create_secret(encode(extensions.gen_random_bytes(32), 'hex'), 'sfp_credentials_key',
    'Encrypts integration credentials (pgp_sym_encrypt)');
  return true;
end $$;
