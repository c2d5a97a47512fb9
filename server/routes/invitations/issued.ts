import { z } from 'zod';
import {
  invitationHash,
  invitationHint,
  invitationLink,
  invitationSchema,
  newInvitationCode,
} from '../../../contracts/invitation.ts';
import { invitationRowSchema, toInvitation } from '../../rows/invitation.ts';
import { fetchRows } from '../../services/database.ts';

/** An invitation with its code: what creating and resending answer, and nothing else ever does. */
export const issuedInvitationSchema = invitationSchema.extend({ code: z.string(), link: z.string() });

const dayMs = 86_400_000;

/** Has the database store an invitation under a new code. Whoever will mail it does so with what this returns. */
export async function issueInvitation(
  publicUrl: string,
  expiresInDays: number,
  store: (code: { p_hint: string; p_hash: string; p_expires_at: string }) => Parameters<typeof fetchRows>[0],
): Promise<z.output<typeof issuedInvitationSchema>> {
  const code = newInvitationCode();
  const query = store({
    p_hint: invitationHint(code),
    p_hash: invitationHash(code),
    p_expires_at: new Date(Date.now() + expiresInDays * dayMs).toISOString(),
  });
  const row = await fetchRows(query, invitationRowSchema);
  return { ...toInvitation(row), code, link: invitationLink(publicUrl, code) };
}
