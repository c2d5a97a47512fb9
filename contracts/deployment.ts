import { z } from 'zod';
import { partySchema } from './environment-protection.ts';
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
  'awaiting_approval',
  'queued',
  'running',
  'rolling_back',
  'succeeded',
  'failed',
  'rolled_back',
  'cancelled',
  'rejected',
  'expired',
] as const;
export const deploymentStatusSchema = z.enum(deploymentStatuses);
export type DeploymentStatus = z.infer<typeof deploymentStatusSchema>;

/** What came of the approvals that the environment asks for. */
export const approvalStatuses = ['not_required', 'pending', 'approved', 'rejected', 'expired'] as const;
export const approvalStatusSchema = z.enum(approvalStatuses);
export type ApprovalStatus = z.infer<typeof approvalStatusSchema>;

/** Legal moves of an approval; SQL enforces the same table. */
export const approvalTransitions: Record<ApprovalStatus, readonly ApprovalStatus[]> = {
  not_required: [],
  pending: ['approved', 'rejected', 'expired'],
  approved: [],
  rejected: [],
  expired: [],
};

/** Where what is deployed comes from: built on the way, or one build taken unchanged (all but `ref`). */
export const deploymentOrigins = ['ref', 'build', 'release', 'promotion', 'rollback'] as const;
export const deploymentOriginSchema = z.enum(deploymentOrigins);

export type StageStatusMap = Record<Stage, StageStatus>;

const mainStages = stages.filter((stage) => stage !== 'rollback');

/**
 * The overall status, derived and never stored by hand: the SQL generated column computes the same function, and a test
 * compares the two over all combinations.
 */
export function deploymentStatus(
  queue: (typeof queueStatuses)[number],
  stage: StageStatusMap,
  approval: ApprovalStatus = 'not_required',
): DeploymentStatus {
  if (approval === 'rejected' || approval === 'expired') return approval;
  const main = mainStages.map((name) => stage[name]);
  if (main.includes('cancelled')) return 'cancelled';
  if (approval === 'pending') return 'awaiting_approval';
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
  /** What the ref was. An environment that takes branches takes nothing else. */
  refKind: z.enum(['branch', 'tag', 'commit']).optional(),
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
  origin: deploymentOriginSchema,
  /** The build that it deploys, or that it made on its way. */
  buildId: uuidSchema.nullable(),
  releaseId: uuidSchema.nullable(),
  /** The deployment that was promoted, or gone back to. */
  sourceDeploymentId: uuidSchema.nullable(),
  status: deploymentStatusSchema,
  approval: z.object({
    status: approvalStatusSchema,
    required: z.number().int(),
    /** Whose approval counts; as the environment said when it was asked for. */
    approvers: partySchema,
    expiresAt: timestampSchema.nullable(),
  }),
  stages: z.record(stageSchema, stageStatusSchema),
  metadata: deploymentMetadataSchema,
  failure: failureSchema.nullable(),
  requestedBy: uuidSchema.nullable(),
  /** The ticket inside whose lock it runs. */
  lockTicket: uuidSchema.nullable(),
  createdAt: timestampSchema,
  startedAt: timestampSchema.nullable(),
  finishedAt: timestampSchema.nullable(),
});
export type Deployment = z.infer<typeof deploymentSchema>;
