-- breaking: no
-- Protection of environments: who may deploy, from which branches, and whose approval a deployment waits for.

-- Who is meant: everybody with at least the role, and these users. {} is nobody.
create function private.is_party(p jsonb) returns boolean language sql immutable set search_path = '' as $$
  select p is null or (jsonb_typeof(p) = 'object' and (p - array['role', 'users']) = '{}'
    and (not p ? 'role' or p ->> 'role' in ('viewer', 'member', 'admin', 'owner'))
    and (not p ? 'users' or (jsonb_typeof(p -> 'users') = 'array' and not jsonb_path_exists(p,
      '$.users[*] ? (@.type() != "string" || !(@ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))'))))
$$;
-- Checked key by key, so that nobody believes in a protection that is misspelt.
create function private.is_protection(p jsonb) returns boolean language sql immutable set search_path = '' as $$
  select jsonb_typeof(p) = 'object'
    and (p - array['requiredApprovals', 'approvalTimeoutSeconds', 'approvers', 'allowedBranches', 'deployers']) = '{}'
    and (not p ? 'requiredApprovals' or jsonb_path_exists(p,
      '$.requiredApprovals ? (@.type() == "number" && @ >= 0 && @ <= 10 && @ == @.floor())'))
    and (not p ? 'approvalTimeoutSeconds' or jsonb_path_exists(p,
      '$.approvalTimeoutSeconds ? (@.type() == "number" && @ >= 60 && @ <= 2592000 && @ == @.floor())'))
    and (not p ? 'allowedBranches' or (jsonb_typeof(p -> 'allowedBranches') = 'array'
      and not jsonb_path_exists(p, '$.allowedBranches[*] ? (@.type() != "string" || @ == "")')))
    and private.is_party(p -> 'approvers') and private.is_party(p -> 'deployers')
$$;
alter table public.environments add column protection jsonb not null default '{}' check (private.is_protection(protection));
drop trigger audit on public.environments;
create trigger audit after insert or update or delete on public.environments
  for each row execute function private.audit('environment', 'slug', 'name', 'category', 'credentials', 'protection', 'version');

-- `*` stands for anything but a slash, `**` for anything.
create function private.ref_matches(p_ref text, p_pattern text) returns boolean language sql immutable set search_path = '' as $$
  select p_ref ~ ('^' || replace(replace(replace(
    regexp_replace(p_pattern, '([^A-Za-z0-9*/_-])', '\\\1', 'g'), '**', '.§'), '*', '[^/]*'), '§', '*') || '$')
$$;

-- Whether the user belongs to the party of that account now.
create function private.in_party(p_account_id uuid, p_user_id uuid, p_party jsonb)
returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select 1 from public.accounts_memberships m
    where m.account_id = p_account_id and m.user_id = p_user_id
      and (m.role >= (p_party ->> 'role')::public.account_role or coalesce(p_party -> 'users', '[]') ? m.user_id::text))
$$;

create type public.approval_status as enum ('not_required', 'pending', 'approved', 'rejected', 'expired');
create type public.approval_decision as enum ('approved', 'rejected');
alter table public.deployments
  add column approval_status public.approval_status not null default 'not_required',
  -- As the environment asked for when the deployment was made.
  add column required_approvals int not null default 0,
  add column approvers jsonb not null default '{}',
  add column approval_expires_at timestamptz;
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

