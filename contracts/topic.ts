import { z } from 'zod';
import { lockStatusSchema } from './environment-lock.ts';
import { timestampSchema, uuidSchema } from './scalar.ts';
import { taskProgressSchema, taskStatusSchema } from './task.ts';
import { taskEventRowSchema } from './task-event.ts';

/** Private Realtime topics. RLS on `realtime.messages` lets in who may see the row of that id. */
const topicKinds = ['task', 'environment', 'project', 'account'] as const;
export type TopicKind = (typeof topicKinds)[number];
export const topic = (kind: TopicKind, id: string): string => `${kind}:${id}`;

/** Only service_role may join: wakes the dispatcher. Event `outbox`, payload without meaning. */
export const dispatchTopic = 'dispatch';

export const taskEventsBroadcast = 'task_events';

/**
 * Payload of `task_events` on every topic of the task: one per appended batch. `events` is null when the batch is too
 * large for a frame (over 200 kB): the watcher then fetches `fromSeq..toSeq` over REST.
 */
export const taskEventsPayloadSchema = z.object({
  taskId: uuidSchema,
  fromSeq: z.number().int(),
  toSeq: z.number().int(),
  status: taskStatusSchema,
  progress: taskProgressSchema,
  events: z.array(taskEventRowSchema).nullable(),
});
export type TaskEventsPayload = z.infer<typeof taskEventsPayloadSchema>;

/** On `environment:<id>`: a ticket of its line was taken, changed its status, or was extended. A sign of life is not told. */
export const environmentLockBroadcast = 'environment_lock';
export const environmentLockPayloadSchema = z.object({
  ticketId: uuidSchema,
  status: lockStatusSchema,
  taskId: uuidSchema.nullable(),
  expiresAt: timestampSchema.nullable(),
});
export type EnvironmentLockPayload = z.infer<typeof environmentLockPayloadSchema>;
