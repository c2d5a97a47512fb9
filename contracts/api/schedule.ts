import { z } from 'zod';
import { pageQuerySchema, slugSchema, timestampSchema } from '../scalar.ts';
import { missedPolicySchema, scheduleKindSchema, scheduleOutcomeSchema, scheduleStatusSchema } from '../schedule.ts';
import { poolSchema } from '../task.ts';
import { atLeastOne, nothingToChange } from './change.ts';

const refSchema = z.string().min(1).max(250);
const cronSchema = z.string().min(1).max(200);
const timezoneSchema = z.string().min(1).max(64);

/** POST /api/v1/projects/{idOrSlug}/schedules: with `cron` or `at`, one of them. */
export const createScheduleSchema = z.strictObject({
  name: slugSchema,
  kind: scheduleKindSchema.default('deployment'),
  /** Id or slug; needed for a deployment. */
  environment: z.string().min(1).optional(),
  /** The project's default ref, as it is at each moment, when left out. */
  ref: refSchema.optional(),
  pool: poolSchema.default('standard'),
  cron: cronSchema.optional(),
  at: timestampSchema.optional(),
  timezone: timezoneSchema.default('UTC'),
  missed: missedPolicySchema.default('once'),
  enabled: z.boolean().default(true),
});

/** PATCH /api/v1/schedules/{id}: what is left out stays. `cron` takes the place of `at` and the other way round. */
export const updateScheduleSchema = z
  .strictObject({
    name: slugSchema.optional(),
    /** Id or slug. */
    environment: z.string().min(1).optional(),
    /** Null: the project's default ref. */
    ref: refSchema.nullable().optional(),
    pool: poolSchema.optional(),
    cron: cronSchema.optional(),
    at: timestampSchema.optional(),
    timezone: timezoneSchema.optional(),
    missed: missedPolicySchema.optional(),
    enabled: z.boolean().optional(),
  })
  .refine(atLeastOne, nothingToChange)
  .refine(({ cron, at }) => cron === undefined || at === undefined, {
    error: 'A cron line or one moment, not both.',
    path: ['at'],
  });

/** GET /api/v1/projects/{idOrSlug}/schedules */
export const scheduleQuerySchema = pageQuerySchema.extend({
  name: slugSchema.optional(),
  status: scheduleStatusSchema.optional(),
});

/** GET /api/v1/schedules/{id} */
export const upcomingQuerySchema = z.object({
  /** How many of the next moments. */
  upcoming: z.coerce.number().int().min(0).max(100).default(5),
});

/** GET /api/v1/schedules/{id}/runs */
export const scheduleRunQuerySchema = pageQuerySchema.extend({ outcome: scheduleOutcomeSchema.optional() });
