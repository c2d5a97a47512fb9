import { z } from 'zod';
import { failureSchema } from '../../contracts/error.ts';
import { poolSchema, type Task, taskProgressSchema, taskStatusSchema, taskTypeSchema } from '../../contracts/task.ts';

export const taskRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  project_id: z.string().nullable(),
  environment_id: z.string().nullable(),
  deployment_id: z.string().nullable(),
  build_id: z.string().nullable(),
  type: taskTypeSchema,
  pool: poolSchema,
  status: taskStatusSchema,
  attempt: z.number(),
  progress: taskProgressSchema,
  last_seq: z.number(),
  failure: failureSchema.nullable(),
  cancel_requested_at: z.string().nullable(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
});
export const taskColumns = Object.keys(taskRowSchema.shape).join(',');

export const toTask = (row: z.output<typeof taskRowSchema>): Task => ({
  id: row.id,
  accountId: row.account_id,
  projectId: row.project_id,
  environmentId: row.environment_id,
  deploymentId: row.deployment_id,
  buildId: row.build_id,
  type: row.type,
  pool: row.pool,
  status: row.status,
  attempt: row.attempt,
  progress: row.progress,
  lastSeq: row.last_seq,
  failure: row.failure,
  cancelRequestedAt: row.cancel_requested_at,
  createdAt: row.created_at,
  startedAt: row.started_at,
  finishedAt: row.finished_at,
});
