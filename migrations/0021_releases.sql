-- breaking: no
-- Releases: builds of one or several projects under a name, with what changed. And where a deployment comes from.

create type public.release_status as enum ('pending', 'in_progress', 'finalized', 'aborted');

create table public.releases (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  name text not null check (name ~ '^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$'),
  description text not null default '' check (length(description) <= 2000),
  status public.release_status not null default 'pending',
  -- By project: {since, commits}, as of the release's first deployment. The commits since the finalized release before it.
  changelog jsonb not null default '{}' check (jsonb_typeof(changelog) = 'object'),
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object' and length(metadata::text) <= 20000),
  requested_by uuid default auth.uid() references auth.users (id) on delete set null,
  -- Who moved it into its last state, when, and what they said.
  ended_by uuid references auth.users (id) on delete set null,
  ended_at timestamptz,
  end_reason text not null default '' check (length(end_reason) <= 2000),
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
  id uuid primary key default gen_random_uuid(),
  release_id uuid not null,
  account_id uuid not null,
  project_id uuid not null,
  build_id uuid not null,
  unique (release_id, project_id),
  foreign key (release_id, account_id) references public.releases (id, account_id) on delete cascade,
  foreign key (project_id, account_id) references public.projects (id, account_id) on delete cascade,
  -- No cascade: a build that a release needs stays.
  foreign key (build_id, project_id, account_id) references public.builds (id, project_id, account_id)
    deferrable initially deferred
);
create index release_builds_release_idx on public.release_builds (release_id, account_id);
create index release_builds_project_idx on public.release_builds (project_id, account_id);
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
-- What an environment has now, and what it had.
create index deployments_succeeded_idx on public.deployments (environment_id, finished_at desc, id desc)
  where status = 'succeeded' and finished_at is not null;
create index deployments_unfinished_idx on public.deployments (environment_id, created_at desc) where finished_at is null;

-- The build, of this project, when all of it can be deployed; held against retention until the caller commits.
create function private.deployable_build(p_account_id uuid, p_project_id uuid, p_build_id uuid)
returns public.builds language plpgsql security definer set search_path = '' as $$
declare v_build public.builds;
begin
  select * into v_build from public.builds b
  where b.id = p_build_id and b.project_id = p_project_id and b.account_id = p_account_id;
  if not found then
    perform private.fail(404, 'not_found', 'There is no such build in this project, or it is not yours to see.',
      'See which there are: sfp build list --project <slug>');
  end if;
  perform private.require_deployable(v_build.id);
  return v_build;
end $$;

-- Newest first, as far as the builds of that ref between the two recorded them: a build knows its own commit, and those
-- since some build or deployment before it, which may reach behind the older of the two.
create function private.commits_between(p_project_id uuid, p_ref text, p_from int, p_from_sha text, p_to int)
returns jsonb language sql stable security definer set search_path = '' as $$
  with listed as (
    select b.number, 0::bigint as place, b.metadata -> 'commit' as entry, b.metadata
    from public.builds b
    where b.project_id = p_project_id and b.ref = p_ref and b.status in ('succeeded', 'expired')
      and b.number between greatest(coalesce(p_from + 1, 1), p_to - 500) and p_to
  ), entries as (
    select number, place, entry from listed
    union all
    select l.number, e.place, e.entry
    from listed l, jsonb_array_elements(case jsonb_typeof(l.metadata -> 'changelog') when 'array' then l.metadata -> 'changelog'
      else '[]' end) with ordinality e (entry, place)
  ), marked as (
    select number, place, entry, bool_or(entry ->> 'sha' = p_from_sha) over (partition by number order by place) as reached
    from entries where entry ->> 'sha' is not null
  ), newest as (
    select distinct on (entry ->> 'sha') number, place, entry from marked where reached is not true
    order by entry ->> 'sha', number desc, place
  ), shown as (select * from newest order by number desc, place limit 500)
  select coalesce(jsonb_agg(jsonb_build_object('sha', entry ->> 'sha', 'author', coalesce(entry ->> 'author', ''),
    'subject', coalesce(entry ->> 'subject', '')) order by number desc, place), '[]') from shown
