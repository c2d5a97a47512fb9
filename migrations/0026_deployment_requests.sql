-- breaking: no
-- What a new deployment deploys, and what its environment asks of it.

-- What a new deployment deploys: a ref, or unchanged one build: named itself, by a release, or by another deployment.
-- Volatile, so that what it reads behind the release's row lock is what the one before it left.
create function private.deployment_content(p public.deployments)
returns public.deployments language plpgsql security definer set search_path = '' as $$
declare v_source public.deployments; v_release public.releases; v_build public.builds;
begin
  p.origin := 'ref';
  p.commit_sha := null;
  if num_nonnulls(p.build_id, p.release_id, p.source_deployment_id) = 0 then return p; end if;
  if num_nonnulls(p.build_id, p.release_id, p.source_deployment_id) > 1 then
    perform private.fail(422, 'one_content', 'A deployment has one build: named itself, by a release or by another deployment.',
      'Name one of build_id, release_id and source_deployment_id.');
  end if;
  if p.source_deployment_id is not null then
    select * into v_source from public.deployments d
    where d.id = p.source_deployment_id and d.project_id = p.project_id and d.account_id = p.account_id;
    if not found then
      perform private.fail(404, 'not_found', 'There is no such deployment in this project, or it is not yours to see.');
    elsif v_source.status <> 'succeeded' then
      perform private.fail(409, 'source_not_succeeded', format('That deployment is %s.', v_source.status),
        format('Choose one that has succeeded: sfp rollback --list --project %s --environment %s', p.project_id, v_source.environment_id));
    elsif v_source.build_id is null then
      perform private.fail(409, 'source_without_build', 'That deployment kept no build, so nothing can be deployed unchanged.',
        format('Deploy its commit: sfp deploy --project %s --environment %s --ref %s', p.project_id, p.environment_id,
          coalesce(v_source.commit_sha, v_source.ref)));
    end if;
    p.build_id := v_source.build_id;
    p.release_id := v_source.release_id;
    p.origin := case when v_source.environment_id = p.environment_id then 'rollback' else 'promotion' end;
  elsif p.release_id is not null then
    p.origin := 'release';
  else
    p.origin := 'build';
  end if;
  -- The way back to what an environment had stays open, whatever became of the release.
  if p.release_id is not null and p.origin <> 'rollback' then
    select * into v_release from public.releases r where r.id = p.release_id and r.account_id = p.account_id for no key update;
    if not found then
      perform private.fail(404, 'not_found', 'There is no such release, or it is not yours to see.');
    elsif v_release.status = 'aborted' then
      perform private.fail(409, 'release_aborted', format('The release %s was aborted.', v_release.name),
        'Make a new one: sfp release create <name>');
    end if;
  end if;
  if p.origin = 'release' then
    select b.build_id into p.build_id from public.release_builds b
    where b.release_id = p.release_id and b.project_id = p.project_id;
    if not found then
      perform private.fail(409, 'release_without_project', format('The release %s has no build of this project.', v_release.name),
        format('See what it has: sfp release get %s', v_release.name));
    end if;
    -- From its first deployment on its definition stays.
    if v_release.status = 'pending' then update public.releases set status = 'in_progress' where id = v_release.id; end if;
  end if;
  v_build := private.deployable_build(p.account_id, p.project_id, p.build_id);
  p.ref := v_build.ref;
  p.commit_sha := v_build.commit_sha;
  return p;
end $$;

-- How long a deployment waits where the environment does not say. 0040 looks into the settings.
create function private.approval_timeout(p_account_id uuid, p_project_id uuid)
returns int language sql stable security definer set search_path = '' as $$ select 86400 $$;

