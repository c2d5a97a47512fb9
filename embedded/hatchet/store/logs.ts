import type { Pool } from 'pg';
import { z } from 'zod';

export interface NewLogLine {
  taskId: string;
  level: string;
  message: string;
  /** JSON text of an object. */
  metadata: string;
  retryCount: number;
  createdAt: Date;
}

export async function insertLogLine(pool: Pool, line: NewLogLine): Promise<void> {
  await pool.query({
    name: 'insert-log-line',
    text: `insert into log_lines (task_id, level, message, metadata, retry_count, created_at)
           values ($1, $2, $3, $4, $5, $6)`,
    values: [line.taskId, line.level, line.message, line.metadata, line.retryCount, line.createdAt],
  });
}

const rowSchema = z
  .object({
    task_id: z.string(),
    display_name: z.string(),
    level: z.string(),
    message: z.string(),
    metadata: z.string(),
    retry_count: z.number(),
    created_at: z.date(),
  })
  .transform((row) => ({
    attempt: row.retry_count + 1,
    createdAt: row.created_at,
    level: row.level,
    message: row.message,
    metadata: JSON.parse(row.metadata) as unknown,
    retryCount: row.retry_count,
    taskDisplayName: row.display_name,
    taskExternalId: row.task_id,
  }));
export type LogLine = z.infer<typeof rowSchema>;

export interface LogQuery {
  attempt: number | undefined;
  levels: string[] | undefined;
  search: string | undefined;
  limit: number;
  descending: boolean;
}

/** Log lines of a task, or of all tasks of a run. */
export async function readLogLines(pool: Pool, id: string, query: LogQuery): Promise<LogLine[]> {
  const { rows } = await pool.query(
    `select l.task_id, t.display_name, l.level, l.message, l.metadata, l.retry_count, l.created_at
       from log_lines l join tasks t on t.id = l.task_id
      where (t.id = $1 or t.run_id = $1)
        and ($2::int is null or l.retry_count = $2 - 1)
        and ($3::text[] is null or l.level = any($3))
        and ($4::text is null or strpos(l.message, $4) > 0)
      order by l.id ${query.descending ? 'desc' : 'asc'} limit $5`,
    [id, query.attempt ?? null, query.levels ?? null, query.search ?? null, query.limit],
  );
  return rows.map((row) => rowSchema.parse(row));
}
