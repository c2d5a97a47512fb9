import type { Pool } from 'pg';
import { z } from 'zod';

const rowSchema = z.object({ id: z.string(), open: z.boolean() });

/** The tasks meant by ids of tasks or runs. An on-failure task is not cancelled with its run: its run's end skips it. */
export async function readCancellable(pool: Pool, ids: readonly string[]): Promise<{ id: string; open: boolean }[]> {
  const { rows } = await pool.query(
    `select t.id, r.outcome is null and t.finished_at is null
                  and not (t.status = 'PENDING' and t.step = 'on-failure-task') as open
       from tasks t join runs r on r.id = t.run_id
      where t.id = any($1::uuid[]) or t.run_id = any($1::uuid[]) order by t.seq`,
    [ids],
  );
  return rows.map((row) => rowSchema.parse(row));
}
