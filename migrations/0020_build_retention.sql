-- breaking: no
-- Retention of builds and of what they keep.

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
  order by f.digest -- as those who reserve, so that neither waits for the other in a ring
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
  -- In the order of those who reserve: they lock a row on its way out too, to find that it is.
  perform 1 from private.artifacts where digest = any (p_digests) and removal_run = p_run order by digest for update;
  delete from private.artifacts where digest = any (p_digests) and removal_run = p_run;
  get diagnostics v_count = row_count;
  return v_count;
end $$;
grant execute on function public.finish_artifact_removals(uuid, text[]) to service_role;
