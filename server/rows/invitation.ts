import { z } from 'zod';
import { accountRoleSchema } from '../../contracts/account.ts';
import type { Invitation, InvitationState } from '../../contracts/invitation.ts';

export const invitationRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  email: z.string(),
  role: accountRoleSchema,
  hint: z.string(),
  invited_by: z.string().nullable(),
  expires_at: z.string(),
  accepted_at: z.string().nullable(),
  accepted_by: z.string().nullable(),
  revoked_at: z.string().nullable(),
  created_at: z.string(),
});
export const invitationColumns = Object.keys(invitationRowSchema.shape).join(',');
type InvitationRow = z.output<typeof invitationRowSchema>;

function stateOf(row: InvitationRow): InvitationState {
  if (row.accepted_at !== null) return 'accepted';
  if (row.revoked_at !== null) return 'revoked';
  return Date.parse(row.expires_at) <= Date.now() ? 'expired' : 'open';
}

export const toInvitation = (row: InvitationRow): Invitation => ({
  id: row.id,
  accountId: row.account_id,
  email: row.email,
  role: row.role,
  hint: row.hint,
  state: stateOf(row),
  invitedBy: row.invited_by,
  expiresAt: row.expires_at,
  acceptedAt: row.accepted_at,
  acceptedBy: row.accepted_by,
  revokedAt: row.revoked_at,
  createdAt: row.created_at,
});
