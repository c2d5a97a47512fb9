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

-- The release, locked, for a caller who may change it and has read this version of it (null: any).
create function private.lock_release(p_id uuid, p_version int)
returns public.releases language plpgsql security definer set search_path = '' as $$
declare v_release public.releases;
begin
  select * into v_release from public.releases where id = p_id for no key update;
  perform private.require_role(v_release.account_id, 'member', 'release');
  if v_release.id is null then perform private.fail(404, 'not_found', 'There is no such release.'); end if;
  if p_version <> v_release.version then
    perform private.fail(409, 'version_conflict',
      format('Your change was made to version %s; it is now at version %s.', p_version, v_release.version),
      'Read it again, see whether your change still fits, and send it with the new version.');
  end if;
  return v_release;
end $$;

-- A release with its builds, all or nothing.
create function public.create_release(p_account_id uuid, p_name text, p_description text default '', p_metadata jsonb default '{}',
  p_build_ids uuid[] default '{}')
returns public.releases language plpgsql security definer set search_path = '' as $$
declare v_release public.releases; v_build uuid; v_project uuid;
begin
  perform private.require_role(p_account_id, 'member', 'account');
  insert into public.releases (account_id, name, description, metadata)
  values (p_account_id, p_name, coalesce(p_description, ''), coalesce(p_metadata, '{}')) returning * into v_release;
  foreach v_build in array coalesce(p_build_ids, '{}') loop
    select b.project_id into v_project from public.builds b where b.id = v_build and b.account_id = p_account_id;
    if exists (select 1 from public.release_builds where release_id = v_release.id and project_id = v_project) then
      perform private.fail(422, 'release_two_builds', 'A release has at most one build of a project.',
        'Name each project once.');
    end if;
    insert into public.release_builds (release_id, build_id) values (v_release.id, v_build);
  end loop;
  select * into v_release from public.releases where id = v_release.id;
  return v_release;
end $$;
grant execute on function public.create_release(uuid, text, text, jsonb, uuid[]) to authenticated, service_role;

-- Puts a build into the release, in the place of the one of its project.
create function public.set_release_build(p_release_id uuid, p_build_id uuid, p_version int default null)
returns public.releases language plpgsql security definer set search_path = '' as $$
declare v_release public.releases; v_project uuid;
begin
  v_release := private.lock_release(p_release_id, p_version);
  select b.project_id into v_project from public.builds b where b.id = p_build_id and b.account_id = v_release.account_id;
  update public.release_builds set build_id = p_build_id where release_id = p_release_id and project_id = v_project;
  if not found then insert into public.release_builds (release_id, build_id) values (p_release_id, p_build_id); end if;
  select * into v_release from public.releases where id = p_release_id;
  return v_release;
end $$;
grant execute on function public.set_release_build(uuid, uuid, int) to authenticated, service_role;

create function public.remove_release_build(p_release_id uuid, p_project_id uuid, p_version int default null)
returns public.releases language plpgsql security definer set search_path = '' as $$
declare v_release public.releases;
begin
  v_release := private.lock_release(p_release_id, p_version);
  delete from public.release_builds where release_id = p_release_id and project_id = p_project_id;
  if not found then
    perform private.fail(404, 'release_without_project', format('The release %s has no build of this project.', v_release.name),
      format('See what it has: sfp release get %s', v_release.name));
  end if;
  select * into v_release from public.releases where id = p_release_id;
  return v_release;
end $$;
grant execute on function public.remove_release_build(uuid, uuid, int) to authenticated, service_role;

-- Done, when each of its builds was deployed with success at least once. An admin may say so all the same.
create function public.finalize_release(p_release_id uuid, p_version int default null, p_force boolean default false, p_reason text default '')
returns public.releases language plpgsql security definer set search_path = '' as $$
declare v_release public.releases; v_missing text;
begin
  v_release := private.lock_release(p_release_id, p_version);
  if p_force then perform private.require_role(v_release.account_id, 'admin', 'release'); end if;
  if v_release.status = 'in_progress' and not p_force then
    select string_agg(format('%s (build %s)', p.slug, b.number), ', ' order by p.slug) into v_missing
    from public.release_builds d join public.projects p on p.id = d.project_id join public.builds b on b.id = d.build_id
    where d.release_id = p_release_id and not exists (select 1 from public.deployments x
      where x.release_id = p_release_id and x.account_id = d.account_id and x.build_id = d.build_id and x.status = 'succeeded');
    if v_missing is not null then
      perform private.fail(409, 'release_incomplete', format('Not deployed with success yet: %s.', v_missing),
        format('Deploy it: sfp release deploy %s --environment <slug>. An admin may finalize it all the same: --force', v_release.name));
    end if;
  end if;
  update public.releases set status = 'finalized', end_reason = coalesce(p_reason, '') where id = p_release_id returning * into v_release;
  return v_release;
