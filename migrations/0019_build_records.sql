-- breaking: no
-- What a worker says about a build: what the ref was, what it stores, what came of it.

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
