-- breaking: no
-- Protection of environments: who may deploy, from which branches, and whose approval a deployment waits for.

-- Who is meant: everybody with at least the role, and these users. {} is nobody.
create function private.is_party(p jsonb) returns boolean language sql immutable set search_path = '' as $$
  select p is null or coalesce(case when jsonb_typeof(p) = 'object' then
    (p - array['role', 'users']) = '{}'
    and (not p ? 'role' or p ->> 'role' in ('viewer', 'member', 'admin', 'owner'))
    and (not p ? 'users' or (jsonb_typeof(p -> 'users') = 'array' and not jsonb_path_exists(p,
      '$.users[*] ? (@.type() != "string" || !(@ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))')
      and not jsonb_path_exists(p, '$.users ? (@.size() > 50)')))
  end, false)
$$;
-- Checked key by key, so that nobody believes in a protection that is misspelt; and none waits for more approvals than
-- there can be.
create function private.is_protection(p jsonb) returns boolean language sql immutable security definer set search_path = '' as $$
  select coalesce(case when jsonb_typeof(p) = 'object' then
    (p - array['requiredApprovals', 'approvalTimeoutSeconds', 'approvers', 'allowedBranches', 'deployers']) = '{}'
    and (not p ? 'requiredApprovals' or jsonb_path_exists(p,
      'strict $.requiredApprovals ? (@.type() == "number" && @ >= 0 && @ <= 10 && @ == @.floor())'))
    and (not p ? 'approvalTimeoutSeconds' or jsonb_path_exists(p,
      'strict $.approvalTimeoutSeconds ? (@.type() == "number" && @ >= 60 && @ <= 2592000 && @ == @.floor())'))
    and (not p ? 'allowedBranches' or jsonb_path_exists(p,
      'strict $.allowedBranches ? (@.type() == "array" && @.size() >= 1 && @.size() <= 50)')
      and not jsonb_path_exists(p, '$.allowedBranches[*] ? (@.type() != "string" || !(@ like_regex "^[^[:cntrl:][:space:]]{1,250}$"))'))
    and private.is_party(p -> 'approvers') and private.is_party(p -> 'deployers')
    and (not p ? 'approvers' or p -> 'approvers' ? 'role' or not jsonb_path_exists(p, '$.requiredApprovals ? (@ > 0)')
      or jsonb_path_exists(p, '$ ? (@.approvers.users.size() >= @.requiredApprovals)'))
  end, false)
$$;
-- The check below asks it as whoever writes.
grant execute on function private.is_protection(jsonb) to authenticated, service_role;
alter table public.environments
  add column protection jsonb not null default '{}' check (private.is_protection(protection)),
  -- Which branches belong to it, written as allowedBranches are; for deployments that a push asks for.
  add column branch_pattern text check (branch_pattern ~ '^[^[:cntrl:][:space:]]{1,250}$');
drop trigger audit on public.environments;
create trigger audit after insert or update or delete on public.environments
  for each row execute function private.audit('environment', 'slug', 'name', 'category', 'credentials', 'protection',
    'branch_pattern', 'version');

-- Who is named has to be a member when they are named; who leaves later just counts for nothing. After: row security
-- has let the writer in, so nobody learns here who is a member elsewhere.
create function private.parties_are_members() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_user text;
begin
  select u into v_user from jsonb_array_elements_text(
    coalesce(new.protection -> 'approvers' -> 'users', '[]') || coalesce(new.protection -> 'deployers' -> 'users', '[]')) u
  where not exists (select 1 from public.accounts_memberships m where m.account_id = new.account_id and m.user_id = u::uuid)
    and (tg_op = 'INSERT' or not jsonb_path_exists(old.protection, '$.*.users[*] ? (@ == $u)', jsonb_build_object('u', u)))
  limit 1;
  if found then
    perform private.fail(422, 'party_not_member', format('The user %s is no member of the account.', v_user),
      'See who is: sfp member list');
  end if;
  return null;
end $$;
create trigger parties_are_members after insert or update of protection on public.environments
  for each row execute function private.parties_are_members();

-- `*` stands for anything but a slash, `**` for anything. The same as contracts' refMatches() (compared by a test).
create function private.ref_matches(p_ref text, p_pattern text) returns boolean language sql immutable set search_path = '' as $$
  select p_ref ~ ('^' || replace(replace(replace(
    regexp_replace(p_pattern, '([.^$+?(){}|\[\]\\])', '\\\1', 'g'), '**', E'\x01'), '*', '[^/]*'), E'\x01', '.*') || '$')
$$;

