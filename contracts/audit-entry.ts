import { z } from 'zod';
import { timestampSchema, uuidSchema } from './scalar.ts';

/** One line of the audit log: who did what to what, from where. */
export const auditEntrySchema = z.object({
  id: z.number().int(),
  at: timestampSchema,
  accountId: uuidSchema.nullable(),
  actor: z.object({
    userId: uuidSchema.nullable(),
    /** As it was then. */
    email: z.string().nullable(),
    /** `authenticated`, `service_role`, or a role of the database. */
    role: z.string(),
    applicationTokenId: uuidSchema.nullable(),
  }),
  action: z.string(),
  subject: z.object({ type: z.string(), id: uuidSchema.nullable() }),
  /** The values that were set; never a secret. */
  detail: z.record(z.string(), z.unknown()),
  source: z.object({
    address: z.string().optional(),
    userAgent: z.string().optional(),
    requestId: z.string().optional(),
  }),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditActions = ['insert', 'update', 'delete', 'read'] as const;

/** What the triggers in the migrations call things; a test compares them. */
export const auditSubjects = [
  'account',
  'membership',
  'invitation',
  'project',
  'environment',
  'environment_lock',
  'integration',
  'collection',
  'deployment',
  'approval',
  'settings',
  'association',
  'build',
  'release',
  'release_build',
  'task',
  'schedule',
  'schedule_run',
  'application_token',
  // Not a trigger's: what was removed because of its age, as a number.
  'retention',
] as const;
