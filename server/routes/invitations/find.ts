import { z } from 'zod';
import { accountRoleSchema } from '../../../contracts/account.ts';
import { type InvitationPreview, invitationHash, invitationStateSchema } from '../../../contracts/invitation.ts';
import { ApiProblem } from '../../http/problem.ts';
import type { RateLimit } from '../../http/rate-limit.ts';
import { accountRowSchema, toAccount } from '../../rows/account.ts';
import { type Database, fetchRows } from '../../services/database.ts';

const foundSchema = z
  .object({
    email: z.string(),
    role: accountRoleSchema,
    expiresAt: z.string(),
    account: accountRowSchema,
    state: invitationStateSchema,
    registered: z.boolean(),
  })
  .nullable();

const suggestion = 'Ask whoever invited you for a new one.';

/** The open invitation with this code, for its holder. Throws what it is instead when it is not open. */
export async function findOpenInvitation(
  service: Database,
  limit: RateLimit,
  code: string,
): Promise<InvitationPreview> {
  const hash = invitationHash(code);
  limit.take(`invitation ${hash}`);
  const found = await fetchRows(service.rpc('find_invitation', { p_hash: hash }), foundSchema);
  if (found === null) {
    const message = 'There is no invitation with this code; a newer one may have taken its place.';
    throw new ApiProblem(404, { code: 'invitation_unknown', message, suggestion });
  }
  const { state, account, ...preview } = found;
  if (state !== 'open') {
    const message = state === 'expired' ? 'The invitation has expired.' : `The invitation was ${state} already.`;
    throw new ApiProblem(409, { code: `invitation_${state}`, message, suggestion });
  }
  return { ...preview, account: toAccount(account) };
}
