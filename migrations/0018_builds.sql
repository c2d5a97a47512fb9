-- breaking: no
-- Builds: what a commit became, kept by digest, so that it is deployed, promoted and taken back without being built again.

create type public.build_status as enum ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired');

create table public.builds (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references public.accounts (id) on delete cascade,
  project_id uuid not null,
  -- 1, 2, 3 … in the project.
  number int not null,
  -- The task that makes it: one of type build, or a deployment's.
  task_id uuid references public.tasks (id) on delete set null deferrable initially deferred,
  -- Made by this deployment on its way.
  deployment_id uuid unique references public.deployments (id) on delete set null,
  ref text not null check (length(ref) between 1 and 250),
  commit_sha text,
  pool public.pool not null default 'standard',
  status public.build_status not null default 'queued',
  -- Bytes of all that it keeps.
  size_bytes bigint not null default 0,
  -- False: it has build steps and names no artifacts, so what they made was not kept and it cannot be deployed again.
  complete boolean not null default true,
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  failure jsonb,
  requested_by uuid default auth.uid() references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  unique (project_id, number),
  unique (id, project_id, account_id),
  foreign key (project_id, account_id) references public.projects (id, account_id) on delete cascade
);
create index builds_account_idx on public.builds (account_id, created_at desc, id desc);
create index builds_created_idx on public.builds (created_at desc, id desc);
create index builds_project_idx on public.builds (project_id, created_at desc, id desc);
create index builds_task_idx on public.builds (task_id);
create index builds_requested_by_idx on public.builds (requested_by);
create index builds_metadata_idx on public.builds using gin (metadata jsonb_path_ops);

-- What the store has, by SHA-256 in hex. A row that is being removed belongs to the run that will delete the file:
-- whoever wants the same content waits until the row is gone and stores it anew.
create table private.artifacts (
  digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
  size_bytes bigint not null check (size_bytes >= 0),
  stored_at timestamptz not null default now(),
  removal_run uuid,
  removal_since timestamptz,
  check ((removal_run is null) = (removal_since is null))
);
create index artifacts_removal_idx on private.artifacts (removal_since) where removal_run is not null;
create table public.build_artifacts (
  build_id uuid not null references public.builds (id) on delete cascade,
  account_id uuid not null references public.accounts (id) on delete cascade,
  -- Below the checkout; the checkout itself, as a tar archive, is `source`. A link's content is where it points to.
  kind text not null check (kind in ('source', 'file', 'link')),
  path text not null check (length(path) between 1 and 1000),
  digest text not null references private.artifacts (digest),
  size_bytes bigint not null,
  executable boolean not null default false,
  primary key (build_id, path)
);
create index build_artifacts_account_idx on public.build_artifacts (account_id);
create index build_artifacts_digest_idx on public.build_artifacts (digest);

alter table public.tasks add column build_id uuid references public.builds (id) on delete cascade;
create index tasks_build_idx on public.tasks (build_id);
-- Deferred: the end of a project or an account takes both, in whatever order.
alter table public.deployments add column build_id uuid,
  add foreign key (build_id, project_id, account_id) references public.builds (id, project_id, account_id)
    deferrable initially deferred;
create index deployments_build_idx on public.deployments (build_id, project_id, account_id);

-- The same table as contracts' buildTransitions (compared by a test). Retention makes it expired: its files are gone.
create function private.build_may_move(p_from public.build_status, p_to public.build_status)
returns boolean language sql immutable set search_path = '' as $$
  select (p_from, p_to) in (
    ('queued'::public.build_status, 'running'::public.build_status), ('queued', 'cancelled'), ('queued', 'failed'),
    ('running', 'succeeded'), ('running', 'failed'), ('running', 'cancelled'), ('running', 'queued'),
    ('succeeded', 'expired'))
$$;
create function private.check_build_move() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.status <> old.status and not private.build_may_move(old.status, new.status) then
    perform private.fail(409, 'illegal_transition', format('A build does not go from %s to %s.', old.status, new.status));
  end if;
  return new;
end $$;
create trigger check_build_move before update of status on public.builds
  for each row execute function private.check_build_move();

create table private.build_numbers (
  project_id uuid primary key references public.projects (id) on delete cascade,
  last int not null
);