$$;
create function private.release_changelog(p_release_id uuid)
returns jsonb language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_object_agg(d.project_id, jsonb_build_object(
    'since', case when s.id is not null then jsonb_build_object('releaseId', s.id, 'release', s.name, 'buildId', s.build_id,
      'build', s.number, 'commitSha', s.commit_sha) end,
    'commits', private.commits_between(d.project_id, b.ref, s.number, s.commit_sha, b.number))), '{}')
  from public.release_builds d
  join public.builds b on b.id = d.build_id
  left join lateral (
    select r.id, r.name, o.build_id, ob.number, ob.commit_sha
    from public.release_builds o
    join public.releases r on r.id = o.release_id
    join public.builds ob on ob.id = o.build_id
    where o.project_id = d.project_id and o.release_id <> d.release_id and r.status = 'finalized'
    order by r.ended_at desc limit 1
  ) s on true
  where d.release_id = p_release_id
$$;

-- The same table as contracts' releaseTransitions (compared by a test).
create function private.release_may_move(p_from public.release_status, p_to public.release_status)
returns boolean language sql immutable set search_path = '' as $$
  select (p_from, p_to) in (
    ('pending'::public.release_status, 'in_progress'::public.release_status), ('pending', 'aborted'),
    ('in_progress', 'finalized'), ('in_progress', 'aborted'))
$$;

create function private.release_made() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if not private.is_service() and (select auth.uid()) is not null then new.requested_by := (select auth.uid()); end if;
  new.status := 'pending'; new.changelog := '{}'; new.ended_by := null; new.ended_at := null; new.end_reason := '';
  new.version := 1; new.created_at := now(); new.updated_at := now();
  return new;
end $$;
create trigger release_made before insert on public.releases for each row execute function private.release_made();

-- Whoever writes, the platform itself too. Users that are deleted still leave their columns.
create function private.check_release_change() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.status <> old.status then
    if not private.release_may_move(old.status, new.status) then
      perform private.fail(409, 'illegal_transition', format('A release does not go from %s to %s.', old.status, new.status),
        case when old.status = 'pending' then format('Deploy it first: sfp release deploy %s --environment <slug>', old.name) end);
    end if;
    if new.status in ('finalized', 'aborted') then
      new.ended_by := (select auth.uid()); new.ended_at := now();
    end if;
  elsif old.status in ('finalized', 'aborted')
    and (new.description, new.metadata, new.ended_at, new.end_reason)
      is distinct from (old.description, old.metadata, old.ended_at, old.end_reason) then
    perform private.fail(409, 'release_ended', format('The release %s is %s.', old.name, old.status),
      'What is finalized or aborted does not change. Make another one: sfp release create <name>');
  end if;
  if new.account_id <> old.account_id or (old.status <> 'pending' and new.name <> old.name) then
    perform private.fail(409, 'release_frozen', format('The release %s is %s; its name and its builds stay.', old.name, old.status),
      'Make another one: sfp release create <name>');
  end if;
  -- Against the release that was finalized last when this one begins; then it stays.
  new.changelog := case when old.status = 'pending' then private.release_changelog(new.id) else old.changelog end;
  return new;
end $$;
create trigger check_release_change before update on public.releases
  for each row execute function private.check_release_change();
create trigger next_version before update on public.releases for each row execute function private.next_version();