-- Whether the user belongs to the party of that account now.
create function private.in_party(p_account_id uuid, p_user_id uuid, p_party jsonb)
returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select 1 from public.accounts_memberships m
    where m.account_id = p_account_id and m.user_id = p_user_id
      and (m.role >= (p_party ->> 'role')::public.account_role or coalesce(p_party -> 'users', '[]') ? m.user_id::text))
$$;
-- The same for who asks now: a token reaches as far as its scope, whatever its user may.
create function private.caller_in_party(p_account_id uuid, p_party jsonb)
returns boolean language sql stable security definer set search_path = '' as $$
  select p_account_id in (select private.member_account_ids((p_party ->> 'role')::public.account_role) where p_party ? 'role')
    or (coalesce(p_party -> 'users', '[]') ? (select auth.uid())::text
      and p_account_id in (select private.member_account_ids('viewer')))
$$;

create type public.approval_status as enum ('not_required', 'pending', 'approved', 'rejected', 'expired');
create type public.approval_decision as enum ('approved', 'rejected');
alter table public.deployments
  add column approval_status public.approval_status not null default 'not_required',
  -- As the environment asked for when the deployment was made.
  add column required_approvals int not null default 0,
  add column approvers jsonb not null default '{}',
  add column approval_expires_at timestamptz,
  -- The environment takes branches only: the worker looks whether the ref is one, which the database cannot.
  add column branch_only boolean not null default false;
create index deployments_approval_idx on public.deployments (approval_expires_at) where approval_status = 'pending';

-- As in 0003, with what comes before the first stage. The same function as contracts' deploymentStatus().
alter table public.deployments alter column status set expression as (
  case
    when approval_status = 'rejected' then 'rejected'::public.deployment_status
    when approval_status = 'expired' then 'expired'::public.deployment_status
    when 'cancelled' in (checkout_status, build_status, validate_status, deploy_status, verify_status)
      then 'cancelled'::public.deployment_status
    when approval_status = 'pending' then 'awaiting_approval'::public.deployment_status
    when 'failed' in (checkout_status, build_status, validate_status, deploy_status, verify_status) then
      case
        when rollback_status in ('pending', 'running') then 'rolling_back'::public.deployment_status
        when rollback_status = 'succeeded' then 'rolled_back'::public.deployment_status
        else 'failed'::public.deployment_status
      end
    when checkout_status in ('succeeded', 'skipped') and build_status in ('succeeded', 'skipped')
      and validate_status in ('succeeded', 'skipped') and deploy_status in ('succeeded', 'skipped')
      and verify_status in ('succeeded', 'skipped') then 'succeeded'::public.deployment_status
    when checkout_status = 'pending' and build_status = 'pending' and validate_status = 'pending'
      and deploy_status = 'pending' and verify_status = 'pending' then
      case when queue_status = 'pending' then 'pending'::public.deployment_status
        else 'queued'::public.deployment_status end
    else 'running'::public.deployment_status
  end);

-- The same tables as contracts' taskTransitions and approvalTransitions (compared by a test).
create or replace function private.task_may_move(p_from public.task_status, p_to public.task_status)
returns boolean language sql immutable set search_path = '' as $$
  select (p_from, p_to) in (
    ('waiting'::public.task_status, 'queued'::public.task_status), ('waiting', 'cancelled'), ('waiting', 'failed'),
    ('queued', 'running'), ('queued', 'cancelled'), ('queued', 'failed'),
    ('running', 'succeeded'), ('running', 'failed'), ('running', 'cancelled'), ('running', 'queued'))
$$;
create function private.approval_may_move(p_from public.approval_status, p_to public.approval_status)
returns boolean language sql immutable set search_path = '' as $$
  select (p_from, p_to) in (
    ('pending'::public.approval_status, 'approved'::public.approval_status), ('pending', 'rejected'), ('pending', 'expired'))
$$;
create function private.check_approval_move() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.approval_status <> old.approval_status and not private.approval_may_move(old.approval_status, new.approval_status) then
    perform private.fail(409, 'illegal_transition',
      format('An approval does not go from %s to %s.', old.approval_status, new.approval_status));
  end if;
  return new;
end $$;
create trigger check_approval_move before update of approval_status on public.deployments
  for each row execute function private.check_approval_move();

