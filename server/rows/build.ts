import { z } from 'zod';
import { type Build, buildStatusSchema } from '../../contracts/build.ts';
import { deploymentMetadataSchema } from '../../contracts/deployment.ts';
import { failureSchema } from '../../contracts/error.ts';
import { poolSchema } from '../../contracts/task.ts';

export const buildRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  project_id: z.string(),
  number: z.number(),
  task_id: z.string().nullable(),
  deployment_id: z.string().nullable(),
  ref: z.string(),
  commit_sha: z.string().nullable(),
  pool: poolSchema,
  status: buildStatusSchema,
  size_bytes: z.number(),
  complete: z.boolean(),
  metadata: deploymentMetadataSchema,
  failure: failureSchema.nullable(),
  requested_by: z.string().nullable(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
});
export const buildColumns = Object.keys(buildRowSchema.shape).join(',');

export const toBuild = (row: z.output<typeof buildRowSchema>): Build => ({
  id: row.id,
  accountId: row.account_id,
  projectId: row.project_id,
  number: row.number,
  taskId: row.task_id,
  deploymentId: row.deployment_id,
  ref: row.ref,
  commitSha: row.commit_sha,
  pool: row.pool,
  status: row.status,
  sizeBytes: row.size_bytes,
  complete: row.complete,
  metadata: row.metadata,
  failure: row.failure,
  requestedBy: row.requested_by,
  createdAt: row.created_at,
  startedAt: row.started_at,
  finishedAt: row.finished_at,
});
