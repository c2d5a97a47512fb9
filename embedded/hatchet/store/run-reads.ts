import type { Pool } from 'pg';
import { z } from 'zod';
import { taskStatuses } from '../domain/task-state.ts';

export const runStatuses = ['QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
export type RunStatusName = (typeof runStatuses)[number];

const taskSchema = z.object({
  id: z.string(),
  seq: z.coerce.number(),
  run_id: z.string(),
  step: z.string(),
  step_id: z.string(),
  action: z.string(),
  display_name: z.string(),
  status: z.enum(taskStatuses),
  retry_count: z.number(),
  output: z.string().nullable(),
  error: z.string().nullable(),
  created_at: z.date(),
  assigned_at: z.date().nullable(),
  started_at: z.date().nullable(),
  finished_at: z.date().nullable(),
});
export type TaskRow = z.infer<typeof taskSchema>;

const runSchema = z.object({
  id: z.string(),
  workflow_id: z.string(),
  version_id: z.string(),
  workflow_name: z.string(),
  display_name: z.string(),
  dag: z.boolean(),
  input: z.string(),
  metadata: z.string(),
  outcome: z.enum(['COMPLETED', 'FAILED', 'CANCELLED']).nullable(),
  status: z.enum(runStatuses),
  children: z.coerce.number(),
  parent_task_id: z.string().nullable(),
  created_at: z.date(),
  started_at: z.date().nullable(),
  finished_at: z.date().nullable(),
});
export type RunRow = z.infer<typeof runSchema> & { tasks: TaskRow[] };

/** A run is queued until its first task is with a worker. */
const statusSql = `coalesce(r.outcome, case when exists (
  select from tasks t where t.run_id = r.id and (t.status = 'RUNNING' or t.finished_at is not null or t.retry_count > 0))
  then 'RUNNING' else 'QUEUED' end)`;

const columns = `r.id, r.workflow_id, r.version_id, w.name as workflow_name, r.display_name, r.dag, r.input, r.metadata,
  r.outcome, ${statusSql} as status, r.parent_task_id, r.created_at, r.finished_at,
  (select min(t.started_at) from tasks t where t.run_id = r.id) as started_at,
  (select count(*) from runs c where c.parent_run_id = r.id) as children`;

const taskColumns =
  'id, seq, run_id, step, step_id, action, display_name, status, retry_count, output, error, created_at, assigned_at, started_at, finished_at';

/** A run with its tasks, by its own id or that of one of its tasks. */
export async function readRun(pool: Pool, id: string): Promise<RunRow | undefined> {
  const { rows } = await pool.query(
    `select ${columns} from runs r join workflows w on w.id = r.workflow_id where r.id = $1`,
    [id],
  );
  const [run] = await withTasks(pool, rows);
  return run;
}

export async function readRunStatus(pool: Pool, id: string): Promise<RunStatusName | undefined> {
  const { rows } = await pool.query({
    name: 'run-status',
    text: `select ${statusSql} as status from runs r where r.id = $1`,
    values: [id],
  });
  return rows[0] === undefined ? undefined : z.object({ status: z.enum(runStatuses) }).parse(rows[0]).status;
}

export interface RunQuery {
  since: Date;
  until: Date | undefined;
  statuses: RunStatusName[] | undefined;
  workflowIds: string[] | undefined;
  /** `key:value` pairs; a run with any of them matches, as recorded. */
  metadata: Record<string, string>[] | undefined;
  parentTaskId: string | undefined;
  eventId: string | undefined;
  limit: number;
  offset: number;
}

/** Runs, the newest first, and how many match in all. */
export async function listRuns(pool: Pool, query: RunQuery): Promise<{ runs: RunRow[]; total: number }> {
  const values = [
    query.since,
    query.until ?? null,
    query.statuses ?? null,
    query.workflowIds ?? null,
    query.metadata?.map((pair) => JSON.stringify(pair)) ?? null,
    query.parentTaskId ?? null,
    query.eventId ?? null,
  ];
  const from = `from runs r join workflows w on w.id = r.workflow_id
    where r.created_at >= $1 and ($2::timestamptz is null or r.created_at <= $2)
      and ($3::text[] is null or ${statusSql} = any($3))
      and ($4::uuid[] is null or r.workflow_id = any($4))
      and ($5::text[] is null or exists (select from unnest($5::text[]) m where r.metadata @> m::jsonb))
      and ($6::uuid is null or r.parent_task_id = $6)
      and ($7::uuid is null or r.event_id = $7)`;
  const [page, count] = await Promise.all([
    pool.query(`select ${columns} ${from} order by r.seq desc limit $8 offset $9`, [
      ...values,
      query.limit,
      query.offset,
    ]),
    pool.query(`select count(*) ${from}`, values),
  ]);
  return {
    runs: await withTasks(pool, page.rows),
    total: z.object({ count: z.coerce.number() }).parse(count.rows[0]).count,
  };
}

async function withTasks(pool: Pool, rows: unknown[]): Promise<RunRow[]> {
  const runs = rows.map((row) => ({ ...runSchema.parse(row), tasks: [] as TaskRow[] }));
  const byId = new Map(runs.map((run) => [run.id, run]));
  const tasks = await pool.query(`select ${taskColumns} from tasks where run_id = any($1) order by seq`, [
    [...byId.keys()],
  ]);
  for (const row of tasks.rows) {
    const task = taskSchema.parse(row);
    byId.get(task.run_id)?.tasks.push(task);
  }
  return runs;
}
