import type { Pool } from 'pg';
import { z } from 'zod';
import { spliceJson } from '../domain/json-text.ts';
import { type TaskMove, taskMoves, taskStatuses } from '../domain/task-state.ts';

/** Something that happened to a task: a worker's report, a cancel, a deadline. */
export interface TaskEvent {
  taskId: string;
  move: Extract<TaskMove, 'start' | 'complete' | 'fail' | 'lose' | 'expire' | 'cancel'>;
  /** The attempt it is about; a stale one changes nothing. Undefined: whatever attempt there is. */
  retryCount: number | undefined;
  /** JSON text. */
  output?: string | undefined;
  error?: string | undefined;
  noRetry?: boolean | undefined;
  /** It failed by its deadline: the worker does not know yet and must be told. */
  timedOut?: boolean | undefined;
  startedAt?: Date | undefined;
}

const settledSchema = z.object({
  id: z.string(),
  run_id: z.string(),
  dag: z.boolean(),
  step: z.string(),
  lane: z.string(),
  status: z.enum(taskStatuses),
  was: z.enum(taskStatuses),
  worker_id: z.string().nullable(),
  was_retry: z.number(),
  run_finished: z.boolean(),
  freed: z.array(z.string()).nullable(),
});

/** A task that did change. */
export interface SettledTask {
  id: string;
  runId: string;
  dag: boolean;
  lane: string;
  status: (typeof taskStatuses)[number];
  was: (typeof taskStatuses)[number];
  /** The worker and the attempt it was running on. */
  workerId: string | undefined;
  retryCount: number;
  /** The run is over with it (single-task runs; a DAG is advanced separately). */
  runFinished: boolean;
  /** Concurrency keys that are free now. */
  freedKeys: string[];
}

/** The engine's own retries for lost workers do not use up the user's; this ends a task that kills every worker. */
const maxInternalRetries = 10;

/**
 * Applies many events in one statement. Rows are locked in id order (two writers never deadlock) and only those in an expected
 * state and attempt move. A failed task with retries left goes back to the queue, after its backoff if it has one:
 * min(max or a day, factor^n) seconds before retry n.
 */
const statement = `
with given as materialized (
  select * from json_to_recordset($1::json) as g(
    id uuid, move text, "from" text[], retry int, output json, error text, no_retry boolean, started_at timestamptz)
), locked as materialized (
  select t.id, t.status as was, t.worker_id, t.retry_count as was_retry, g.move, g.output, g.error, g.started_at,
         case g.move
           when 'start' then 'RUNNING' when 'complete' then 'COMPLETED' when 'cancel' then 'CANCELLED'
           when 'lose' then case when t.internal_retries < ${maxInternalRetries} then 'QUEUED' else 'FAILED' end
           when 'fail' then case when coalesce(g.no_retry, false) or t.app_retries >= t.max_retries then 'FAILED'
                                 when t.backoff_factor is null then 'QUEUED' else 'BACKOFF' end
           else 'FAILED' end as becomes
    from tasks t join given g on g.id = t.id
   where t.status = any(g."from") and (g.retry is null or g.retry = t.retry_count)
   order by t.id for update of t
), moved as (
  update tasks t set
    status = l.becomes,
    retry_count = t.retry_count + (l.becomes in ('QUEUED', 'BACKOFF'))::int,
    app_retries = t.app_retries + (l.move = 'fail' and l.becomes <> 'FAILED')::int,
    internal_retries = t.internal_retries + (l.move = 'lose')::int,
    worker_id = case when l.becomes in ('QUEUED', 'BACKOFF') then null else t.worker_id end,
    slot_released = t.slot_released and l.becomes = 'RUNNING',
    started_at = case when l.becomes in ('QUEUED', 'BACKOFF') then null else coalesce(l.started_at, t.started_at) end,
    execution_deadline = case when l.becomes = 'RUNNING' then t.execution_deadline end,
    available_at = case when l.becomes = 'BACKOFF' then clock_timestamp() + interval '1 second'
      * least(coalesce(t.backoff_max, 86400), t.backoff_factor ^ (t.app_retries + 1)) end,
    schedule_deadline = case when l.becomes = 'QUEUED' then clock_timestamp() + t.schedule_timeout * interval '1 second' end,
    output = case when l.becomes = 'COMPLETED' then l.output end,
    error = case l.becomes when 'CANCELLED' then '' when 'RUNNING' then t.error when 'COMPLETED' then null
                           else coalesce(l.error, '') end,
    finished_at = case when l.becomes in ('COMPLETED', 'FAILED', 'CANCELLED') then clock_timestamp() end
  from locked l where t.id = l.id
  returning t.id, t.run_id, t.dag, t.step, t.lane, t.status, l.was, l.worker_id, l.was_retry
), freed as (
  delete from slots s using moved m
   where s.holder = m.id and m.status in ('COMPLETED', 'FAILED', 'CANCELLED') returning s.holder, s.key
), paused as (
  update slots s set held = false from moved m where s.holder = m.id and m.status = 'BACKOFF' returning s.holder, s.key
), finished as (
  update runs r set outcome = m.status, finished_at = clock_timestamp() from moved m
   where r.id = m.run_id and not m.dag and m.status in ('COMPLETED', 'FAILED', 'CANCELLED') returning r.id
)
select m.*, exists (select from finished f where f.id = m.run_id) as run_finished,
       (select array_agg(key) from (select * from freed union all select * from paused) k where k.holder = m.id) as freed
  from moved m`;

/** Settles events; answers the task of each that changed something, undefined for a late or doubled one. */
export async function settleTasks(pool: Pool, events: readonly TaskEvent[]): Promise<(SettledTask | undefined)[]> {
  const merged = mergeByTask(events);
  const kept = new Set(merged);
  const { rows } = await pool.query({
    name: 'settle-tasks',
    text: statement,
    values: [`[${merged.map(eventJson).join(',')}]`],
  });
  const settled = new Map(rows.map((row) => toSettled(settledSchema.parse(row))).map((task) => [task.id, task]));
  // The event that was merged away got what it wanted with the one that stayed.
  return events.map((event) => (kept.has(event) ? settled.get(event.taskId) : undefined));
}

/** One event a task and batch: a start that comes with its end only lends its time; of two ends the first counts. */
function mergeByTask(events: readonly TaskEvent[]): TaskEvent[] {
  const byTask = new Map<string, TaskEvent>();
  for (const event of events) {
    const earlier = byTask.get(event.taskId);
    if (earlier === undefined) byTask.set(event.taskId, event);
    else if (earlier.move === 'start') {
      if (earlier.retryCount === event.retryCount) event.startedAt ??= earlier.startedAt;
      byTask.set(event.taskId, event);
    } else if (event.move === 'start' && earlier.retryCount === event.retryCount) earlier.startedAt ??= event.startedAt;
  }
  return [...byTask.values()];
}

const eventJson = (event: TaskEvent): string =>
  spliceJson(
    {
      id: event.taskId,
      move: event.move,
      from: taskMoves[event.move].from,
      retry: event.retryCount,
      error: event.error,
      no_retry: event.noRetry,
      started_at: event.startedAt,
    },
    event.output === undefined ? {} : { output: event.output },
  );

const toSettled = (row: z.infer<typeof settledSchema>): SettledTask => ({
  id: row.id,
  runId: row.run_id,
  dag: row.dag,
  lane: row.lane,
  status: row.status,
  was: row.was,
  workerId: row.worker_id ?? undefined,
  retryCount: row.was_retry,
  runFinished: row.run_finished,
  freedKeys: row.freed ?? [],
});
