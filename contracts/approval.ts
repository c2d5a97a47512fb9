import { z } from 'zod';
import { timestampSchema, uuidSchema } from './scalar.ts';

export const approvalDecisions = ['approved', 'rejected'] as const;

/** What somebody said to a deployment that waits. */
export const approvalSchema = z.object({
  id: uuidSchema,
  deploymentId: uuidSchema,
  userId: uuidSchema,
  email: z.string(),
  decision: z.enum(approvalDecisions),
  comment: z.string(),
  /** Who gave it is still among the approvers; one who has left, or lost the role, has said nothing. */
  counts: z.boolean(),
  createdAt: timestampSchema,
});
export type Approval = z.infer<typeof approvalSchema>;
