import type { Pool } from 'pg';
import { z } from 'zod';

const assignmentSchema = z.object({
  id: z.string(),
  run_id: z.string(),
  version_id: z.string(),
  workflow_id: z.string(),
  dag: z.boolean(),
  step: z.string(),
  step_id: z.string(),
  action: z.string(),
  retry_count: z.number(),
  priority: z.number(),
  worker_id: z.string(),
  lane: z.string(),
  execution_timeout: z.number(),
  slot_released: z.boolean(),
  started: z.boolean(),
  input: z.string(),
  metadata: z.string(),
  parent_run_id: z.string().nullable(),
  child_index: z.number().nullable(),
  child_key: z.string().nullable(),
  event_id: z.string().nullable(),
  event_key: z.string().nullable(),
});

/** A task that was given to a worker, with what the worker must be told. */
export type Assignment = z.infer<typeof assignmentSchema>;

const columns = `t.id, t.run_id, r.version_id, r.workflow_id, t.dag, t.step, t.step_id, t.action, t.retry_count, t.priority,
  t.worker_id, t.lane, t.execution_timeout, t.slot_released, t.started_at is not null as started, r.input, r.metadata, r.parent_run_id, r.child_index, r.child_key, r.event_id, r.event_key`;

/** Seat n of the list goes to the n-th task of the lane; tasks that another engine has locked are passed over. */
const claim = `
with picked as materialized (
  select id from tasks where lane = $1 and status = 'QUEUED'
   order by priority desc, seq limit cardinality($2::uuid[]) for update skip locked
), numbered as (
  select id, row_number() over () as seat from picked
), t as (
  update tasks t set status = 'RUNNING', worker_id = s.worker_id, assigned_at = clock_timestamp(), started_at = null,
    schedule_deadline = null, execution_deadline = clock_timestamp() + t.execution_timeout * interval '1 second'
  from numbered n join unnest($2::uuid[]) with ordinality as s(worker_id, seat) using (seat)
  where t.id = n.id returning t.*
)
select ${columns} from t join runs r on r.id = t.run_id order by t.priority desc, t.seq`;

/** Gives up to one task of a lane to each seat (a worker id for every free place). */
export async function claimTasks(pool: Pool, lane: string, seats: readonly string[]): Promise<Assignment[]> {
  const { rows } = await pool.query({ name: 'claim-tasks', text: claim, values: [lane, seats] });
  return rows.map((row) => assignmentSchema.parse(row));
}

/** The tasks that workers are running, e.g. after a restart of the engine. */
export async function readRunning(pool: Pool): Promise<Assignment[]> {
  const { rows } = await pool.query(
    `select ${columns} from tasks t join runs r on r.id = t.run_id where t.status = 'RUNNING'`,
  );
  return rows.map((row) => assignmentSchema.parse(row));
}

const relativeSchema = z.object({
  run_id: z.string(),
  step: z.string(),
  status: z.string(),
  output: z.string().nullable(),
  error: z.string().nullable(),
});

/** The finished tasks of DAG runs: their outputs and errors go into the payload of what comes after. */
export async function readRelatives(pool: Pool, runIds: readonly string[]): Promise<z.infer<typeof relativeSchema>[]> {
  const { rows } = await pool.query(
    `select run_id, step, status, output, error from tasks where run_id = any($1) and status in ('COMPLETED', 'FAILED')`,
    [runIds],
  );
  return rows.map((row) => relativeSchema.parse(row));
}

/** Lanes in which something waits, e.g. after a restart. */
export async function readWaitingLanes(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query(`select distinct lane from tasks where status = 'QUEUED'`);
  return rows.map((row) => z.object({ lane: z.string() }).parse(row).lane);
}