-- Inserting a build is all it takes, as for a deployment. One that a deployment made on its way comes with what it is.
create function private.build_requested() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.account_id is null then
    select p.account_id into new.account_id from public.projects p where p.id = new.project_id;
  end if;
  if new.ref is null then
    select p.default_ref into new.ref from public.projects p where p.id = new.project_id and p.account_id = new.account_id;
  end if;
  insert into private.build_numbers as n (project_id, last) values (new.project_id, 1)
  on conflict (project_id) do update set last = n.last + 1 returning last into new.number;
  new.created_at := now();
  if new.deployment_id is not null then return new; end if;
  if not private.is_service() and (select auth.uid()) is not null then new.requested_by := (select auth.uid()); end if;
  new.task_id := gen_random_uuid();
  new.status := 'queued'; new.commit_sha := null; new.metadata := '{}'; new.failure := null; new.size_bytes := 0;
  new.complete := true;
  new.started_at := null; new.finished_at := null;
  return new;
end $$;
create trigger build_requested before insert on public.builds for each row execute function private.build_requested();

create function private.build_queued() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.deployment_id is null then
    insert into public.tasks (id, account_id, project_id, build_id, type, pool)
    values (new.task_id, new.account_id, new.project_id, new.id, 'build', new.pool);
  end if;
  return null;
end $$;
create trigger build_queued after insert on public.builds for each row execute function private.build_queued();

-- A build is where its task is.
create function private.build_follows_task() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  update public.builds set status = new.status::text::public.build_status, failure = new.failure,
    started_at = new.started_at, finished_at = new.finished_at
  where id = new.build_id and status::text <> new.status::text;
  return null;
end $$;
create trigger build_follows_task after update of status on public.tasks
  for each row when (new.type = 'build') execute function private.build_follows_task();

