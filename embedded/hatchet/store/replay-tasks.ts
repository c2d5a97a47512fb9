import type { Pool } from 'pg';
import { z } from 'zod';
import { transaction } from '../database/pool.ts';
import type { WorkflowDefinition } from '../domain/workflow.ts';
import type { WorkflowCatalog } from './catalog.ts';

const foundSchema = z.object({
  id: z.string(),
  run_id: z.string(),
  step: z.string(),
  dag: z.boolean(),
  version_id: z.string(),
});
const lanesSchema = z.object({ lane: z.string(), status: z.string() });

export interface Replayed {
  /** All tasks that were meant, also those that still run and are left alone. */
  taskIds: string[];
  dagRunIds: string[];
  lanes: string[];
  keys: string[];
}

/**
 * Runs finished tasks again, with the same ids and a new budget of retries; retryCount goes on counting. A run means all of its tasks, a
 * task means itself and what hangs on it. A run that is not over stays as it is.
 */
export async function replayTasks(pool: Pool, catalog: WorkflowCatalog, ids: readonly string[]): Promise<Replayed> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query(
      `select t.id, t.run_id, t.step, t.dag, r.version_id, r.outcome from tasks t join runs r on r.id = t.run_id
        where t.id = any($1::uuid[]) or t.run_id = any($1::uuid[]) order by t.seq for update of r`,
      [ids],
    );
    const found = rows.map((row) => foundSchema.extend({ outcome: z.string().nullable() }).parse(row));
    const asked = new Set(ids);
    const wanted: string[] = [];
    for (const task of found) {
      if (task.outcome === null) continue;
      wanted.push(task.id);
      if (!task.dag || asked.has(task.run_id)) continue;
      const { definition } = await catalog.version(task.version_id);
      const below = [...descendants(definition, task.step)];
      const more = await client.query('select id from tasks where run_id = $1 and step = any($2)', [
        task.run_id,
        below,
      ]);
      wanted.push(...more.rows.map((row) => z.object({ id: z.string() }).parse(row).id));
    }
    const restarted = await client.query(
      `with reset as (
         update tasks set retry_count = retry_count + 1, app_retries = 0, internal_retries = 0, output = null, error = null,
                worker_id = null, started_at = null, finished_at = null, schedule_deadline = case when dag then null
                else clock_timestamp() + schedule_timeout * interval '1 second' end,
                status = case when dag then 'PENDING' else 'QUEUED' end
          where id = any($1) and status in ('COMPLETED', 'FAILED', 'CANCELLED') returning id, run_id, lane, status, keys
       ), reopened as (
         update runs r set outcome = null, finished_at = null where r.id in (select run_id from reset) returning r.id, r.keys
       ), asked as (
         insert into slots (holder, run_id, key, strategy, max_runs)
         select h.holder, h.run_id, k.key, k.strategy, k."maxRuns"
           from (select id as holder, id as run_id, keys from reopened
                 union all select id, run_id, keys from reset where status = 'QUEUED') h,
                jsonb_to_recordset(h.keys) as k(key text, strategy text, "maxRuns" int)
         on conflict do nothing returning key
       ) select distinct lane, status, (select array_agg(key) from asked) as keys from reset`,
      [wanted],
    );
    const keys = restarted.rows.flatMap(
      (row) => z.object({ keys: z.array(z.string()).nullable() }).parse(row).keys ?? [],
    );
    if (keys.length > 0)
      await client.query(
        `update tasks t set status = 'WAITING' where t.id = any($1) and t.status = 'QUEUED'
            and exists (select from slots s where s.holder in (t.id, t.run_id) and not s.held)`,
        [wanted],
      );
    return {
      taskIds: found.map((task) => task.id),
      dagRunIds: [...new Set(found.filter((task) => task.dag).map((task) => task.run_id))],
      lanes: restarted.rows
        .map((row) => lanesSchema.parse(row))
        .filter((row) => row.status === 'QUEUED')
        .map((row) => row.lane),
      keys: [...new Set(keys)],
    };
  });
}

/** Everything that depends on a step, directly or not. */
const descendants = (definition: WorkflowDefinition, step: string): Set<string> => {
  const below = new Set<string>();
  for (let grew = true; grew; ) {
    grew = false;
    for (const candidate of definition.steps) {
      if (below.has(candidate.name)) continue;
      if (!candidate.parents.some((parent) => parent === step || below.has(parent))) continue;
      below.add(candidate.name);
      grew = true;
    }
  }
  return below;
};
