import { z } from 'zod';
import { failureSchema } from './error.ts';
import { slugSchema, timestampSchema, uuidSchema } from './scalar.ts';
import { poolSchema, taskStatusSchema } from './task.ts';

/** What a schedule makes: a deployment of a ref, or a task that does nothing but run. */
export const scheduleKinds = ['deployment', 'noop'] as const;
export const scheduleKindSchema = z.enum(scheduleKinds);

/**
 * What is done about moments that passed while nothing ran: nothing, one run for all of them, or one for each of the
 * last `missedLimit`.
 */
export const missedPolicies = ['skip', 'once', 'each'] as const;
export const missedPolicySchema = z.enum(missedPolicies);
export type MissedPolicy = z.infer<typeof missedPolicySchema>;
export const missedLimit = 20;

/**
 * `planning`: its next moment is not computed yet. `stopped`: it cannot go on, `failure` says why; a change or an
 * enable lets it. `ended`: its last moment is over.
 */
export const scheduleStatuses = ['planning', 'active', 'disabled', 'stopped', 'ended'] as const;
export const scheduleStatusSchema = z.enum(scheduleStatuses);
export type ScheduleStatus = z.infer<typeof scheduleStatusSchema>;

/** Legal moves; SQL enforces the same table. Every change of its time begins at `planning`. */
export const scheduleTransitions: Record<ScheduleStatus, readonly ScheduleStatus[]> = {
  planning: ['active', 'stopped', 'disabled'],
  active: ['planning', 'stopped', 'ended', 'disabled'],
  disabled: ['planning'],
  stopped: ['planning', 'disabled'],
  ended: ['planning', 'disabled'],
};

/** What became of a moment. `made` says nothing about how the task ended. */
export const scheduleOutcomes = ['made', 'skipped', 'failed'] as const;
export const scheduleOutcomeSchema = z.enum(scheduleOutcomes);
export type ScheduleOutcome = z.infer<typeof scheduleOutcomeSchema>;

export const scheduleSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  projectId: uuidSchema,
  /** Null for a noop. */
  environmentId: uuidSchema.nullable(),
  name: slugSchema,
  kind: scheduleKindSchema,
  /** Null: the project's default ref, as it is then. */
  ref: z.string().nullable(),
  pool: poolSchema,
  /** Minute, hour, day of the month, month, day of the week; or null when it is for one moment, `at`. */
  cron: z.string().nullable(),
  at: timestampSchema.nullable(),
  /** IANA name: what the cron line's hours are hours of. */
  timezone: z.string(),
  missed: missedPolicySchema,
  enabled: z.boolean(),
  status: scheduleStatusSchema,
  /** Why it has stopped. */
  failure: failureSchema.nullable(),
  /** Whoever changed it last, and the token they did it by: it may do what they may, no more. */
  ownerId: uuidSchema.nullable(),
  applicationTokenId: uuidSchema.nullable(),
  nextAt: timestampSchema.nullable(),
  lastAt: timestampSchema.nullable(),
  lastOutcome: scheduleOutcomeSchema.nullable(),
  version: z.number().int(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Schedule = z.infer<typeof scheduleSchema>;

/** One schedule, with the moments it comes to next. */
export const scheduleDetailSchema = scheduleSchema.extend({ upcoming: z.array(timestampSchema) });
export type ScheduleDetail = z.infer<typeof scheduleDetailSchema>;

export const scheduleRunSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  scheduleId: uuidSchema,
  /** The moment it is about. */
  scheduledFor: timestampSchema,
  outcome: scheduleOutcomeSchema,
  /** For how many moments it stands; more than one after an outage, 1,000 at most. */
  moments: z.number().int(),
  /** Asked for by somebody, at no moment of the schedule. */
  manual: z.boolean(),
  requestedBy: uuidSchema.nullable(),
  deploymentId: uuidSchema.nullable(),
  taskId: uuidSchema.nullable(),
  /** How its task is doing. */
  taskStatus: taskStatusSchema.nullable(),
  failure: failureSchema.nullable(),
  createdAt: timestampSchema,
});
export type ScheduleRun = z.infer<typeof scheduleRunSchema>;