-- Refuses what the environment does not allow, and says what it waits for.
create function private.protect_deployment(p public.deployments)
returns public.deployments language plpgsql stable security definer set search_path = '' as $$
declare v_rules jsonb; v_slug text; v_party jsonb; v_allowed boolean; v_branches text; v_kind text;
begin
  select e.protection, e.slug into v_rules, v_slug from public.environments e
  where e.id = p.environment_id and e.project_id = p.project_id and e.account_id = p.account_id;
  v_party := v_rules -> 'deployers';
  if v_party is not null then
    -- By the platform itself, on behalf of somebody (a schedule): as that person may now. On nobody's behalf: not at all.
    v_allowed := case when not private.is_service() and (select auth.uid()) is not null
      then private.caller_in_party(p.account_id, v_party)
      else private.in_party(p.account_id, p.requested_by, v_party) end;
    if not coalesce(v_allowed, false) then
      perform private.fail(403, 'environment_protected', format('The environment %s lets only some deploy to it.', v_slug),
        format('See who: sfp environment get %s', p.environment_id));
    end if;
  end if;
  p.branch_only := coalesce(v_rules ? 'allowedBranches', false);
  if p.branch_only then
    select string_agg(pattern, ', ') into v_branches from jsonb_array_elements_text(v_rules -> 'allowedBranches') pattern;
    if not exists (select 1 from jsonb_array_elements_text(v_rules -> 'allowedBranches') pattern
      where private.ref_matches(p.ref, pattern)) then
      perform private.fail(409, 'branch_not_allowed',
        format('The environment %s takes the branches %s, not %s.', v_slug, v_branches, p.ref),
        format('Deploy one of these branches, or what was built from one. The rule: sfp environment get %s', p.environment_id));
    end if;
    -- What is built, or checked out, is what its ref was then: a tag may be named like a branch.
    v_kind := case when p.origin <> 'ref' then (select b.metadata ->> 'refKind' from public.builds b where b.id = p.build_id)
      when p.checkout_status = 'succeeded' then p.metadata ->> 'refKind' else 'branch' end;
    if v_kind is distinct from 'branch' then
      perform private.fail(409, 'ref_not_a_branch',
        format('The environment %s takes the branches %s; what this would deploy was not made of a branch.', v_slug, v_branches),
        format('Build the branch, then deploy that: sfp build --ref %s', p.ref));
    end if;
  end if;
  p.required_approvals := coalesce((v_rules -> 'requiredApprovals')::int, 0);
  p.approvers := coalesce(v_rules -> 'approvers', '{"role": "admin"}');
  p.approval_status := case when p.required_approvals > 0 then 'pending' else 'not_required' end;
  p.approval_expires_at := case when p.required_approvals > 0 then now() + make_interval(secs =>
    coalesce((v_rules -> 'approvalTimeoutSeconds')::int, private.approval_timeout(p.account_id, p.project_id))) end;
  return p;
end $$;

-- As in 0004; content and protection are what is new.
create or replace function private.deployment_requested() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.project_id is null or new.account_id is null then
    select e.project_id, e.account_id into new.project_id, new.account_id
    from public.environments e where e.id = new.environment_id and e.project_id = coalesce(new.project_id, e.project_id);
  end if;
  if new.ref is null then
    select p.default_ref into new.ref from public.projects p where p.id = new.project_id and p.account_id = new.account_id;
  end if;
  if not private.is_service() and (select auth.uid()) is not null then new.requested_by := (select auth.uid()); end if;
  -- Row security refuses it right after this; who may not even see the environment learns nothing of its rules here.
  if not private.is_service() and (select auth.uid()) is not null
    and not coalesce(new.account_id in (select private.member_account_ids('member')), false) then return new; end if;
  new := private.deployment_content(new);
  new := private.protect_deployment(new);
  new.task_id := gen_random_uuid();
  new.queue_status := 'queued';
  new.checkout_status := 'pending'; new.build_status := 'pending'; new.validate_status := 'pending';
  new.deploy_status := 'pending'; new.verify_status := 'pending'; new.rollback_status := 'pending';
  new.metadata := '{}'; new.failure := null;
  new.created_at := now(); new.started_at := null; new.finished_at := null;
  return new;
end $$;
