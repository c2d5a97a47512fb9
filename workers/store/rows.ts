import { z } from 'zod';
import { buildArtifactSchema } from '../../contracts/build.ts';
import {
  deploymentMetadataSchema,
  deploymentOriginSchema,
  type StageStatusMap,
  stageStatusSchema,
  stages,
} from '../../contracts/deployment.ts';

/** What a worker needs of the rows that `start_task` returns; snake_case ends here. */
const deploymentRow = z
  .object({
    id: z.string(),
    ref: z.string(),
    commit_sha: z.string().nullable(),
    origin: deploymentOriginSchema,
    build_id: z.string().nullable(),
    branch_only: z.boolean(),
    timeout_seconds: z.number(),
    checkout_status: stageStatusSchema,
    build_status: stageStatusSchema,
    validate_status: stageStatusSchema,
    deploy_status: stageStatusSchema,
    verify_status: stageStatusSchema,
    rollback_status: stageStatusSchema,
    metadata: deploymentMetadataSchema,
  })
  .transform((row) => ({
    id: row.id,
    ref: row.ref,
    commitSha: row.commit_sha,
    origin: row.origin,
    buildId: row.build_id,
    branchOnly: row.branch_only,
    timeoutSeconds: row.timeout_seconds,
    stages: Object.fromEntries(stages.map((stage) => [stage, row[`${stage}_status`]])) as StageStatusMap,
    metadata: row.metadata,
  }));

const projectRow = z
  .object({ id: z.string(), slug: z.string(), repository_url: z.string(), config_path: z.string() })
  .transform((row) => ({ id: row.id, slug: row.slug, repositoryUrl: row.repository_url, configPath: row.config_path }));

const environmentRow = z.object({
  id: z.string(),
  slug: z.string(),
  category: z.string(),
  variables: z.record(z.string(), z.string()),
  credentials: z.record(z.string(), z.string()),
});

export const startedTaskSchema = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('started'),
    attempt: z.number().int(),
    task: z.object({ id: z.string(), type: z.string(), input: z.record(z.string(), z.unknown()) }),
    deployment: deploymentRow.nullable(),
    project: projectRow.nullable(),
    environment: environmentRow.nullable(),
    previousSuccess: z.object({ commitSha: z.string().nullable() }).nullable(),
  }),
  z.object({ outcome: z.literal('busy'), leaseExpiresAt: z.string().nullish() }),
  z.object({ outcome: z.literal('finished') }),
  z.object({ outcome: z.literal('cancelled') }),
]);

const buildRow = z
  .object({
    id: z.string(),
    number: z.number().int(),
    ref: z.string(),
    commit_sha: z.string().nullable(),
    metadata: deploymentMetadataSchema,
  })
  .transform((row) => ({
    id: row.id,
    number: row.number,
    ref: row.ref,
    commitSha: row.commit_sha,
    metadata: row.metadata,
  }));

/** The build that a task makes or deploys, with all it keeps. */
export const taskBuildSchema = z.object({ build: buildRow, artifacts: z.array(buildArtifactSchema) }).nullable();
export type TaskBuild = NonNullable<z.infer<typeof taskBuildSchema>>;

export type TaskStart = z.infer<typeof startedTaskSchema>;
export type StartedTask = Extract<TaskStart, { outcome: 'started' }>;
export type DeploymentOfTask = NonNullable<StartedTask['deployment']>;
export type ProjectOfTask = NonNullable<StartedTask['project']>;
export type EnvironmentOfTask = NonNullable<StartedTask['environment']>;
