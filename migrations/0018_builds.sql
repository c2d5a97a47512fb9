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

-- Behind deployment_requested, which says what is deployed, and leaves a row that row security will refuse as it came:
-- then nothing is said about the build. Deploying what is there needs all of it.
create function private.deployment_takes_build() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.origin <> 'ref' and new.build_id is not null then perform private.require_deployable(new.build_id); end if;
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
