import { z } from 'zod';
import type { ScheduleRun } from '../../../contracts/schedule.ts';
import { taskStatusSchema } from '../../../contracts/task.ts';
import { type scheduleRunRowSchema, toScheduleRun } from '../../rows/schedule-run.ts';
import { type Database, fetchRows } from '../../services/database.ts';

const statusSchema = z.array(z.object({ id: z.string(), status: taskStatusSchema }));

/** Runs with how their tasks are doing. */
export async function withTaskStatus(
  db: Database,
  rows: readonly z.output<typeof scheduleRunRowSchema>[],
): Promise<ScheduleRun[]> {
  const ids = rows.flatMap(({ task_id }) => task_id ?? []);
  const found =
    ids.length === 0 ? [] : await fetchRows(db.from('tasks').select('id,status').in('id', ids), statusSchema);
  const statuses = new Map(found.map(({ id, status }) => [id, status]));
  return rows.map((row) => toScheduleRun(row, statuses));
}
