import { z } from 'zod';
import { type Approval, approvalDecisions } from '../../contracts/approval.ts';

export const approvalRowSchema = z.object({
  id: z.string(),
  deployment_id: z.string(),
  user_id: z.string(),
  email: z.string(),
  decision: z.enum(approvalDecisions),
  comment: z.string(),
  counts: z.boolean(),
  created_at: z.string(),
});

export const toApproval = (row: z.output<typeof approvalRowSchema>): Approval => ({
  id: row.id,
  deploymentId: row.deployment_id,
  userId: row.user_id,
  email: row.email,
  decision: row.decision,
  comment: row.comment,
  counts: row.counts,
  createdAt: row.created_at,
});
