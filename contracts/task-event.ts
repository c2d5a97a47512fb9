import { z } from 'zod';
import { stageSchema, stageStatusSchema } from './deployment.ts';
import { failureSchema } from './error.ts';
import { timestampSchema, uuidSchema } from './scalar.ts';
import { taskProgressSchema, taskStatusSchema } from './task.ts';

/** One line of a step's output. Secrets are masked before it gets here. */
const logLineSchema = z.object({ stream: z.enum(['stdout', 'stderr', 'system']), text: z.string() });

/** What an event says, by kind. `data` of a row in `task_events` has exactly one of these shapes. */
const taskEventBodies = {
  /** A task's status moved. The final one is the last event of a task, except when a retry of the deployment makes a new task. */
  task: z.object({
    status: taskStatusSchema,
    failure: failureSchema.nullable().default(null),
    worker: z.string().optional(),
  }),
  stage: z.object({
    stage: stageSchema,
    status: stageStatusSchema,
    durationMs: z.number().optional(),
    failure: failureSchema.optional(),
  }),
  step: z.object({
    stage: stageSchema,
    step: z.string(),
    status: z.enum(['running', 'succeeded', 'failed']),
    durationMs: z.number().optional(),
    exitCode: z.number().int().nullable().optional(),
  }),
  log: z.object({ stage: stageSchema.nullable(), step: z.string().optional(), lines: z.array(logLineSchema).min(1) }),
  progress: taskProgressSchema,
  /** A sentence for people: waiting for the environment, resumed after a crash, cancel requested by somebody. */
  note: z.object({
    text: z.string(),
    /** Of a deployment that waits for approvals: how many it has. */
    approval: z
      .object({ required: z.number().int(), approved: z.number().int(), expiresAt: timestampSchema })
      .optional(),
  }),
} as const;

export type TaskEventKind = keyof typeof taskEventBodies;
export const taskEventKinds = [
  'task',
  'stage',
  'step',
  'log',
  'progress',
  'note',
] as const satisfies readonly TaskEventKind[];

const envelope = {
  taskId: uuidSchema,
  /** 1, 2, 3 … per task without a hole: what watchers count by. */
  seq: z.number().int().positive(),
  attempt: z.number().int(),
  at: timestampSchema,
};

export const taskEventSchema = z.discriminatedUnion('kind', [
  z.object({ ...envelope, kind: z.literal('task'), data: taskEventBodies.task }),
  z.object({ ...envelope, kind: z.literal('stage'), data: taskEventBodies.stage }),
  z.object({ ...envelope, kind: z.literal('step'), data: taskEventBodies.step }),
  z.object({ ...envelope, kind: z.literal('log'), data: taskEventBodies.log }),
  z.object({ ...envelope, kind: z.literal('progress'), data: taskEventBodies.progress }),
  z.object({ ...envelope, kind: z.literal('note'), data: taskEventBodies.note }),
]);
export type TaskEvent = z.infer<typeof taskEventSchema>;

/**
 * A row of `public.task_events` as REST and broadcasts give it. `position` counts a writer's events within one attempt
 * from 1 and makes appending idempotent; the database's own events (queued, cancel) have none.
 */
export const taskEventRowSchema = z.object({
  task_id: uuidSchema,
  seq: z.number().int(),
  attempt: z.number().int(),
  position: z.number().int().nullable(),
  kind: z.enum(taskEventKinds),
  at: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type TaskEventRow = z.infer<typeof taskEventRowSchema>;

/** The one place where a row becomes an event. Throws a ZodError on a row that no version of ours wrote. */
export function taskEventFromRow(row: TaskEventRow): TaskEvent {
  const { task_id, seq, attempt, kind, at, data } = row;
  return taskEventSchema.parse({ taskId: task_id, seq, attempt, at: new Date(at).toISOString(), kind, data });
}

/** What a worker hands to `append_task_events`. */
export interface NewTaskEvent {
  position: number;
  kind: TaskEventKind;
  at: string;
  data: Record<string, unknown>;
}
