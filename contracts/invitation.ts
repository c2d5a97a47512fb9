import { z } from 'zod';
import { accountRoleSchema, accountSchema } from './account.ts';
import { timestampSchema, uuidSchema } from './scalar.ts';
import { secretHash, typedSecret } from './typed-secret.ts';

/** `sfp_inv_…`. Only its SHA-256 is stored. */
const kind = typedSecret('sfp_inv_');
export const newInvitationCode = kind.make;
export const isInvitationCode = kind.is;
export const invitationHint = kind.hint;
/** What `private.invitation_hashes` stores and looks up. */
export const invitationHash = secretHash;

/** The code stands behind the `#`, which no browser sends: it reaches no log on the way. */
export const invitationLink = (publicUrl: string, code: string): string =>
  `${publicUrl.replace(/\/+$/, '')}/api/v1/invite#${code}`;

/** What somebody pasted: a link or the code alone. Undefined when it is neither, or a letter of it is wrong. */
export function readInvitation(text: string): { code: string; url: string | undefined } | undefined {
  const trimmed = text.trim();
  const at = trimmed.indexOf('#');
  const code = trimmed.slice(at + 1);
  if (!isInvitationCode(code)) return undefined;
  if (at === -1) return { code, url: undefined };
  const link = URL.parse(trimmed.slice(0, at));
  return link === null ? undefined : { code, url: link.origin };
}

export const invitationStates = ['open', 'accepted', 'revoked', 'expired'] as const;
export const invitationStateSchema = z.enum(invitationStates);
export type InvitationState = z.infer<typeof invitationStateSchema>;

export const invitationSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  email: z.string(),
  role: accountRoleSchema,
  /** The first characters of the code. */
  hint: z.string(),
  state: invitationStateSchema,
  invitedBy: uuidSchema.nullable(),
  expiresAt: timestampSchema,
  acceptedAt: timestampSchema.nullable(),
  acceptedBy: uuidSchema.nullable(),
  revokedAt: timestampSchema.nullable(),
  createdAt: timestampSchema,
});
export type Invitation = z.infer<typeof invitationSchema>;

/** What the holder of a code learns before accepting. */
export const invitationPreviewSchema = z.object({
  email: z.string(),
  role: accountRoleSchema,
  account: accountSchema,
  expiresAt: timestampSchema,
  /** There is a user with this address: it logs in and accepts. Otherwise accepting makes the user. */
  registered: z.boolean(),
});
export type InvitationPreview = z.infer<typeof invitationPreviewSchema>;