-- What a new deployment deploys: of another deployment, of a release, of a build, or a ref. As far as its writer says
-- nothing else, from the narrowest.
create function private.deployment_content(p public.deployments)
returns public.deployments language plpgsql stable security definer set search_path = '' as $$
declare v_source public.deployments; v_release public.releases; v_build public.builds;
begin
  p.origin := 'ref';
  p.commit_sha := null;
  if p.source_deployment_id is not null then
    select * into v_source from public.deployments d
    where d.id = p.source_deployment_id and d.project_id = p.project_id and d.account_id = p.account_id;
    if not found then
      perform private.fail(404, 'not_found', 'There is no such deployment in this project, or it is not yours to see.');
    elsif v_source.status <> 'succeeded' then
      perform private.fail(409, 'source_not_succeeded', format('That deployment is %s.', v_source.status),
        'Choose one that has succeeded: sfp deployment list --status succeeded');
    elsif v_source.build_id is null then
      perform private.fail(409, 'source_without_build', 'That deployment kept no build, so nothing can be deployed unchanged.',
        format('Deploy its commit: sfp deploy --ref %s', coalesce(v_source.commit_sha, v_source.ref)));
    end if;
    p.build_id := v_source.build_id;
    p.release_id := v_source.release_id;
    p.origin := case when v_source.environment_id = p.environment_id then 'rollback' else 'promotion' end;
  elsif p.release_id is not null then
    select * into v_release from public.releases r where r.id = p.release_id and r.account_id = p.account_id;
    if not found then
      perform private.fail(404, 'not_found', 'There is no such release, or it is not yours to see.');
    elsif v_release.status = 'aborted' then
      perform private.fail(409, 'release_aborted', format('The release %s was aborted.', v_release.name),
        'Make a new one: sfp release create');
    end if;
    select b.build_id into p.build_id from public.release_builds b
    where b.release_id = p.release_id and b.project_id = p.project_id;
    if not found then
      perform private.fail(409, 'release_without_project', format('The release %s has no build of this project.', v_release.name),
        format('See what it has: sfp release get %s', v_release.name));
    end if;
    p.origin := 'release';
  elsif p.build_id is not null then
    p.origin := 'build';
  end if;
  if p.build_id is null then return p; end if;
  -- Not for share: that retention takes nothing that is needed is retention's care.
  select * into v_build from public.builds b
  where b.id = p.build_id and b.project_id = p.project_id and b.account_id = p.account_id;
  if not found then
    perform private.fail(404, 'not_found', 'There is no such build in this project, or it is not yours to see.');
  elsif v_build.status = 'expired' then
    perform private.fail(409, 'build_expired', format('The files of build %s were removed.', v_build.number),
      format('Build the commit again: sfp build --ref %s', coalesce(v_build.commit_sha, v_build.ref)));
  elsif v_build.status <> 'succeeded' then
    perform private.fail(409, 'build_not_deployable', format('Build %s is %s.', v_build.number, v_build.status),
      'Wait until it has succeeded, or choose another: sfp build list --status succeeded');
  end if;
  p.ref := v_build.ref;
  p.commit_sha := v_build.commit_sha;
  return p;
end $$;

-- Refuses what the environment does not allow, and says what it waits for.
create function private.protect_deployment(p public.deployments)
returns public.deployments language plpgsql stable security definer set search_path = '' as $$
declare v_rules jsonb; v_slug text; v_party jsonb; v_allowed boolean;
begin
  select e.protection, e.slug into v_rules, v_slug from public.environments e
  where e.id = p.environment_id and e.project_id = p.project_id and e.account_id = p.account_id;
  v_party := v_rules -> 'deployers';
  if v_party is not null and p.requested_by is not null then
    v_allowed := private.in_party(p.account_id, p.requested_by, v_party);
    -- A token reaches as far as its scope, whatever its user may.
    if v_allowed and not private.is_service() and (select auth.jwt()) ->> 'app_token_id' is not null and v_party ? 'role' then
      v_allowed := p.account_id in (select private.member_account_ids((v_party ->> 'role')::public.account_role));
    end if;
    if not v_allowed then
      perform private.fail(403, 'environment_protected', format('The environment %s lets only some deploy to it.', v_slug),
        format('See who: sfp environment get %s --project %s', p.environment_id, p.project_id));
    end if;
  end if;
  if v_rules ? 'allowedBranches' and not exists (
    select 1 from jsonb_array_elements_text(v_rules -> 'allowedBranches') pattern where private.ref_matches(p.ref, pattern)
  ) then
    perform private.fail(409, 'branch_not_allowed',
      format('The environment %s takes the branches %s, not %s.', v_slug,
        (select string_agg(pattern, ', ') from jsonb_array_elements_text(v_rules -> 'allowedBranches') pattern), p.ref),
      'Deploy one of these branches, or what was built from one.');
  end if;
  p.required_approvals := coalesce((v_rules ->> 'requiredApprovals')::int, 0);
  p.approvers := coalesce(v_rules -> 'approvers', '{"role": "admin"}');
  p.approval_status := case when p.required_approvals > 0 then 'pending' else 'not_required' end;
  p.approval_expires_at := case when p.required_approvals > 0
    then now() + make_interval(secs => coalesce((v_rules ->> 'approvalTimeoutSeconds')::int, 86400)) end;
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

