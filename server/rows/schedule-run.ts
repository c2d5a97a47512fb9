import { z } from 'zod';
import { failureSchema } from '../../contracts/error.ts';
import { type ScheduleRun, scheduleOutcomeSchema } from '../../contracts/schedule.ts';
import type { TaskStatus } from '../../contracts/task.ts';

export const scheduleRunRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  schedule_id: z.string(),
  scheduled_for: z.string(),
  outcome: scheduleOutcomeSchema,
  moments: z.number(),
  manual: z.boolean(),
  requested_by: z.string().nullable(),
  deployment_id: z.string().nullable(),
  task_id: z.string().nullable(),
  failure: failureSchema.nullable(),
  created_at: z.string(),
});
export const scheduleRunColumns = Object.keys(scheduleRunRowSchema.shape).join(',');

export const toScheduleRun = (
  row: z.output<typeof scheduleRunRowSchema>,
  statuses: ReadonlyMap<string, TaskStatus>,
): ScheduleRun => ({
  id: row.id,
  accountId: row.account_id,
  scheduleId: row.schedule_id,
  scheduledFor: row.scheduled_for,
  outcome: row.outcome,
  moments: row.moments,
  manual: row.manual,
  requestedBy: row.requested_by,
  deploymentId: row.deployment_id,
  taskId: row.task_id,
  taskStatus: row.task_id === null ? null : (statuses.get(row.task_id) ?? null),
  failure: row.failure,
  createdAt: row.created_at,
});
