import type { Pool } from 'pg';
import { z } from 'zod';

const resultSchema = z.object({
  run_id: z.string(),
  id: z.string(),
  step: z.string(),
  status: z.string(),
  output: z.string().nullable(),
  error: z.string().nullable(),
  retry_count: z.number(),
  outcome: z.enum(['COMPLETED', 'FAILED', 'CANCELLED']),
});
export type TaskResult = z.infer<typeof resultSchema>;

/** The results of those of the given runs that are over, each in the order of completion. */
export async function readResults(pool: Pool, runIds: readonly string[]): Promise<Map<string, TaskResult[]>> {
  const { rows } = await pool.query({
    name: 'run-results',
    text: `select t.run_id, t.id, t.step, t.status, t.output, t.error, t.retry_count, r.outcome
             from runs r join tasks t on t.run_id = r.id
            where r.id = any($1::uuid[]) and r.outcome is not null order by t.finished_at, t.seq`,
    values: [runIds],
  });
  const results = new Map<string, TaskResult[]>();
  for (const row of rows) {
    const result = resultSchema.parse(row);
    const list = results.get(result.run_id);
    if (list === undefined) results.set(result.run_id, [result]);
    else list.push(result);
  }
  return results;
}
