-- breaking: no
-- Settings of accounts and projects, and which repository of which platform a project is.
--
-- Read one in SQL with private.setting(account, project or null, key): the project's, else the account's, else the
-- platform's. artifactRetentionDays (90): builds that are older may go; artifactRetentionCount (10): so many of the
-- newest builds of a project stay however old they are; approvalTimeoutSeconds (86400); deploymentTimeoutSeconds (1800).

-- The same table as contracts' settingRules (compared by a test).
create function private.setting_rules() returns table (key text, standard int, lowest int, highest int)
language sql immutable set search_path = '' as $$
  values ('artifactRetentionDays', 90, 1, 3650), ('artifactRetentionCount', 10, 1, 1000),
    ('approvalTimeoutSeconds', 86400, 60, 2592000), ('deploymentTimeoutSeconds', 1800, 60, 86400)
$$;
create function private.is_settings(p jsonb) returns boolean language sql immutable security definer set search_path = '' as $$
  select case when jsonb_typeof(p) = 'object' then not exists (
    select 1 from jsonb_each(p) s left join private.setting_rules() r on r.key = s.key
    where r.key is null or not coalesce(
      case when jsonb_typeof(s.value) = 'number' and s.value::text ~ '^[0-9]{1,9}$'
        then s.value::text::int between r.lowest and r.highest end, false)) else false end
$$;
-- The check below asks it as whoever writes.
grant execute on function private.is_settings(jsonb) to authenticated, service_role;

create table public.settings (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  -- Null: the account's own, for every project that says nothing else.
  project_id uuid,
  -- Only what is said here; the rest comes from further up.
  entries jsonb not null default '{}' check (private.is_settings(entries)),
  version int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique nulls not distinct (account_id, project_id),
  foreign key (project_id, account_id) references public.projects (id, account_id) on delete cascade
);
create index settings_project_idx on public.settings (project_id, account_id);
create trigger next_version before update on public.settings for each row execute function private.next_version();
create trigger audit after update on public.settings
  for each row execute function private.audit('settings', 'project_id', 'entries');

-- There from the beginning, so that every change is a change of a version.
create function private.settings_of_account() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into public.settings (account_id) values (new.id);
  return null;
end $$;
create trigger settings_of_account after insert on public.accounts for each row execute function private.settings_of_account();
create function private.settings_of_project() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into public.settings (account_id, project_id) values (new.account_id, new.id);
  return null;
end $$;
create trigger settings_of_project after insert on public.projects for each row execute function private.settings_of_project();
insert into public.settings (account_id) select id from public.accounts;
insert into public.settings (account_id, project_id) select account_id, id from public.projects;

alter table public.settings enable row level security;
grant select, update (entries) on public.settings to authenticated;
create policy settings_read on public.settings for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create policy settings_update on public.settings for update to authenticated
  using (account_id in (select private.member_account_ids('admin')))
  with check (account_id in (select private.member_account_ids('admin')));

create function private.setting(p_account_id uuid, p_project_id uuid, p_key text)
returns int language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select (s.entries -> p_key)::int from public.settings s where s.account_id = p_account_id and s.project_id = p_project_id),
    (select (s.entries -> p_key)::int from public.settings s where s.account_id = p_account_id and s.project_id is null),
    (select r.standard from private.setting_rules() r where r.key = p_key))
$$;

-- As in 0026, from the settings.
create or replace function private.approval_timeout(p_account_id uuid, p_project_id uuid)
returns int language sql stable security definer set search_path = '' as $$
  select private.setting(p_account_id, p_project_id, 'approvalTimeoutSeconds')
$$;

-- How long a deployment may run whose project file does not say; as it was when it was asked for.
alter table public.deployments add column timeout_seconds int not null default 1800;
create function private.deployment_timeout() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  new.timeout_seconds := private.setting(new.account_id, new.project_id, 'deploymentTimeoutSeconds');
  return new;
end $$;
-- Triggers fire by name: behind deployment_requested, which fills in account and project.
create trigger deployment_timeout before insert on public.deployments
  for each row execute function private.deployment_timeout();

-- Where a project's repository lives. Nothing here talks to anybody: what later does finds here with whom, and with which
-- credential.
create table public.platform_associations (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  project_id uuid not null,
  host text not null check (host in ('github', 'azure-devops')),
  -- No user in it: a credential is an integration's.
  host_url text not null check (length(host_url) <= 500 and host_url ~ '^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^[:space:]?#@]*)?$'),
  -- `owner/repository`, or `organisation/project/repository`.
  repository text not null check (length(repository) <= 300),
  integration_id uuid references public.integrations (id) on delete set null,
  default_branch text check (default_branch ~ '^[^[:cntrl:][:space:]]{1,250}$'),
  status text not null default 'active' check (status in ('active', 'disabled')),
  version int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (project_id, host_url, repository),
  foreign key (project_id, account_id) references public.projects (id, account_id) on delete cascade,
  check (repository ~ case host when 'github' then '^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$'
    else '^[^/[:cntrl:]]+/[^/[:cntrl:]]+/[^/[:cntrl:]]+$' end)
);
create index platform_associations_account_idx on public.platform_associations (account_id);
create index platform_associations_project_idx on public.platform_associations (project_id, account_id);
create index platform_associations_integration_idx on public.platform_associations (integration_id);
create trigger next_version before update on public.platform_associations
  for each row execute function private.next_version();
create trigger association_account before insert on public.platform_associations
  for each row execute function private.environment_account();
create trigger audit after insert or update or delete on public.platform_associations
  for each row execute function private.audit('association', 'project_id', 'host', 'host_url', 'repository', 'integration_id',
    'default_branch', 'status');

-- After: row security has let the writer in, so nobody learns here of another account's integrations.
create function private.association_integration() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.integration_id is not null and not exists (
    select 1 from public.integrations i where i.id = new.integration_id and i.account_id = new.account_id
      and (i.project_id is null or i.project_id = new.project_id) and i.environment_id is null
      and i.provider::text in (new.host, 'generic')
  ) then
    perform private.fail(422, 'integration_not_visible',
      format('That integration is not one for %s of this project or its account.', new.host),
      'See which there are: sfp integration list');
  end if;
  return null;
end $$;
create trigger association_integration after insert or update of integration_id on public.platform_associations
  for each row execute function private.association_integration();

alter table public.platform_associations enable row level security;
grant select, delete on public.platform_associations to authenticated;
grant insert (id, account_id, project_id, host, host_url, repository, integration_id, default_branch, status),
  update (integration_id, default_branch, status) on public.platform_associations to authenticated;
create policy platform_associations_read on public.platform_associations for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create policy platform_associations_insert on public.platform_associations for insert to authenticated
  with check (account_id in (select private.member_account_ids('admin')));
create policy platform_associations_update on public.platform_associations for update to authenticated
  using (account_id in (select private.member_account_ids('admin')))
  with check (account_id in (select private.member_account_ids('admin')));
create policy platform_associations_delete on public.platform_associations for delete to authenticated
  using (account_id in (select private.member_account_ids('admin')));