-- Whether what a build keeps can be deployed now, or why not. Held until the caller commits: retention takes it only
-- afterwards, and then sees who needs it.
create function private.require_deployable(p_build_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare v_build public.builds;
begin
  select * into v_build from public.builds where id = p_build_id for share;
  if v_build.status = 'expired' then
    perform private.fail(409, 'build_expired', format('The files of build %s were removed.', v_build.number),
      format('Build the commit again: sfp build --ref %s', coalesce(v_build.commit_sha, v_build.ref)));
  elsif v_build.status <> 'succeeded' then
    perform private.fail(409, 'build_not_deployable', format('Build %s is %s.', v_build.number, v_build.status),
      'Wait until it has succeeded, or choose another: sfp build list --status succeeded');
  elsif not v_build.complete then
    perform private.fail(409, 'build_without_artifacts',
      format('Build %s kept only its source: its project file has build steps and names no artifacts.', v_build.number),
      'Name in sfp.yaml what the build steps make, for example `artifacts: [dist/**]` (`artifacts: []` when they make nothing), and build again.');
  end if;
end $$;

-- Behind deployment_requested, which says what is deployed. Deploying what is there needs all of it.
create function private.deployment_takes_build() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.build_id is not null then perform private.require_deployable(new.build_id); end if;
  return new;
end $$;
create trigger deployment_takes_build before insert on public.deployments
  for each row execute function private.deployment_takes_build();
-- Another try of such a deployment.
create function private.task_takes_build() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_build_id uuid;
begin
  select d.build_id into v_build_id from public.deployments d where d.id = new.deployment_id and d.origin <> 'ref';
  if v_build_id is not null then perform private.require_deployable(v_build_id); end if;
  return new;
end $$;
create trigger task_takes_build before insert on public.tasks
  for each row when (new.type = 'deployment') execute function private.task_takes_build();

-- The build that a running task makes, or that its deployment deploys, with all it keeps.
create function public.task_build(p_task_id uuid, p_attempt int)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_task public.tasks; v_build public.builds;
begin
  v_task := private.lock_attempt(p_task_id, p_attempt);
  select b.* into v_build from public.builds b
  where b.id = coalesce(v_task.build_id, (select d.build_id from public.deployments d where d.id = v_task.deployment_id));
  if not found then return null; end if;
  return jsonb_build_object('build', to_jsonb(v_build), 'artifacts', coalesce((
    select jsonb_agg(jsonb_build_object('kind', a.kind, 'path', a.path, 'digest', a.digest, 'sizeBytes', a.size_bytes,
      'executable', a.executable) order by a.path)
    from public.build_artifacts a where a.build_id = v_build.id), '[]'));
end $$;
grant execute on function public.task_build(uuid, int) to service_role;

-- What the ref turned out to be: another attempt builds the same commit.
create function public.describe_build(p_task_id uuid, p_attempt int, p_commit_sha text, p_metadata jsonb)
returns void language plpgsql security definer set search_path = '' as $$
declare v_task public.tasks;
begin
  v_task := private.lock_attempt(p_task_id, p_attempt);
  update public.builds set commit_sha = coalesce(commit_sha, p_commit_sha), metadata = metadata || p_metadata
  where id = v_task.build_id;
end $$;
grant execute on function public.describe_build(uuid, int, text, jsonb) to service_role;

-- Says which contents a task is about to store, so that they are not taken away before it has recorded them. Answers
-- those that are being taken away right now: ask again until there are none, then store.
create function public.reserve_artifacts(p_task_id uuid, p_attempt int, p_artifacts jsonb)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_removing jsonb;
begin
  perform private.lock_attempt(p_task_id, p_attempt);
  -- In one order, so that two with the same contents do not wait for each other.
  insert into private.artifacts as s (digest, size_bytes)
  select distinct on (a.digest) a.digest, a."sizeBytes"
  from jsonb_to_recordset(p_artifacts) a(digest text, "sizeBytes" bigint) order by a.digest
  on conflict (digest) do update set stored_at = now() where s.removal_run is null;
  select coalesce(jsonb_agg(s.digest order by s.digest), '[]') into v_removing from private.artifacts s
  where s.removal_run is not null
    and s.digest in (select a.digest from jsonb_to_recordset(p_artifacts) a(digest text));
  return v_removing;
end $$;
grant execute on function public.reserve_artifacts(uuid, int, jsonb) to service_role;

-- What a task has built and put into the store: its own build (type build), or one made on a deployment's way. Once for
-- each; the answer to a repeated call is the same.
create function public.record_build(p_task_id uuid, p_attempt int, p_build jsonb)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  v_task public.tasks; v_deployment public.deployments; v_build public.builds; v_held text[]; v_size bigint;
begin
  v_task := private.lock_attempt(p_task_id, p_attempt);
  select * into v_deployment from public.deployments where id = v_task.deployment_id for update;
  select * into v_build from public.builds
  where id = coalesce(v_task.build_id, (select b.id from public.builds b where b.deployment_id = v_deployment.id)) for update;
  if v_task.build_id is null and v_deployment.id is null then
    perform private.fail(409, 'nothing_to_record', 'This task builds nothing.');
  elsif exists (select 1 from public.build_artifacts where build_id = v_build.id) then
    return jsonb_build_object('id', v_build.id, 'number', v_build.number);
  end if;
  -- Held, so that no removal takes them before the references are there to be seen.
  select coalesce(array_agg(l.digest), '{}') into v_held from (
    select s.digest from private.artifacts s
    where s.removal_run is null
      and s.digest in (select a.digest from jsonb_to_recordset(p_build -> 'artifacts') a(digest text))
    order by s.digest for update
  ) l;
  if exists (select 1 from jsonb_to_recordset(p_build -> 'artifacts') a(digest text) where a.digest <> all (v_held)) then
    perform private.fail(409, 'artifacts_not_reserved', 'The store does not hold all of these contents for this task.',
      'Reserve them, store them and record the build again.');
  end if;
  select coalesce(sum(a."sizeBytes"), 0) into v_size from jsonb_to_recordset(p_build -> 'artifacts') a("sizeBytes" bigint);
  if v_build.id is null then
    insert into public.builds (account_id, project_id, task_id, deployment_id, ref, commit_sha, pool, status, size_bytes,
      complete, metadata, requested_by, started_at, finished_at)
    values (v_task.account_id, v_task.project_id, p_task_id, v_deployment.id, v_deployment.ref, p_build ->> 'commitSha',
      v_task.pool, 'succeeded', v_size, (p_build ->> 'complete')::boolean, coalesce(p_build -> 'metadata', '{}'),
      v_deployment.requested_by, v_task.started_at, now())
    returning * into v_build;
    update public.deployments set build_id = v_build.id where id = v_deployment.id;
  else
    update public.builds set commit_sha = p_build ->> 'commitSha', size_bytes = v_size,
      complete = (p_build ->> 'complete')::boolean, metadata = metadata || coalesce(p_build -> 'metadata', '{}')
    where id = v_build.id returning * into v_build;
  end if;
  insert into public.build_artifacts (build_id, account_id, kind, path, digest, size_bytes, executable)
  select v_build.id, v_build.account_id, a.kind, a.path, a.digest, a."sizeBytes", a.executable
  from jsonb_to_recordset(p_build -> 'artifacts')
    a(kind text, path text, digest text, "sizeBytes" bigint, executable boolean);
  perform private.keep_manifest(v_build);
  return jsonb_build_object('id', v_build.id, 'number', v_build.number);
end $$;
grant execute on function public.record_build(uuid, int, jsonb) to service_role;

-- The manifest of a build is a document, and outlives its files. It names as many of them as fit into one.
create function private.keep_manifest(p_build public.builds) returns void
language plpgsql security definer set search_path = '' as $$
declare v_files jsonb; v_count int;
begin
  select coalesce(jsonb_agg(f.file order by f.path) filter (where f.bytes <= 200000), '[]'), count(*) into v_files, v_count from (
    select a.path, to_jsonb(a) - 'build_id' - 'account_id' as file,
      sum(octet_length(to_jsonb(a)::text)) over (order by a.path) as bytes
    from public.build_artifacts a where a.build_id = p_build.id
  ) f;
  perform private.put_document(p_build.account_id, 'build-manifests', p_build.id::text, jsonb_build_object(
    'build', p_build.id, 'project', p_build.project_id, 'number', p_build.number, 'ref', p_build.ref,
    'commit', p_build.commit_sha, 'complete', p_build.complete, 'bytes', p_build.size_bytes,
    'deployment', p_build.deployment_id, 'files', v_files, 'fileCount', v_count), null, p_build.requested_by);
end $$;

-- How long a build is kept, and how many of a project's newest whatever their age.
create function private.build_retention(p_account_id uuid, p_project_id uuid)
returns table (days int, newest int) language plpgsql stable security definer set search_path = '' as $$
begin
  return query select private.setting(p_account_id, p_project_id, 'artifactRetentionDays'),
    private.setting(p_account_id, p_project_id, 'artifactRetentionCount');
end $$;

-- Retention. What nobody needs any more becomes expired and lets go of its files.
create function private.build_is_needed(p public.builds, p_keep_newest int)
returns boolean language plpgsql stable security definer set search_path = '' as $$
begin
  return p.id in (
      select b.id from public.builds b where b.project_id = p.project_id and b.status = 'succeeded'
      order by b.number desc limit p_keep_newest)
    or exists (
      select 1 from public.release_builds rb join public.releases r on r.id = rb.release_id
      where rb.build_id = p.id and r.status <> 'aborted')
    or exists (
      select 1 from public.deployments d where d.build_id = p.id
        and d.status in ('pending', 'awaiting_approval', 'queued', 'running', 'rolling_back'))
    -- What an environment can go back to. A promotion and a rollback have the build of their source.
    or exists (
      select 1 from (select distinct d.environment_id from public.deployments d where d.build_id = p.id) e
      cross join lateral (
        select d.build_id from public.deployments d
        where d.environment_id = e.environment_id and d.status = 'succeeded'
        order by d.finished_at desc limit 10) newest
      where newest.build_id = p.id);
end $$;
create function public.expire_builds(p_limit int default 200)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare v_id uuid; v_build public.builds; v_count int := 0; v_bytes bigint := 0; v_rule record;
begin
  for v_id in
    select b.id from public.builds b
    cross join lateral private.build_retention(b.account_id, b.project_id) rule
    where b.status = 'succeeded' and b.finished_at < now() - make_interval(days => rule.days)
      and not private.build_is_needed(b, rule.newest)
    order by b.finished_at limit p_limit
  loop
    -- Whoever is asking for it right now holds it.
    select * into v_build from public.builds where id = v_id and status = 'succeeded' for update skip locked;
    if not found then continue; end if;
    select * into v_rule from private.build_retention(v_build.account_id, v_build.project_id);
    if private.build_is_needed(v_build, v_rule.newest) then continue; end if;
    delete from public.build_artifacts where build_id = v_id;
    update public.builds set status = 'expired' where id = v_id;
    v_count := v_count + 1;
    v_bytes := v_bytes + v_build.size_bytes;
  end loop;
  return jsonb_build_object('builds', v_count, 'bytes', v_bytes);
end $$;
grant execute on function public.expire_builds(int) to service_role;

-- Contents that this run may delete from the store: those that no build refers to and nobody has reserved lately, and of
-- p_found (old files there) those that nobody knows. From its commit on nobody refers to them. None while a backup
-- copies, which holds this lock.
create function public.claim_artifact_removals(
  p_run uuid, p_found text[] default '{}', p_grace_seconds int default 86400, p_limit int default 1000)
returns table (digest text, size_bytes bigint) language plpgsql security definer set search_path = '' as $$
declare v_digests text[];
begin
  if not pg_try_advisory_xact_lock_shared(hashtext('sfp.artifacts')) then return; end if;
  insert into private.artifacts (digest, size_bytes, removal_run, removal_since)
  select distinct f.digest, 0, p_run, now() from unnest(p_found) f(digest) where f.digest ~ '^[0-9a-f]{64}$'
  on conflict do nothing;
  -- First the locks; then, in a statement of its own, what was committed by those who held them before.
  select array_agg(l.digest) into v_digests from (
    select s.digest from private.artifacts s
    where (s.removal_run is null and s.stored_at < now() - make_interval(secs => p_grace_seconds)
        and not exists (select 1 from public.build_artifacts a where a.digest = s.digest))
      -- One whose run was killed; a run gives up long before.
      or s.removal_since < now() - interval '2 minutes'
    limit p_limit for update skip locked
  ) l;
  update private.artifacts s set removal_run = p_run, removal_since = now()
  where s.digest = any (v_digests) and not exists (select 1 from public.build_artifacts a where a.digest = s.digest)
    and (s.removal_run is not null or s.stored_at < now() - make_interval(secs => p_grace_seconds));
  return query select s.digest, s.size_bytes from private.artifacts s where s.removal_run = p_run;
end $$;
grant execute on function public.claim_artifact_removals(uuid, text[], int, int) to service_role;

-- Their files are gone.
create function public.finish_artifact_removals(p_run uuid, p_digests text[])
returns int language plpgsql security definer set search_path = '' as $$
declare v_count int;
begin
  delete from private.artifacts where digest = any (p_digests) and removal_run = p_run;
  get diagnostics v_count = row_count;
  return v_count;
end $$;
grant execute on function public.finish_artifact_removals(uuid, text[]) to service_role;

-- As in 0016; a build reads on behalf of who asked for it.
create or replace function public.read_task_credentials(p_task_id uuid, p_attempt int, p_names text[])
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  v_task public.tasks; v_name text; v_found record; v_values jsonb := '{}'; v_requester uuid; v_email text;
begin
  v_task := private.lock_attempt(p_task_id, p_attempt);
  select r.requested_by, u.email into v_requester, v_email from (
    select d.requested_by from public.deployments d where d.id = v_task.deployment_id
    union all select b.requested_by from public.builds b where b.id = v_task.build_id
  ) r left join auth.users u on u.id = r.requested_by;
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

alter table public.builds enable row level security;
alter table public.build_artifacts enable row level security;
alter table private.artifacts enable row level security;
alter table private.build_numbers enable row level security;
grant select on public.builds, public.build_artifacts to authenticated;
grant insert (id, account_id, project_id, ref, pool) on public.builds to authenticated;
create policy builds_read on public.builds for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create policy builds_insert on public.builds for insert to authenticated
  with check (account_id in (select private.member_account_ids('member')));
create policy build_artifacts_read on public.build_artifacts for select to authenticated
  using (account_id in (select private.member_account_ids('viewer')));
create trigger audit after insert or delete on public.builds
  for each row execute function private.audit('build', 'number', 'ref', 'deployment_id', 'pool');
alter publication supabase_realtime add table public.builds;
