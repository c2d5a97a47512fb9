import type { Pool } from 'pg';
import { z } from 'zod';

const overdueSchema = z.object({
  id: z.string(),
  retry_count: z.number(),
  timeout_text: z.string(),
  kind: z.enum(['execution', 'schedule']),
});
export type Overdue = z.infer<typeof overdueSchema>;

/** Tasks that ran, or waited, too long. */
export async function readOverdue(pool: Pool): Promise<Overdue[]> {
  const { rows } = await pool.query({
    name: 'overdue',
    text: `select id, retry_count, timeout_text, 'execution' as kind from tasks
            where status = 'RUNNING' and execution_deadline <= clock_timestamp()
           union all
           select id, retry_count, timeout_text, 'schedule' from tasks
            where status in ('QUEUED', 'WAITING') and schedule_deadline <= clock_timestamp()`,
  });
  return rows.map((row) => overdueSchema.parse(row));
}

const resumedSchema = z.object({ lane: z.string(), status: z.string(), keys: z.array(z.string()).nullable() });

/** Retries whose delay is over go back to the queue, or to their concurrency keys first. */
export async function resumeBackoffs(pool: Pool): Promise<{ lanes: string[]; keys: string[] }> {
  const { rows } = await pool.query({
    name: 'resume-backoffs',
    text: `with resumed as (
        update tasks t set available_at = null,
          status = case when exists (select from slots s where s.holder = t.id) then 'WAITING' else 'QUEUED' end,
          schedule_deadline = clock_timestamp() + t.schedule_timeout * interval '1 second'
        where t.status = 'BACKOFF' and t.available_at <= clock_timestamp() returning t.id, t.lane, t.status
      ) select lane, status, (select array_agg(key) from slots s where s.holder = resumed.id) as keys from resumed`,
  });
  const resumed = rows.map((row) => resumedSchema.parse(row));
  return {
    lanes: resumed.filter((task) => task.status === 'QUEUED').map((task) => task.lane),
    keys: resumed.flatMap((task) => task.keys ?? []),
  };
}

/** Milliseconds until the next deadline or retry; undefined when there is none. */
export async function readNextDeadlineMs(pool: Pool): Promise<number | undefined> {
  const { rows } = await pool.query({
    name: 'next-deadline',
    text: `select extract(epoch from least(
        (select min(execution_deadline) from tasks where status = 'RUNNING'),
        (select min(schedule_deadline) from tasks where status in ('QUEUED', 'WAITING')),
        (select min(available_at) from tasks where status = 'BACKOFF')) - clock_timestamp())::float8 * 1000 as ms`,
  });
  return z.object({ ms: z.number().nullable() }).parse(rows[0]).ms ?? undefined;
}
