-- First schema of the task engine. A run is one triggered workflow; its tasks are what workers execute.
-- States and moves are in domain/task-state.ts; every move names the state it expects in its WHERE clause.

create table workflows (
  id          uuid primary key,
  name        text not null unique,
  description text not null default '',
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now()
);

-- A definition never changes; putting a different one makes a new row, also when it equals an older one.
create table workflow_versions (
  id          uuid primary key,
  workflow_id uuid not null references workflows on delete cascade,
  ord         bigint generated always as identity,
  checksum    text not null,
  definition  jsonb not null,
  created_at  timestamptz not null default now()
);
create index workflow_versions_newest on workflow_versions (workflow_id, ord desc);

create table workers (
  id                uuid primary key,
  name              text not null,
  actions           text[] not null,
  slots             jsonb not null,
  labels            jsonb not null,
  runtime           jsonb,
  -- false after Unsubscribe and after a broken stream: heartbeats are refused until it listens again
  active            boolean not null default true,
  paused            boolean not null default false,
  last_heartbeat_at timestamptz not null default now(),
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now()
);

create table events (
  id         uuid primary key,
  key        text not null,
  payload    json not null,
  metadata   jsonb not null,
  scope      text,
  created_at timestamptz not null default clock_timestamp()
);

create table runs (
  id             uuid primary key,
  seq            bigint generated always as identity,
  workflow_id    uuid not null references workflows on delete cascade,
  version_id     uuid not null references workflow_versions on delete cascade,
  display_name   text not null,
  -- false: one task, and that task's id is the run's id
  dag            boolean not null,
  input          json not null,
  metadata       jsonb not null,
  priority       integer not null,
  parent_run_id  uuid,
  parent_task_id uuid,
  child_index    integer,
  child_key      text,
  event_id       uuid,
  event_key      text,
  -- concurrency keys of the whole run, kept so that a replay asks for them again
  keys           jsonb not null default '[]',
  outcome        text check (outcome in ('COMPLETED', 'FAILED', 'CANCELLED')),
  created_at     timestamptz not null default clock_timestamp(),
  finished_at    timestamptz,
  check ((outcome is null) = (finished_at is null))
);
create index runs_newest on runs (created_at desc);
create index runs_of_workflow on runs (workflow_id, created_at desc);
create index runs_metadata on runs using gin (metadata jsonb_path_ops);
create index runs_open_dags on runs (id) where dag and outcome is null;
-- A retried parent finds its children again instead of starting them twice.
create unique index runs_child_key on runs (parent_task_id, child_key) where child_key is not null;
create unique index runs_child_index on runs (parent_task_id, child_index) where child_key is null;

create table tasks (
  id                 uuid primary key,
  seq                bigint generated always as identity,
  run_id             uuid not null references runs on delete cascade,
  dag                boolean not null,
  step               text not null,
  step_id            uuid not null,
  action             text not null,
  display_name       text not null,
  -- which workers may take it: action, slot, units, wanted labels (domain/lane.ts)
  lane               text not null,
  priority           integer not null,
  status             text not null check (status in
    ('PENDING', 'WAITING', 'BACKOFF', 'QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')),
  -- counts attempts for whatever reason; together with the id it fences every event of a worker
  retry_count        integer not null default 0,
  app_retries        integer not null default 0,
  internal_retries   integer not null default 0,
  max_retries        integer not null,
  backoff_factor     double precision,
  backoff_max        double precision,
  execution_timeout  double precision not null,
  schedule_timeout   double precision not null,
  timeout_text       text not null,
  -- concurrency keys that it must hold to run; they become rows of slots when it is ready
  keys               jsonb not null default '[]',
  worker_id          uuid,
  slot_released      boolean not null default false,
  available_at       timestamptz,
  schedule_deadline  timestamptz,
  execution_deadline timestamptz,
  output             json,
  error              text,
  created_at         timestamptz not null default clock_timestamp(),
  assigned_at        timestamptz,
  started_at         timestamptz,
  finished_at        timestamptz
);
create index tasks_of_run on tasks (run_id, seq);
create index tasks_queue on tasks (lane, priority desc, seq) where status = 'QUEUED';
create index tasks_of_worker on tasks (worker_id) where status = 'RUNNING';
create index tasks_execution_deadline on tasks (execution_deadline) where status = 'RUNNING';
create index tasks_schedule_deadline on tasks (schedule_deadline) where status in ('QUEUED', 'WAITING');
create index tasks_backoff on tasks (available_at) where status = 'BACKOFF';

-- Who holds or waits for a concurrency key. The holder is a task, or a run for a limit of the whole workflow.
create table slots (
  seq      bigint generated always as identity,
  holder   uuid not null,
  run_id   uuid not null references runs on delete cascade,
  key      text not null,
  strategy text not null,
  max_runs integer not null,
  held     boolean not null default false,
  primary key (holder, key)
);
create index slots_of_key on slots (key, seq);

create table log_lines (
  id          bigint generated always as identity primary key,
  task_id     uuid not null references tasks on delete cascade,
  level       text not null,
  message     text not null,
  metadata    jsonb not null,
  retry_count integer not null,
  created_at  timestamptz not null
);
create index log_lines_of_task on log_lines (task_id, id);