create or replace function private.task_queued() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform private.add_event(new.id, 'task', jsonb_build_object('status', new.status, 'failure', null));
  if new.status = 'waiting' then
    perform private.add_event(new.id, 'note', (
      select jsonb_build_object('text', format('Waiting for %s approval%s, until %s.', d.required_approvals,
        case when d.required_approvals = 1 then '' else 's' end,
        to_char(d.approval_expires_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')))
      from public.deployments d where d.id = new.deployment_id));
  else
    insert into private.outbox (kind, task_id) values ('task.dispatch', new.id);
  end if;
  return null;
end $$;
create trigger task_released after update of status on public.tasks
  for each row when (old.status = 'waiting' and new.status = 'queued') execute function private.task_queued();

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

-- Locks the task before its deployment, the order of every other function.
create function private.lock_pending_approval(p_deployment_id uuid)
returns public.deployments language plpgsql security definer set search_path = '' as $$
declare v_deployment public.deployments;
begin
  perform 1 from public.tasks t join public.deployments d on d.task_id = t.id where d.id = p_deployment_id for update of t;
  select * into v_deployment from public.deployments where id = p_deployment_id for update;
  return v_deployment;
end $$;

create function public.decide_deployment(p_deployment_id uuid, p_decision public.approval_decision, p_comment text default '')
returns public.deployments language plpgsql security definer set search_path = '' as $$
declare v_deployment public.deployments; v_user uuid := (select auth.uid()); v_count int;
begin
  v_deployment := private.lock_pending_approval(p_deployment_id);
  perform private.require_role(v_deployment.account_id, 'viewer', 'deployment');
  if v_user is null or (select auth.jwt()) ->> 'app_token_id' is not null then
    perform private.fail(403, 'person_required', 'An approval is given by a person, not by a token.', 'Log in as a user: sfp login');
  elsif v_deployment.requested_by = v_user then
    perform private.fail(403, 'own_deployment', 'Who asked for a deployment does not decide on it.',
      'Ask somebody else who may approve it.');
  elsif not private.in_party(v_deployment.account_id, v_user, v_deployment.approvers) then
    perform private.fail(403, 'not_an_approver', 'You are not among those who approve deployments to this environment.',
      format('See who is: sfp environment get %s', v_deployment.environment_id));
  elsif v_deployment.status <> 'awaiting_approval' then
    perform private.fail(409, 'nothing_to_approve', format('The deployment is %s.', v_deployment.status));
  elsif v_deployment.approval_expires_at <= now() then
    perform private.fail(409, 'approval_expired', 'The time for an approval is over.', 'Ask for the deployment again: sfp deploy');
  end if;
  insert into public.deployment_approvals (account_id, deployment_id, user_id, decision, comment)
  values (v_deployment.account_id, p_deployment_id, v_user, p_decision, coalesce(p_comment, ''))
  on conflict (deployment_id, user_id) do update
    set decision = excluded.decision, comment = excluded.comment, created_at = now();
  select count(*) into v_count from public.deployment_approvals where deployment_id = p_deployment_id and decision = 'approved';
  perform private.add_event(v_deployment.task_id, 'note', jsonb_build_object('text',
    format('%s by %s%s.', initcap(p_decision::text), private.caller_label(),
      case when p_decision = 'approved' then format(' (%s of %s)', v_count, v_deployment.required_approvals)
        when coalesce(p_comment, '') <> '' then ': ' || p_comment else '' end)));
  if p_decision = 'rejected' then
    update public.deployments set approval_status = 'rejected' where id = p_deployment_id;
    perform private.end_task(v_deployment.task_id, 'cancelled', jsonb_build_object('code', 'deployment_rejected',
      'message', format('Rejected by %s.', private.caller_label()), 'detail', coalesce(p_comment, '')));
  elsif v_count >= v_deployment.required_approvals then
    update public.deployments set approval_status = 'approved' where id = p_deployment_id;
    update public.tasks set status = 'queued' where id = v_deployment.task_id and status = 'waiting';
  end if;
  select * into v_deployment from public.deployments where id = p_deployment_id;
  return v_deployment;
end $$;
grant execute on function public.decide_deployment(uuid, public.approval_decision, text) to authenticated;

-- Nobody decided in time.
create function public.expire_approvals()
returns int language plpgsql security definer set search_path = '' as $$
declare v_id uuid; v_deployment public.deployments; v_count int := 0;
begin
  for v_id in
    select id from public.deployments
    where approval_status = 'pending' and status = 'awaiting_approval' and approval_expires_at <= now()
    order by approval_expires_at limit 100
  loop
    v_deployment := private.lock_pending_approval(v_id);
    -- Somebody was faster; and one that was cancelled waits for nothing.
    if v_deployment.status <> 'awaiting_approval' then continue; end if;
    update public.deployments set approval_status = 'expired' where id = v_id;
    perform private.end_task(v_deployment.task_id, 'cancelled', jsonb_build_object('code', 'approval_expired',
      'message', 'Nobody approved it in time.', 'suggestion', 'Ask for the deployment again: sfp deploy'));
    v_count := v_count + 1;
  end loop;
  return v_count;
end $$;
grant execute on function public.expire_approvals() to service_role;