create table public.deployment_approvals (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  deployment_id uuid not null references public.deployments (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  decision public.approval_decision not null,
  comment text not null default '' check (length(comment) <= 2000),
  created_at timestamptz not null default now(),
  unique (deployment_id, user_id)
);
create index deployment_approvals_account_idx on public.deployment_approvals (account_id);
create index deployment_approvals_user_idx on public.deployment_approvals (user_id);
alter table public.deployment_approvals enable row level security;
grant select on public.deployment_approvals to authenticated;
create policy deployment_approvals_read on public.deployment_approvals for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create trigger audit after insert or update or delete on public.deployment_approvals
  for each row execute function private.audit('approval', 'deployment_id', 'decision', 'comment');

grant insert (build_id, release_id, source_deployment_id) on public.deployments to authenticated;

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

-- How long a deployment waits where the environment does not say. 0025 looks into the settings.
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

-- The task of a deployment that waits for an approval waits too; it is there, so that one can watch it.
create function private.task_waits() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if exists (select 1 from public.deployments where id = new.deployment_id and approval_status = 'pending') then
    new.status := 'waiting';
  end if;
  return new;
end $$;
create trigger task_waits before insert on public.tasks for each row execute function private.task_waits();

create function private.add_approval_note(p public.deployments, p_text text, p_approved int)
returns void language sql security definer set search_path = '' as $$
  select private.add_event(p.task_id, 'note', jsonb_build_object('text', p_text, 'approval', jsonb_build_object(
    'required', p.required_approvals, 'approved', p_approved, 'expiresAt', p.approval_expires_at)))
$$;

create or replace function private.task_queued() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_deployment public.deployments;
begin
  perform private.add_event(new.id, 'task', jsonb_build_object('status', new.status, 'failure', null));
  if new.status = 'waiting' then
    select * into v_deployment from public.deployments d where d.id = new.deployment_id;
    perform private.add_approval_note(v_deployment, format('Waiting for %s approval%s, until %s.',
      v_deployment.required_approvals, case when v_deployment.required_approvals = 1 then '' else 's' end,
      to_char(v_deployment.approval_expires_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')), 0);
  else
    insert into private.outbox (kind, task_id) values ('task.dispatch', new.id);
  end if;
  return null;
end $$;
create trigger task_released after update of status on public.tasks
  for each row when (old.status = 'waiting' and new.status = 'queued') execute function private.task_queued();

-- Locks the task before its deployment, the order of every other function.
create function private.lock_deployment(p_deployment_id uuid)
returns public.deployments language plpgsql security definer set search_path = '' as $$
declare v_deployment public.deployments; v_task uuid;
begin
  select t.id into v_task from public.tasks t join public.deployments d on d.task_id = t.id
  where d.id = p_deployment_id for update of t;
  select * into v_deployment from public.deployments where id = p_deployment_id for update;
  -- A retry gave it another task while this waited for the first. To lock that one now would be the wrong order.
  if v_deployment.task_id is distinct from v_task and v_deployment.id is not null then
    perform private.fail(409, 'deployment_changed', 'The deployment was started again at this very moment.',
      format('Look at it, then decide: sfp deployment get %s', p_deployment_id));
  end if;
  return v_deployment;
end $$;

-- As in 0007; a task that waits is cancelled as one that is queued.
create or replace function public.cancel_task(p_task_id uuid)
returns public.tasks language plpgsql security definer set search_path = '' as $$
declare v_task public.tasks;
begin
  select * into v_task from public.tasks where id = p_task_id for update;
  perform private.require_role(v_task.account_id, 'member', 'task');
  if v_task.id is null then perform private.fail(404, 'not_found', 'There is no such task.'); end if;
  if v_task.status in ('waiting', 'queued') then
    perform private.add_event(p_task_id, 'note', jsonb_build_object('text', 'Cancelled by ' || private.caller_label() || '.'));
    update public.tasks set cancel_requested_at = now() where id = p_task_id;
    perform private.end_task(p_task_id, 'cancelled', null);
    if v_task.run_id is not null then insert into private.outbox (kind, task_id) values ('task.cancel', p_task_id); end if;
  elsif v_task.status = 'running' then
    if v_task.cancel_requested_at is null then
      update public.tasks set cancel_requested_at = now() where id = p_task_id;
      perform private.add_event(p_task_id, 'note',
        jsonb_build_object('text', 'Cancel requested by ' || private.caller_label() || '.'));
      insert into private.outbox (kind, task_id) values ('task.cancel', p_task_id);
    end if;
  elsif v_task.status <> 'cancelled' then
    perform private.fail(409, 'task_finished', format('The task has already %s.', v_task.status),
      'Nothing is left to cancel.');
  end if;
  select * into v_task from public.tasks where id = p_task_id;
  return v_task;
end $$;

-- As in 0007; one that was cancelled while it waited waits again, with none of the approvals that it had: who asks
-- again is who asks. And what the environment asks for by now holds for a new attempt too.
create or replace function public.retry_deployment(p_deployment_id uuid)
returns public.tasks language plpgsql security definer set search_path = '' as $$
declare
  v_deployment public.deployments; v_rules public.deployments; v_task public.tasks; v_id uuid := gen_random_uuid();
begin
  v_deployment := private.lock_deployment(p_deployment_id);
  perform private.require_role(v_deployment.account_id, 'member', 'deployment');
  if v_deployment.id is null then perform private.fail(404, 'not_found', 'There is no such deployment.'); end if;
  if v_deployment.status = 'rolled_back' then
    perform private.fail(409, 'deployment_rolled_back', 'The deployment was taken back; its finished stages no longer hold.',
      'Make a new deployment of the same ref.');
  elsif v_deployment.status not in ('failed', 'cancelled') then
    perform private.fail(409, 'deployment_not_retryable', format('The deployment is %s.', v_deployment.status),
      'Only a failed or cancelled deployment is tried again. Make a new one: sfp deploy');
  end if;
  if exists (select 1 from public.tasks where id = v_deployment.task_id and status in ('waiting', 'queued', 'running')) then
    perform private.fail(409, 'deployment_not_retryable', 'Its task has not ended yet.', 'Wait for the task to end.');
  end if;
  v_rules := private.protect_deployment(v_deployment);
  if v_deployment.approval_status = 'not_required' and v_rules.approval_status = 'pending' then
    perform private.fail(409, 'approval_required', 'Its environment asks for approvals by now, and this deployment has none.',
      'Make a new deployment: sfp deploy');
  end if;
  if v_deployment.approval_status = 'pending' then
    delete from public.deployment_approvals where deployment_id = p_deployment_id;
    update public.deployments set requested_by = coalesce((select auth.uid()), requested_by),
      required_approvals = greatest(required_approvals, v_rules.required_approvals),
      approvers = case when v_rules.approval_status = 'pending' then v_rules.approvers else approvers end,
      approval_expires_at = coalesce(v_rules.approval_expires_at,
        now() + make_interval(secs => private.approval_timeout(account_id, project_id)))
    where id = p_deployment_id;
  end if;
  update public.deployments set task_id = v_id, queue_status = 'queued', failure = null, finished_at = null,
    branch_only = branch_only or v_rules.branch_only,
    checkout_status = case when checkout_status = 'succeeded' then checkout_status else 'pending' end,
    build_status = case when build_status = 'succeeded' then build_status else 'pending' end,
    validate_status = case when validate_status = 'succeeded' then validate_status else 'pending' end,
    deploy_status = case when deploy_status = 'succeeded' then deploy_status else 'pending' end,
    verify_status = case when verify_status = 'succeeded' then verify_status else 'pending' end,
    rollback_status = case when rollback_status = 'succeeded' then rollback_status else 'pending' end
  where id = p_deployment_id;
  insert into public.tasks (id, account_id, project_id, environment_id, deployment_id, type, pool)
  values (v_id, v_deployment.account_id, v_deployment.project_id, v_deployment.environment_id, p_deployment_id,
    'deployment', v_deployment.pool);
  select * into v_task from public.tasks where id = v_id;
  return v_task;
end $$;

-- An approval counts while who gave it is still among the approvers: who has left, or lost the role, has said nothing.
-- What is released stays released.
create function private.counted_approvals(p public.deployments)
returns int language sql stable security definer set search_path = '' as $$
  select count(*)::int from public.deployment_approvals a
  where a.deployment_id = p.id and a.decision = 'approved' and private.in_party(p.account_id, a.user_id, p.approvers)
$$;

create function public.decide_deployment(p_deployment_id uuid, p_decision public.approval_decision, p_comment text default '')
returns public.deployments language plpgsql security definer set search_path = '' as $$
declare v_deployment public.deployments; v_user uuid := (select auth.uid()); v_count int; v_comment text := btrim(coalesce(p_comment, ''));
begin
  v_deployment := private.lock_deployment(p_deployment_id);
  perform private.require_role(v_deployment.account_id, 'viewer', 'deployment');
  if v_user is null or (select auth.jwt()) ->> 'app_token_id' is not null then
    perform private.fail(403, 'person_required', 'An approval is given by a person, not by a token.', 'Log in as a user: sfp login');
  elsif v_deployment.requested_by = v_user then
    perform private.fail(403, 'own_deployment', 'Who asked for a deployment does not decide on it.',
      'Ask somebody else who may approve it, or take it back: sfp task cancel ' || v_deployment.task_id);
  elsif not private.in_party(v_deployment.account_id, v_user, v_deployment.approvers) then
    perform private.fail(403, 'not_an_approver', 'You are not among those who approve this deployment.',
      format('See who is: sfp deployment approvals %s', p_deployment_id));
  elsif v_deployment.status <> 'awaiting_approval' then
    perform private.fail(409, 'nothing_to_approve', format('The deployment is %s.', v_deployment.status),
      format('See who decided what: sfp deployment approvals %s', p_deployment_id));
  -- Of the clock: this may have waited for a lock since it began.
  elsif v_deployment.approval_expires_at <= clock_timestamp() then
    perform private.fail(409, 'approval_expired', 'The time for an approval is over.', 'Ask for the deployment again: sfp deploy');
  end if;
  insert into public.deployment_approvals (account_id, deployment_id, user_id, decision, comment)
  values (v_deployment.account_id, p_deployment_id, v_user, p_decision, v_comment)
  on conflict (deployment_id, user_id) do update
    set decision = excluded.decision, comment = excluded.comment, created_at = now();
  v_count := private.counted_approvals(v_deployment);
  perform private.add_approval_note(v_deployment,
    format('%s by %s%s', initcap(p_decision::text), private.caller_label(),
      case when p_decision = 'approved' then format(' (%s of %s)', v_count, v_deployment.required_approvals) else '' end)
      || case when v_comment = '' then '.' else ': ' || v_comment end, v_count);
  if p_decision = 'rejected' then
    update public.deployments set approval_status = 'rejected' where id = p_deployment_id;
    perform private.end_task(v_deployment.task_id, 'cancelled', jsonb_strip_nulls(jsonb_build_object(
      'code', 'deployment_rejected', 'message', format('Rejected by %s.', private.caller_label()),
      'detail', nullif(v_comment, ''), 'suggestion', 'Settle it with them, then ask for a new deployment: sfp deploy')));
  elsif v_count >= v_deployment.required_approvals then
    update public.deployments set approval_status = 'approved' where id = p_deployment_id;
    update public.tasks set status = 'queued' where id = v_deployment.task_id and status = 'waiting';
  end if;
  select * into v_deployment from public.deployments where id = p_deployment_id;
  return v_deployment;
end $$;
grant execute on function public.decide_deployment(uuid, public.approval_decision, text) to authenticated;

-- Who decided what, with the addresses, which are in auth's table and nowhere else. `counts`: still among the approvers.
create function public.list_approvals(p_deployment_id uuid)
returns table (id uuid, deployment_id uuid, user_id uuid, email text, decision public.approval_decision, comment text,
  counts boolean, created_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select a.id, a.deployment_id, a.user_id, coalesce(u.email, '')::text, a.decision, a.comment,
    private.in_party(d.account_id, a.user_id, d.approvers), a.created_at
  from public.deployment_approvals a join public.deployments d on d.id = a.deployment_id
  left join auth.users u on u.id = a.user_id
  where a.deployment_id = p_deployment_id and a.account_id in (select private.member_account_ids('viewer'))
  order by a.created_at, a.id
$$;
grant execute on function public.list_approvals(uuid) to authenticated;

-- Nobody decided in time.
create function public.expire_approvals()
returns int language plpgsql security definer set search_path = '' as $$
declare v_id uuid; v_task uuid; v_deployment public.deployments; v_count int := 0;
begin
  for v_id, v_task in
    select id, task_id from public.deployments
    where approval_status = 'pending' and status = 'awaiting_approval' and approval_expires_at <= now()
    order by approval_expires_at limit 100
  loop
    -- What somebody else holds at this moment is theirs to decide; the next round sees what came of it.
    perform 1 from public.tasks where id = v_task for update skip locked;
    if not found then continue; end if;
    select * into v_deployment from public.deployments where id = v_id for update;
    if v_deployment.status is distinct from 'awaiting_approval' or v_deployment.task_id is distinct from v_task
      or v_deployment.approval_expires_at > now() then continue; end if;
    update public.deployments set approval_status = 'expired' where id = v_id;
    perform private.end_task(v_task, 'cancelled', jsonb_build_object('code', 'approval_expired',
      'message', format('Nobody decided in time: %s of %s approvals.', private.counted_approvals(v_deployment),
        v_deployment.required_approvals),
      'suggestion', 'Ask for the deployment again: sfp deploy'));
    v_count := v_count + 1;
  end loop;
  return v_count;
end $$;
grant execute on function public.expire_approvals() to service_role;
