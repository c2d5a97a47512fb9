-- breaking: no
-- Projects and their environments.

create type public.environment_category as enum ('dev', 'test', 'staging', 'production');

create table public.projects (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  slug text not null check (slug ~ '^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$'),
  name text not null check (length(name) between 1 and 120),
  repository_url text not null check (length(repository_url) between 1 and 2000),
  default_ref text not null default 'main' check (length(default_ref) between 1 and 250),
  config_path text not null default 'sfp.yaml' check (length(config_path) between 1 and 250),
  version int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (account_id, slug),
  unique (id, account_id)
);

create table public.environments (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  project_id uuid not null,
  slug text not null check (slug ~ '^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$'),
  name text not null check (length(name) between 1 and 120),
  category public.environment_category not null default 'dev',
  variables jsonb not null default '{}' check (jsonb_typeof(variables) = 'object'),
  version int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (project_id, slug),
  unique (id, project_id, account_id),
  foreign key (project_id, account_id) references public.projects (id, account_id) on delete cascade
);
create index environments_account_idx on public.environments (account_id);
create index environments_variables_idx on public.environments using gin (variables jsonb_path_ops);

-- Optimistic concurrency: a writer says `where version = <the one it read>`; every change makes a new one.
create function private.next_version() returns trigger language plpgsql set search_path = '' as $$
begin
  new.version := old.version + 1;
  new.updated_at := now();
  new.created_at := old.created_at;
  return new;
end $$;
create trigger next_version before update on public.projects for each row execute function private.next_version();
create trigger next_version before update on public.environments for each row execute function private.next_version();

-- An environment belongs to its project's account; who writes straight through REST need not repeat it.
create function private.environment_account() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.account_id is null then
    select account_id into new.account_id from public.projects where id = new.project_id;
  end if;
  return new;
end $$;
create trigger environment_account before insert on public.environments
  for each row execute function private.environment_account();

alter table public.projects enable row level security;
alter table public.environments enable row level security;
grant select, insert, update, delete on public.projects, public.environments to authenticated;

create policy projects_read on public.projects for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create policy projects_insert on public.projects for insert to authenticated
  with check (account_id in (select private.member_account_ids('admin')));
create policy projects_update on public.projects for update to authenticated
  using (account_id in (select private.member_account_ids('admin')))
  with check (account_id in (select private.member_account_ids('admin')));
create policy projects_delete on public.projects for delete to authenticated
  using (account_id in (select private.member_account_ids('admin')));

create policy environments_read on public.environments for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create policy environments_insert on public.environments for insert to authenticated
  with check (account_id in (select private.member_account_ids('admin')));
create policy environments_update on public.environments for update to authenticated
  using (account_id in (select private.member_account_ids('admin')))
  with check (account_id in (select private.member_account_ids('admin')));
create policy environments_delete on public.environments for delete to authenticated
  using (account_id in (select private.member_account_ids('admin')));

alter publication supabase_realtime add table public.projects, public.environments;