end $$;
grant execute on function public.finalize_release(uuid, int, boolean, text) to authenticated, service_role;

-- Given up. What of it has not begun never will; what runs goes to its end, for half a deployment is worse.
create function public.abort_release(p_release_id uuid, p_version int default null, p_reason text default '')
returns public.releases language plpgsql security definer set search_path = '' as $$
declare v_release public.releases; v_task uuid;
begin
  v_release := private.lock_release(p_release_id, p_version);
  update public.releases set status = 'aborted', end_reason = coalesce(p_reason, '') where id = p_release_id returning * into v_release;
  for v_task in
    select t.id from public.tasks t join public.deployments d on d.task_id = t.id
    where d.release_id = p_release_id and d.account_id = v_release.account_id and d.origin <> 'rollback'
      and t.status in ('waiting', 'queued')
    order by t.created_at, t.id for update of t
  loop
    perform private.add_event(v_task, 'note', jsonb_build_object('text', format('The release %s was aborted.', v_release.name)));
    perform public.cancel_task(v_task);
  end loop;
  return v_release;
end $$;
grant execute on function public.abort_release(uuid, int, text) to authenticated, service_role;

-- A deployment of each project that has an environment of that name: all of them, or none.
create function public.deploy_release(p_release_id uuid, p_environment text, p_skip_missing boolean default false,
  p_pool public.pool default 'standard')
returns setof public.deployments language plpgsql security definer set search_path = '' as $$
declare v_release public.releases; v_entry record; v_missing text; v_made public.deployments; v_count int := 0;
begin
  v_release := private.lock_release(p_release_id, null);
  if not exists (select 1 from public.release_builds where release_id = p_release_id) then
    perform private.fail(409, 'release_empty', format('The release %s has no builds.', v_release.name),
      format('Add one: sfp release add %s <project>', v_release.name));
  end if;
  select string_agg(p.slug, ', ' order by p.slug) into v_missing
  from public.release_builds d join public.projects p on p.id = d.project_id
  where d.release_id = p_release_id
    and not exists (select 1 from public.environments e where e.project_id = d.project_id and e.slug = p_environment);
  if v_missing is not null and not p_skip_missing then
    perform private.fail(409, 'release_environment_missing', format('Without an environment %s: %s.', p_environment, v_missing),
      format('Add it to them, or leave them out: sfp release deploy %s --environment %s --skip-missing', v_release.name, p_environment));
  end if;
  for v_entry in
    select e.id, d.project_id from public.release_builds d
    join public.environments e on e.project_id = d.project_id and e.slug = p_environment
    where d.release_id = p_release_id order by d.project_id
  loop
    insert into public.deployments (account_id, project_id, environment_id, release_id, pool)
    values (v_release.account_id, v_entry.project_id, v_entry.id, p_release_id, p_pool) returning * into v_made;
    v_count := v_count + 1;
    return next v_made;
  end loop;
  if v_count = 0 then
    perform private.fail(409, 'release_environment_missing', format('None of its projects has an environment %s.', p_environment),
      'Add it to one: sfp environment create');
  end if;
end $$;
grant execute on function public.deploy_release(uuid, text, boolean, public.pool) to authenticated, service_role;

-- What the environment has: the newest that succeeded, whatever it came from.
create function private.current_deployment(p_environment_id uuid)
returns public.deployments language sql stable security definer set search_path = '' as $$
  -- With its last stage it is a success, and only with its task it has ended.
  select d from public.deployments d
  where d.environment_id = p_environment_id and d.status = 'succeeded' and d.finished_at is not null
  order by d.finished_at desc, d.id desc limit 1
$$;

-- One promotion or rollback to an environment at a time. Not the environment's row: who holds it waits for a release
-- below, whose end waits for tasks, and a task's worker waits for its environment.
create function private.lock_repeats(p_environment_id uuid) returns void language sql volatile set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('sfp.repeats:' || p_environment_id, 0))
$$;

