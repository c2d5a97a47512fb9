-- breaking: no
-- What members do with a release: define it, deploy it, end it.

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
