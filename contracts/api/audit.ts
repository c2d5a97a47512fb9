import { z } from 'zod';
import { auditActions, auditSubjects } from '../audit-entry.ts';
import { pageQuerySchema, timestampSchema, uuidSchema } from '../scalar.ts';

/** GET /api/v1/audit */
export const auditQuerySchema = pageQuerySchema.extend({
  accountId: uuidSchema.optional(),
  /** User id or e-mail address of who did it. */
  actor: z.string().min(1).max(320).optional(),
  tokenId: uuidSchema.optional(),
  action: z.enum(auditActions).optional(),
  subject: z.enum(auditSubjects).optional(),
  subjectId: uuidSchema.optional(),
  since: timestampSchema.optional(),
  until: timestampSchema.optional(),
});
