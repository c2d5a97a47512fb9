import type { Pool } from 'pg';
import { z } from 'zod';

const placeSchema = z.object({ run_id: z.string(), retry_count: z.number(), status: z.string() });

/** Where a task belongs; undefined when there is none. */
export async function readTask(
  pool: Pool,
  id: string,
): Promise<{ runId: string; retryCount: number; status: string } | undefined> {
  const { rows } = await pool.query({
    name: 'read-task',
    text: 'select run_id, retry_count, status from tasks where id = $1',
    values: [id],
  });
  if (rows[0] === undefined) return undefined;
  const row = placeSchema.parse(rows[0]);
  return { runId: row.run_id, retryCount: row.retry_count, status: row.status };
}

/** Moves the deadline of a running task; answers the new one. */
export async function extendDeadline(pool: Pool, id: string, seconds: number): Promise<Date | undefined> {
  const { rows } = await pool.query(
    `update tasks set execution_deadline = execution_deadline + $2 * interval '1 second'
      where id = $1 and status = 'RUNNING' returning execution_deadline`,
    [id, seconds],
  );
  return rows[0] === undefined
    ? undefined
    : z.object({ execution_deadline: z.date() }).parse(rows[0]).execution_deadline;
}

/** A running task gives its place to others and goes on. */
export async function releaseSlot(pool: Pool, id: string): Promise<void> {
  await pool.query(`update tasks set slot_released = true where id = $1 and status = 'RUNNING'`, [id]);
}
