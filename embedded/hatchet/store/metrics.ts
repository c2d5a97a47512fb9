import type { Pool } from 'pg';
import { z } from 'zod';

const countSchema = z.object({ status: z.string(), count: z.coerce.number() });

/** How many tasks are in which state, by public name. */
export async function countByStatus(
  pool: Pool,
  query: { since: Date; until: Date | undefined; workflowIds: string[] | undefined },
): Promise<Map<string, number>> {
  const { rows } = await pool.query(
    `select case when t.status in ('PENDING', 'WAITING', 'BACKOFF') then 'QUEUED' else t.status end as status, count(*)
       from tasks t join runs r on r.id = t.run_id
      where t.created_at >= $1 and ($2::timestamptz is null or t.created_at <= $2)
        and ($3::uuid[] is null or r.workflow_id = any($3)) group by 1`,
    [query.since, query.until ?? null, query.workflowIds ?? null],
  );
  return new Map(rows.map((row) => countSchema.parse(row)).map((row) => [row.status, row.count]));
}

const statSchema = z.object({
  step: z.string(),
  action: z.string(),
  state: z.enum(['queued', 'running']),
  count: z.coerce.number(),
  oldest: z.date(),
  oldest_first_try: z.date().nullable(),
});
export type TaskStat = z.infer<typeof statSchema>;

/** What waits for a worker and what runs, by task. */
export async function readTaskStats(pool: Pool): Promise<TaskStat[]> {
  const { rows } = await pool.query(
    `select step, action, case status when 'RUNNING' then 'running' else 'queued' end as state, count(*),
            min(created_at) as oldest, min(created_at) filter (where retry_count = 0) as oldest_first_try
       from tasks where status in ('QUEUED', 'RUNNING') group by 1, 2, 3 order by 1`,
  );
  return rows.map((row) => statSchema.parse(row));
}