-- The definition changes while the release is pending, whoever writes. The release's row lock puts changes, the first
-- deployment and the end in one line.
create function private.release_build_changes() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_release public.releases; v_old boolean := tg_op <> 'INSERT';
begin
  select * into v_release from public.releases
  where id = case when v_old then old.release_id else new.release_id end for no key update;
  if tg_op = 'DELETE' then
    -- Its release or its project is being deleted.
    if v_release.id is null or not exists (select 1 from public.projects where id = old.project_id) then return old; end if;
  else
    if tg_op = 'UPDATE' and (new.id, new.release_id, new.project_id, new.account_id)
      is distinct from (old.id, old.release_id, old.project_id, old.account_id) then
      perform private.fail(422, 'release_build_moved', 'Only the build of an entry changes.');
    end if;
    -- Row security comes after this trigger: who may not see the release learns nothing of it.
    if (select auth.uid()) is not null then perform private.require_role(v_release.account_id, 'member', 'release'); end if;
    if v_release.id is null then
      perform private.fail(404, 'not_found', 'There is no such release, or it is not yours to see.');
    end if;
    new.account_id := coalesce(new.account_id, v_release.account_id);
    if new.project_id is null then
      select b.project_id into new.project_id from public.builds b where b.id = new.build_id and b.account_id = v_release.account_id;
    end if;
    perform private.deployable_build(v_release.account_id, new.project_id, new.build_id);
  end if;
  if v_release.status <> 'pending' then
    perform private.fail(409, 'release_frozen',
      format('The release %s is %s; its name and its builds stay.', v_release.name, v_release.status),
      'Make another one: sfp release create <name>');
  end if;
  if tg_op = 'DELETE' then return old; end if;
  return new;
end $$;
create trigger release_build_changes before insert or update or delete on public.release_builds
  for each row execute function private.release_build_changes();

-- A new definition is a new version of the release, with its changelog.
create function private.release_build_changed() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  update public.releases set updated_at = now()
  where id = case when tg_op = 'DELETE' then old.release_id else new.release_id end;
  return null;
end $$;
create trigger release_build_changed after insert or update or delete on public.release_builds
  for each row execute function private.release_build_changed();

-- The changelog that stays, as a document too: named like the release.
create function private.release_begun() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform private.put_document(new.account_id, 'changelogs', new.name,
    jsonb_build_object('releaseId', new.id, 'release', new.name, 'projects', new.changelog));
  return null;
-- Longer than the collection takes: the release has it all the same, and a deployment does not fail by it.
exception when sqlstate 'PT413' then
  raise warning 'The changelog of release % is too long for a document.', new.id;
  return null;
end $$;
create trigger release_begun after update of status on public.releases
  for each row when (old.status = 'pending' and new.status = 'in_progress') execute function private.release_begun();

alter table public.releases enable row level security;
alter table public.release_builds enable row level security;
grant select on public.releases, public.release_builds to authenticated;
grant insert (id, account_id, name, description, metadata), update (name, description, metadata)
  on public.releases to authenticated;
grant insert (id, release_id, account_id, project_id, build_id), update (build_id), delete
  on public.release_builds to authenticated;
create policy releases_read on public.releases for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create policy releases_insert on public.releases for insert to authenticated
  with check (account_id in (select private.member_account_ids('member')));
create policy releases_update on public.releases for update to authenticated
  using (account_id in (select private.member_account_ids('member')))
  with check (account_id in (select private.member_account_ids('member')));
create policy release_builds_read on public.release_builds for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create policy release_builds_insert on public.release_builds for insert to authenticated
  with check (account_id in (select private.member_account_ids('member')));
create policy release_builds_update on public.release_builds for update to authenticated
  using (account_id in (select private.member_account_ids('member')))
  with check (account_id in (select private.member_account_ids('member')));
create policy release_builds_delete on public.release_builds for delete to authenticated
  using (account_id in (select private.member_account_ids('member')));
create trigger audit after insert or update or delete on public.releases
  for each row execute function private.audit('release', 'name', 'status', 'description', 'end_reason');
create trigger audit after insert or update or delete on public.release_builds
  for each row execute function private.audit('release_build', 'release_id', 'project_id', 'build_id');
alter publication supabase_realtime add table public.releases;
