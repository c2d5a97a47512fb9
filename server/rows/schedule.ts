import { z } from 'zod';
import { failureSchema } from '../../contracts/error.ts';
import {
  missedPolicySchema,
  type Schedule,
  scheduleKindSchema,
  scheduleOutcomeSchema,
  scheduleStatusSchema,
} from '../../contracts/schedule.ts';
import { poolSchema } from '../../contracts/task.ts';

export const scheduleRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  project_id: z.string(),
  environment_id: z.string().nullable(),
  name: z.string(),
  kind: scheduleKindSchema,
  ref: z.string().nullable(),
  pool: poolSchema,
  cron: z.string().nullable(),
  at: z.string().nullable(),
  timezone: z.string(),
  missed: missedPolicySchema,
  enabled: z.boolean(),
  status: scheduleStatusSchema,
  failure: failureSchema.nullable(),
  owner_id: z.string().nullable(),
  application_token_id: z.string().nullable(),
  plan_from: z.string(),
  next_at: z.string().nullable(),
  last_at: z.string().nullable(),
  last_outcome: scheduleOutcomeSchema.nullable(),
  version: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
});
export const scheduleColumns = Object.keys(scheduleRowSchema.shape).join(',');
export type ScheduleRow = z.output<typeof scheduleRowSchema>;

export const toSchedule = (row: ScheduleRow): Schedule => ({
  id: row.id,
  accountId: row.account_id,
  projectId: row.project_id,
  environmentId: row.environment_id,
  name: row.name,
  kind: row.kind,
  ref: row.ref,
  pool: row.pool,
  cron: row.cron,
  at: row.at,
  timezone: row.timezone,
  missed: row.missed,
  enabled: row.enabled,
  status: row.status,
  failure: row.failure,
  ownerId: row.owner_id,
  applicationTokenId: row.application_token_id,
  nextAt: row.next_at,
  lastAt: row.last_at,
  lastOutcome: row.last_outcome,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
