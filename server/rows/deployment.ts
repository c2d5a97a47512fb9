import { z } from 'zod';
import {
  type Deployment,
  deploymentMetadataSchema,
  deploymentStatusSchema,
  stageStatusSchema,
} from '../../contracts/deployment.ts';
import { failureSchema } from '../../contracts/error.ts';

export const deploymentRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  project_id: z.string(),
  environment_id: z.string(),
  task_id: z.string().nullable(),
  ref: z.string(),
  commit_sha: z.string().nullable(),
  status: deploymentStatusSchema,
  checkout_status: stageStatusSchema,
  build_status: stageStatusSchema,
  validate_status: stageStatusSchema,
  deploy_status: stageStatusSchema,
  verify_status: stageStatusSchema,
  rollback_status: stageStatusSchema,
  metadata: deploymentMetadataSchema,
  failure: failureSchema.nullable(),
  requested_by: z.string().nullable(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
});
export const deploymentColumns = Object.keys(deploymentRowSchema.shape).join(',');

export const toDeployment = (row: z.output<typeof deploymentRowSchema>): Deployment => ({
  id: row.id,
  accountId: row.account_id,
  projectId: row.project_id,
  environmentId: row.environment_id,
  taskId: row.task_id,
  ref: row.ref,
  commitSha: row.commit_sha,
  status: row.status,
  stages: {
    checkout: row.checkout_status,
    build: row.build_status,
    validate: row.validate_status,
    deploy: row.deploy_status,
    verify: row.verify_status,
    rollback: row.rollback_status,
  },
  metadata: row.metadata,
  failure: row.failure,
  requestedBy: row.requested_by,
  createdAt: row.created_at,
  startedAt: row.started_at,
  finishedAt: row.finished_at,
});