-- Deploys the source's build to an environment that the caller has locked so, unless that is on its way there already.
create function private.deploy_again(p_environment public.environments, p_source public.deployments, p_again boolean, p_pool public.pool)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_deployment public.deployments; v_made boolean := false;
begin
  if not p_again then
    select * into v_deployment from public.deployments d
    where d.environment_id = p_environment.id and d.finished_at is null and d.build_id = p_source.build_id
    order by d.created_at desc limit 1;
  end if;
  if v_deployment.id is null then
    insert into public.deployments (account_id, project_id, environment_id, source_deployment_id, pool)
    values (p_environment.account_id, p_environment.project_id, p_environment.id, p_source.id, p_pool)
    returning * into v_deployment;
    v_made := true;
  end if;
  return jsonb_build_object('made', v_made, 'deployment_id', v_deployment.id, 'source_id', p_source.id);
end $$;

-- Takes what one environment has to another one of the project; of two who promote at the same moment, one deployment.
create function public.promote_deployment(p_from uuid, p_to uuid, p_again boolean default false, p_pool public.pool default 'standard')
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_from public.environments; v_to public.environments; v_source public.deployments; v_there public.deployments;
begin
  select * into v_to from public.environments where id = p_to;
  perform private.require_role(v_to.account_id, 'member', 'environment');
  perform private.lock_repeats(p_to);
  select * into v_from from public.environments where id = p_from and project_id = v_to.project_id and account_id = v_to.account_id;
  if v_from.id is null then
    perform private.fail(404, 'not_found', 'There is no such environment in this project, or it is not yours to see.');
  elsif v_from.id = v_to.id then
    perform private.fail(422, 'same_environment', 'A promotion goes from one environment to another.',
      'Deploy an earlier state again with: sfp rollback');
  end if;
  v_source := private.current_deployment(p_from);
  if v_source.id is null then
    perform private.fail(409, 'nothing_deployed', format('Nothing was deployed to %s yet.', v_from.slug),
      format('Deploy to it first: sfp deploy --project %s --environment %s', v_from.project_id, v_from.slug));
  end if;
  v_there := private.current_deployment(p_to);
  if v_there.build_id = v_source.build_id and not p_again then
    return jsonb_build_object('made', false, 'deployment_id', v_there.id, 'source_id', v_source.id);
  end if;
  return private.deploy_again(v_to, v_source, p_again, p_pool);
end $$;
grant execute on function public.promote_deployment(uuid, uuid, boolean, public.pool) to authenticated, service_role;

-- Takes an environment back: to that deployment, else to what it had before what it has. Rolling back twice goes back
-- twice: what a rollback left is not returned to.
create function public.rollback_deployment(p_environment_id uuid, p_to uuid default null, p_pool public.pool default 'standard')
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_environment public.environments; v_current public.deployments; v_mark public.deployments; v_source public.deployments;
begin
  select * into v_environment from public.environments where id = p_environment_id;
  perform private.require_role(v_environment.account_id, 'member', 'environment');
  if v_environment.id is null then perform private.fail(404, 'not_found', 'There is no such environment.'); end if;
  perform private.lock_repeats(p_environment_id);
  if p_to is not null then
    select * into v_source from public.deployments d where d.id = p_to and d.environment_id = p_environment_id;
    if not found then
      perform private.fail(404, 'not_found', 'There is no such deployment in this environment.',
        format('See which there are: sfp rollback --list --project %s --environment %s', v_environment.project_id, v_environment.slug));
    end if;
    return private.deploy_again(v_environment, v_source, false, p_pool);
  end if;
  v_current := private.current_deployment(p_environment_id);
  if v_current.id is null then
    perform private.fail(409, 'nothing_deployed', format('Nothing was deployed to %s yet.', v_environment.slug));
  end if;
  v_mark := v_current;
  while v_mark.origin = 'rollback' and v_mark.source_deployment_id is not null loop
    select * into v_mark from public.deployments where id = v_mark.source_deployment_id;
  end loop;
  select * into v_source from public.deployments d
  where d.environment_id = p_environment_id and d.status = 'succeeded' and d.finished_at < v_mark.finished_at
    and d.build_id is distinct from v_current.build_id
  order by d.finished_at desc, d.id desc limit 1;
  if not found then
    perform private.fail(409, 'nothing_earlier', format('Nothing else was deployed to %s before.', v_environment.slug),
      format('See what was: sfp rollback --list --project %s --environment %s', v_environment.project_id, v_environment.slug));
  end if;
  return private.deploy_again(v_environment, v_source, false, p_pool);
