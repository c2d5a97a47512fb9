import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import { spliceJson } from '../domain/json-text.ts';
import { isFinal } from '../domain/task-state.ts';
import type { NewRun, NewTask, WantedKey } from './new-run.ts';

/** One statement, so run, tasks and keys exist together or not at all. A child that exists already is left alone. */
const statement = `
with made as (
  insert into runs (id, workflow_id, version_id, display_name, dag, input, metadata, priority, parent_run_id,
                    parent_task_id, child_index, child_key, event_id, event_key, keys, outcome, finished_at)
  select id, workflow_id, version_id, display_name, dag, input, metadata, priority, parent_run_id, parent_task_id,
         child_index, child_key, event_id, event_key, keys, outcome, case when outcome is not null then clock_timestamp() end
    from json_to_recordset($1::json) as r(
      id uuid, workflow_id uuid, version_id uuid, display_name text, dag boolean, input json, metadata jsonb, priority int,
      parent_run_id uuid, parent_task_id uuid, child_index int, child_key text, event_id uuid, event_key text, keys jsonb, outcome text)
  on conflict do nothing
  returning id
), made_tasks as (
  insert into tasks (id, run_id, dag, step, step_id, action, display_name, lane, priority, status, max_retries,
                     backoff_factor, backoff_max, execution_timeout, schedule_timeout, timeout_text, keys, error,
                     schedule_deadline, finished_at)
  select t.id, t.run_id, t.dag, t.step, t.step_id, t.action, t.display_name, t.lane, t.priority, t.status, t.max_retries,
         t.backoff_factor, t.backoff_max, t.execution_timeout, t.schedule_timeout, t.timeout_text, t.keys, t.error,
         case when t.status in ('QUEUED', 'WAITING') then clock_timestamp() + t.schedule_timeout * interval '1 second' end,
         case when t.finished then clock_timestamp() end
    from json_to_recordset($2::json) as t(
      id uuid, run_id uuid, dag boolean, step text, step_id uuid, action text, display_name text, lane text, priority int,
      status text, max_retries int, backoff_factor float8, backoff_max float8, execution_timeout float8,
      schedule_timeout float8, timeout_text text, keys jsonb, error text, finished boolean)
    join made on made.id = t.run_id
), made_slots as (
  insert into slots (holder, run_id, key, strategy, max_runs)
  select s.holder, s.run_id, s.key, s.strategy, s.max_runs
    from json_to_recordset($3::json) as s(holder uuid, run_id uuid, key text, strategy text, max_runs int)
    join made on made.id = s.run_id
)
select id from made`;

const idSchema = z.object({ id: z.string() });

/** Writes runs; answers the id of each: its own, or that of the child run that was there already. */
export async function insertRuns(client: Pool | PoolClient, runs: readonly NewRun[]): Promise<string[]> {
  const { rows } = await client.query({
    name: 'insert-runs',
    text: statement,
    values: [
      `[${runs.map(runJson).join(',')}]`,
      JSON.stringify(runs.flatMap((run) => run.tasks.map((task) => taskFields(run, task)))),
      JSON.stringify(runs.flatMap(slotFields)),
    ],
  });
  const made = new Set(rows.map((row) => idSchema.parse(row).id));
  const ids: string[] = [];
  for (const run of runs) ids.push(made.has(run.id) ? run.id : await existingChild(client, run));
  return ids;
}

async function existingChild(client: Pool | PoolClient, { request: { parent } }: NewRun): Promise<string> {
  const { rows } = await client.query(
    `select id from runs where parent_task_id = $1
        and case when $2::text is null then child_key is null and child_index = $3 else child_key = $2 end`,
    [parent?.taskId, parent?.childKey ?? null, parent?.childIndex ?? 0],
  );
  return idSchema.parse(rows[0]).id;
}

const runJson = (run: NewRun): string => {
  const { request } = run;
  return spliceJson(
    {
      id: run.id,
      workflow_id: request.version.workflowId,
      version_id: request.version.versionId,
      display_name: run.displayName,
      dag: run.dag,
      metadata: run.metadata,
      priority: run.priority,
      parent_run_id: request.parent?.runId,
      parent_task_id: request.parent?.taskId,
      child_index: request.parent?.childIndex,
      child_key: request.parent?.childKey,
      event_id: request.event?.id,
      event_key: request.event?.key,
      keys: run.keys,
      outcome: run.error === undefined ? undefined : 'FAILED',
    },
    { input: request.input.trim() === '' ? 'null' : request.input },
  );
};

const taskFields = (run: NewRun, task: NewTask): Record<string, unknown> => ({
  id: task.id,
  run_id: run.id,
  dag: run.dag,
  step: task.step.name,
  step_id: task.step.stepId,
  action: task.step.action,
  display_name: task.displayName,
  lane: task.lane,
  priority: run.priority,
  status: task.status,
  max_retries: task.step.retries,
  backoff_factor: task.step.backoffFactor,
  backoff_max: task.step.backoffMaxSeconds,
  execution_timeout: task.executionTimeout,
  schedule_timeout: task.scheduleTimeout,
  timeout_text: task.step.timeout,
  keys: task.keys,
  error: task.error,
  finished: isFinal(task.status),
});

const slotFields = (run: NewRun): Record<string, unknown>[] => {
  const row = (holder: string, { key, strategy, maxRuns }: WantedKey): Record<string, unknown> => ({
    holder,
    run_id: run.id,
    key,
    strategy,
    max_runs: maxRuns,
  });
  return [
    ...run.keys.map((key) => row(run.id, key)),
    ...run.tasks
      .filter((task) => task.status === 'WAITING')
      .flatMap((task) => task.keys.map((key) => row(task.id, key))),
  ];
};
