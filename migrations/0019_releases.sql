-- breaking: no
-- Releases: builds of one or several projects under a name, with what changed. And where a deployment comes from.

create type public.release_status as enum ('pending', 'in_progress', 'finalized', 'aborted');

create table public.releases (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  name text not null check (name ~ '^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$'),
  description text not null default '' check (length(description) <= 2000),
  status public.release_status not null default 'pending',
  -- By project: the commits since the release before it.
  changelog jsonb not null default '{}' check (jsonb_typeof(changelog) = 'object'),
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  requested_by uuid default auth.uid() references auth.users (id) on delete set null,
  -- Who moved it into its last state, and when.
  ended_by uuid references auth.users (id) on delete set null,
  ended_at timestamptz,
  version int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (account_id, name),
  unique (id, account_id)
);
create index releases_account_idx on public.releases (account_id, created_at desc, id desc);
create index releases_created_idx on public.releases (created_at desc, id desc);
create index releases_requested_by_idx on public.releases (requested_by);
create index releases_ended_by_idx on public.releases (ended_by);
create index releases_metadata_idx on public.releases using gin (metadata jsonb_path_ops);

-- Its definition: at most one build of a project.
create table public.release_builds (
  release_id uuid not null,
  account_id uuid not null,
  project_id uuid not null,
  build_id uuid not null,
  primary key (release_id, project_id),
  foreign key (release_id, account_id) references public.releases (id, account_id) on delete cascade,
  -- No cascade: a build that a release needs stays.
  foreign key (build_id, project_id, account_id) references public.builds (id, project_id, account_id)
    deferrable initially deferred
);
create index release_builds_release_idx on public.release_builds (release_id, account_id);
create index release_builds_build_idx on public.release_builds (build_id, project_id, account_id);
create index release_builds_account_idx on public.release_builds (account_id);

create type public.deployment_origin as enum ('ref', 'build', 'release', 'promotion', 'rollback');
alter table public.deployments
  add column release_id uuid,
  -- The deployment whose build this one takes to another environment (promotion), or back in its own (rollback).
  add column source_deployment_id uuid references public.deployments (id) on delete set null,
  add column origin public.deployment_origin not null default 'ref',
  add foreign key (release_id, account_id) references public.releases (id, account_id) deferrable initially deferred;
create index deployments_release_idx on public.deployments (release_id, account_id);
create index deployments_source_idx on public.deployments (source_deployment_id);

-- The same table as contracts' releaseTransitions (compared by a test).
create function private.release_may_move(p_from public.release_status, p_to public.release_status)
returns boolean language sql immutable set search_path = '' as $$
  select (p_from, p_to) in (
    ('pending'::public.release_status, 'in_progress'::public.release_status), ('pending', 'aborted'),
    ('in_progress', 'finalized'), ('in_progress', 'aborted'))
$$;
create function private.check_release_move() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.status <> old.status and not private.release_may_move(old.status, new.status) then
    perform private.fail(409, 'illegal_transition', format('A release does not go from %s to %s.', old.status, new.status));
  end if;
  return new;
end $$;
create trigger check_release_move before update of status on public.releases
  for each row execute function private.check_release_move();
create trigger next_version before update on public.releases for each row execute function private.next_version();

alter table public.releases enable row level security;
alter table public.release_builds enable row level security;
grant select on public.releases, public.release_builds to authenticated;
create policy releases_read on public.releases for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create policy release_builds_read on public.release_builds for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create trigger audit after insert or update or delete on public.releases
  for each row execute function private.audit('release', 'name', 'status');
alter publication supabase_realtime add table public.releases;