end $$;
grant execute on function public.rollback_deployment(uuid, uuid, public.pool) to authenticated, service_role;

-- A deployment of an aborted release is not tried again.
create function private.check_release_retry() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_release public.releases;
begin
  select * into v_release from public.releases where id = new.release_id for no key update;
  if v_release.status = 'aborted' then
    perform private.fail(409, 'release_aborted', format('The release %s was aborted.', v_release.name),
      'Make a new one: sfp release create <name>');
  end if;
  return new;
end $$;
create trigger check_release_retry before update of task_id on public.deployments
  for each row when (new.release_id is not null and new.task_id is not null and new.origin <> 'rollback'
    and new.task_id is distinct from old.task_id) execute function private.check_release_retry();

-- As in 0005; a build has a commit before it too.
create or replace function public.start_task(p_task_id uuid, p_run_id text, p_worker text, p_lease_seconds int)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_task public.tasks; v_deployment public.deployments; v_outcome text; v_previous text;
begin
  select * into v_task from public.tasks where id = p_task_id for update;
  if not found then perform private.fail(404, 'not_found', 'There is no such task.'); end if;
  if v_task.status = 'cancelled' then
    v_outcome := 'cancelled';
  elsif v_task.status in ('succeeded', 'failed') then
    v_outcome := 'finished';
  elsif v_task.status = 'running' and v_task.lease_expires_at > now() then
    v_outcome := 'busy';
  elsif v_task.cancel_requested_at is not null then
    perform private.end_task(p_task_id, 'cancelled', null);
    v_outcome := 'cancelled';
  else
    v_outcome := 'started';
    -- A stage that a lost attempt left running begins again; the finished ones stay.
    if v_task.status = 'running' then perform private.settle_stages(p_task_id, 'queued'); end if;
    update public.tasks set status = 'running', attempt = attempt + 1, run_id = p_run_id, worker = p_worker,
      lease_expires_at = now() + make_interval(secs => p_lease_seconds),
      started_at = coalesce(started_at, now())
    where id = p_task_id;
    update public.deployments set queue_status = 'dispatched', started_at = coalesce(started_at, now()), failure = null
    where task_id = p_task_id;
    -- This delivery took the task: an outbox row that still wants to deliver it would only start a run that ends as busy.
    delete from private.outbox where task_id = p_task_id and kind = 'task.dispatch';
    perform private.add_event(p_task_id, 'task',
      jsonb_build_object('status', 'running', 'worker', p_worker, 'failure', null));
  end if;
  select * into v_task from public.tasks where id = p_task_id;
  select * into v_deployment from public.deployments where id = v_task.deployment_id;
  if v_task.build_id is not null then
    -- Of its ref: what a release says to have changed is put together from builds.
    select b.commit_sha into v_previous from public.builds b join public.builds own on own.id = v_task.build_id
    where b.project_id = own.project_id and b.ref = own.ref and b.number < own.number
      and b.status in ('succeeded', 'expired') and b.commit_sha is not null
    order by b.number desc limit 1;
  else
    -- What is there now, a promotion's or a rollback's commit as well.
    select d.commit_sha into v_previous from public.deployments d
    where d.environment_id = v_task.environment_id and d.status = 'succeeded' and d.finished_at is not null
      and d.id <> v_task.deployment_id and d.commit_sha is not null
    order by d.finished_at desc limit 1;
  end if;
  return jsonb_build_object('outcome', v_outcome, 'attempt', v_task.attempt, 'leaseExpiresAt', v_task.lease_expires_at,
    'task', to_jsonb(v_task),
    'deployment', case when v_deployment.id is not null then to_jsonb(v_deployment) end,
    'project', (select to_jsonb(p) from public.projects p where p.id = v_task.project_id),
    'environment', (select to_jsonb(e) from public.environments e where e.id = v_task.environment_id),
    'previousSuccess', case when v_previous is not null then jsonb_build_object('commitSha', v_previous) end);
end $$;
