import { z } from 'zod';
import { failureSchema } from './error.ts';
import { timestampSchema, uuidSchema } from './scalar.ts';

/**
 * The stages of a deployment, in the order they run. `checkout` is the platform's; the others run the steps that the
 * project file declares. `rollback` runs only after a failed `deploy` or `verify`. Column `<stage>_status` each.
 */
export const stages = ['checkout', 'build', 'validate', 'deploy', 'verify', 'rollback'] as const;
export const stageSchema = z.enum(stages);
export type Stage = z.infer<typeof stageSchema>;

export const stageStatuses = ['pending', 'running', 'succeeded', 'failed', 'skipped', 'cancelled'] as const;
export const stageStatusSchema = z.enum(stageStatuses);
export type StageStatus = z.infer<typeof stageStatusSchema>;

/** Legal moves of one stage. A retry sends what did not succeed back to `pending`; SQL enforces the same table. */
export const stageTransitions: Record<StageStatus, readonly StageStatus[]> = {
  pending: ['running', 'skipped', 'cancelled'],
  running: ['succeeded', 'failed', 'cancelled', 'pending'],
  succeeded: [],
  failed: ['pending'],
  skipped: ['pending'],
  cancelled: ['pending'],
};

export const queueStatuses = ['pending', 'queued', 'dispatched'] as const;

export const deploymentStatuses = [
  'pending',
  'queued',
  'running',
  'rolling_back',
  'succeeded',
  'failed',
  'rolled_back',
  'cancelled',
] as const;
export const deploymentStatusSchema = z.enum(deploymentStatuses);
export type DeploymentStatus = z.infer<typeof deploymentStatusSchema>;

export type StageStatusMap = Record<Stage, StageStatus>;

const mainStages = stages.filter((stage) => stage !== 'rollback');

/**
 * The overall status, derived and never stored by hand: the SQL generated column computes the same function, and a test
 * compares the two over all combinations.
 */
export function deploymentStatus(queue: (typeof queueStatuses)[number], stage: StageStatusMap): DeploymentStatus {
  const main = mainStages.map((name) => stage[name]);
  if (main.includes('cancelled')) return 'cancelled';
  if (main.includes('failed')) {
    if (stage.rollback === 'pending' || stage.rollback === 'running') return 'rolling_back';
    return stage.rollback === 'succeeded' ? 'rolled_back' : 'failed';
  }
  if (main.every((status) => status === 'succeeded' || status === 'skipped')) return 'succeeded';
  if (main.every((status) => status === 'pending')) return queue === 'pending' ? 'pending' : 'queued';
  return 'running';
}

/** What the worker learnt about the build: commit, artifact digest, changelog since the last success. */
export const deploymentMetadataSchema = z.object({
  commit: z
    .object({ sha: z.string(), author: z.string(), subject: z.string(), committedAt: timestampSchema })
    .optional(),
  changelog: z.array(z.object({ sha: z.string(), author: z.string(), subject: z.string() })).optional(),
  /** First entry of `result` in the project file: where a person sees the outcome. */
  resultUrl: z.string().optional(),
  artifacts: z.array(z.object({ path: z.string(), sha256: z.string(), sizeBytes: z.number().int() })).optional(),
});
export type DeploymentMetadata = z.infer<typeof deploymentMetadataSchema>;

export const deploymentSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  projectId: uuidSchema,
  environmentId: uuidSchema,
  /** The newest task of this deployment; a retry makes a new one. Null for a moment only: the trigger sets it. */
  taskId: uuidSchema.nullable(),
  ref: z.string(),
  commitSha: z.string().nullable(),
  status: deploymentStatusSchema,
  stages: z.record(stageSchema, stageStatusSchema),
  metadata: deploymentMetadataSchema,
  failure: failureSchema.nullable(),
  requestedBy: uuidSchema.nullable(),
  createdAt: timestampSchema,
  startedAt: timestampSchema.nullable(),
  finishedAt: timestampSchema.nullable(),
});
export type Deployment = z.infer<typeof deploymentSchema>;
