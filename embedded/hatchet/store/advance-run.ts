import type { Pool } from 'pg';
import { z } from 'zod';
import { transaction } from '../database/pool.ts';
import { type DagPlan, planDag } from '../domain/dag.ts';
import { taskStatuses } from '../domain/task-state.ts';
import type { WorkflowCatalog } from './catalog.ts';

const runSchema = z.object({ version_id: z.string(), outcome: z.string().nullable() });
const taskSchema = z.object({ id: z.string(), step: z.string(), status: z.enum(taskStatuses) });
const readySchema = z.object({ id: z.string(), lane: z.string(), status: z.string(), schedule_timeout: z.number() });
const keySchema = z.object({ key: z.string() });

export interface Advanced {
  /** Lanes that got a task. */
  lanes: string[];
  /** Keys for which a task now waits, or that were given back. */
  keys: string[];
  finished: boolean;
  /** Seconds until the first new task is too late. */
  scheduleTimeout: number | undefined;
}

const nothing: Advanced = { lanes: [], keys: [], finished: false, scheduleTimeout: undefined };

/** Starts, cancels or skips what the states of a DAG's tasks call for, and ends the run when all are done. Repeatable. */
export async function advanceRun(pool: Pool, catalog: WorkflowCatalog, runId: string): Promise<Advanced> {
  return transaction(pool, async (client) => {
    const run = await client.query('select version_id, outcome from runs where id = $1 for update', [runId]);
    if (run.rows[0] === undefined) return nothing;
    const { version_id, outcome } = runSchema.parse(run.rows[0]);
    if (outcome !== null) return nothing;
    const { definition } = await catalog.version(version_id);
    const tasks = await client.query('select id, step, status from tasks where run_id = $1 order by seq', [runId]);
    const plan: DagPlan = planDag(
      definition,
      tasks.rows.map((row) => taskSchema.parse(row)),
    );

    const ready = await client.query(
      `with ready as (
         update tasks set status = case when keys = '[]' then 'QUEUED' else 'WAITING' end,
                schedule_deadline = clock_timestamp() + schedule_timeout * interval '1 second'
          where id = any($1) and status = 'PENDING' returning id, run_id, lane, status, keys, schedule_timeout
       ), wanted as (
         insert into slots (holder, run_id, key, strategy, max_runs)
         select r.id, r.run_id, k.key, k.strategy, k."maxRuns"
           from ready r, jsonb_to_recordset(r.keys) as k(key text, strategy text, "maxRuns" int)
         on conflict do nothing
       ) select id, lane, status, schedule_timeout from ready`,
      [plan.ready],
    );
    await client.query(
      `update tasks set status = 'CANCELLED', error = '', finished_at = clock_timestamp()
        where id = any($1) and status = 'PENDING'`,
      [plan.cancel],
    );
    await client.query(
      `update tasks set status = 'COMPLETED', output = '{"skipped":true}', finished_at = clock_timestamp()
        where id = any($1) and status = 'PENDING'`,
      [plan.skip],
    );
    const freed: string[] = [];
    if (plan.outcome !== undefined) {
      await client.query(
        'update runs set outcome = $2, finished_at = clock_timestamp() where id = $1 and outcome is null',
        [runId, plan.outcome],
      );
      const { rows } = await client.query('delete from slots where holder = $1 returning key', [runId]);
      freed.push(...rows.map((row) => keySchema.parse(row).key));
    }

    const rows = ready.rows.map((row) => readySchema.parse(row));
    const waiting = rows.filter((row) => row.status === 'WAITING').map((row) => row.id);
    const asked = await client.query('select distinct key from slots where holder = any($1)', [waiting]);
    return {
      lanes: rows.filter((row) => row.status === 'QUEUED').map((row) => row.lane),
      keys: [...freed, ...asked.rows.map((row) => keySchema.parse(row).key)],
      finished: plan.outcome !== undefined,
      scheduleTimeout: rows.length === 0 ? undefined : Math.min(...rows.map((row) => row.schedule_timeout)),
    };
  });
}

/** DAG runs that are not over: after a restart each is advanced once, in case the engine died in between. */
export async function readOpenDags(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query('select id from runs where dag and outcome is null');
  return rows.map((row) => z.object({ id: z.string() }).parse(row).id);
}
