import { z } from 'zod';
import { env } from './env.ts';

const days = z.number().int().min(1).max(36_500);

/** How many days the platform keeps what only grows. What is too old goes with its partition: up to a month (logs of tasks) or a quarter (audit log) later. */
export const retentionSettingsSchema = z.strictObject({
  /** Logs of tasks, by the day the task was made; and what became of the moments of schedules. */
  taskEventsDays: days.optional(),
  /** Never under 90, also not for the platform's own key: the database refuses it. */
  auditLogDays: days.min(90).optional(),
  /** Finished deployments and tasks; kept for good when left out. */
  historyDays: days.optional(),
});
type RetentionSettings = z.output<typeof retentionSettingsSchema>;

export interface Retention {
  taskEventsDays: number;
  auditLogDays: number;
  historyDays: number | undefined;
}

export const retentionOf = (settings: RetentionSettings | undefined): Retention => ({
  taskEventsDays: settings?.taskEventsDays ?? 90,
  auditLogDays: settings?.auditLogDays ?? 400,
  historyDays: settings?.historyDays,
});

/** As the API server gets it. */
export function retentionToEnv(settings: RetentionSettings | undefined): Record<string, string> {
  const { taskEventsDays, auditLogDays, historyDays } = retentionOf(settings);
  return {
    [env.retentionTaskEventsDays]: String(taskEventsDays),
    [env.retentionAuditLogDays]: String(auditLogDays),
    ...(historyDays === undefined ? {} : { [env.retentionHistoryDays]: String(historyDays) }),
  };
}

const text = z.string().regex(/^\d+$/).transform(Number);
export const retentionEnvShape = {
  [env.retentionTaskEventsDays]: text.pipe(days).optional(),
  [env.retentionAuditLogDays]: text.pipe(days.min(90)).optional(),
  [env.retentionHistoryDays]: text.pipe(days).optional(),
};
