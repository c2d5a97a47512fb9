import { z } from 'zod';
import { stageSchema } from './deployment.ts';
import { failureSchema } from './error.ts';
import { timestampSchema, uuidSchema } from './scalar.ts';

/** Each pool is a worker process of its own; the routing key is the list of task types that it registers. */
export const pools = ['standard', 'long'] as const;
export const poolSchema = z.enum(pools);
export type Pool = z.infer<typeof poolSchema>;

/**
 * Platform task types. The Hatchet workflow of a type has the same name in both pools, prefixed with the pool:
 * `standard-deployment`, `long-deployment`, `standard-build` … (see `workflowName`).
 */
export const taskTypes = ['deployment', 'build', 'noop'] as const;
export const taskTypeSchema = z.enum(taskTypes);
export type TaskType = z.infer<typeof taskTypeSchema>;

export const workflowName = (pool: Pool, type: TaskType): string => `${pool}-${type}`;

/** Input of every platform workflow: the task row holds everything else. */
export const workflowInputSchema = z.object({ taskId: uuidSchema });

/** `waiting`: for an approval of its deployment; the engine has not heard of it yet. */
export const taskStatuses = ['waiting', 'queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export const taskStatusSchema = z.enum(taskStatuses);
export type TaskStatus = z.infer<typeof taskStatusSchema>;

/** Legal moves; `running → queued` is the hand-back of a draining worker. SQL enforces the same table. */
export const taskTransitions: Record<TaskStatus, readonly TaskStatus[]> = {
  waiting: ['queued', 'cancelled', 'failed'],
  queued: ['running', 'cancelled', 'failed'],
  running: ['succeeded', 'failed', 'cancelled', 'queued'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

export const isFinalTaskStatus = (status: TaskStatus): boolean => taskTransitions[status].length === 0;

export const taskProgressSchema = z.object({
  stage: stageSchema.optional(),
  /** 0 to 100. */
  percent: z.number().min(0).max(100).optional(),
  message: z.string().optional(),
});
export type TaskProgress = z.infer<typeof taskProgressSchema>;

export const taskSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  projectId: uuidSchema.nullable(),
  environmentId: uuidSchema.nullable(),
  deploymentId: uuidSchema.nullable(),
  /** Of a task of type `build`. */
  buildId: uuidSchema.nullable(),
  type: taskTypeSchema,
  pool: poolSchema,
  status: taskStatusSchema,
  /** How often a worker has begun it. 0 while it was never begun. */
  attempt: z.number().int(),
  progress: taskProgressSchema,
  /** The newest `seq` in its event log; 0 when there is none. */
  lastSeq: z.number().int(),
  failure: failureSchema.nullable(),
  cancelRequestedAt: timestampSchema.nullable(),
  createdAt: timestampSchema,
  startedAt: timestampSchema.nullable(),
  finishedAt: timestampSchema.nullable(),
});
export type Task = z.infer<typeof taskSchema>;
