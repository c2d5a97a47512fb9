import { z } from 'zod';
import { accountRoleSchema } from '../account.ts';
import { isInvitationCode } from '../invitation.ts';
import { uuidSchema } from '../scalar.ts';

const expiresInDaysSchema = z.int().min(1).max(30).default(7);

export const createInvitationSchema = z.object({
  accountId: uuidSchema.optional(),
  email: z.email().max(320),
  role: accountRoleSchema.default('member'),
  expiresInDays: expiresInDaysSchema,
});
export const resendInvitationSchema = z.object({ expiresInDays: expiresInDaysSchema });

const invitationCodeSchema = z.string().refine(isInvitationCode, 'not an invitation code, or a letter of it is wrong');
/** POST /api/v1/invitations/preview and /accept */
export const invitationCodeRequestSchema = z.object({ code: invitationCodeSchema });
/** bcrypt, auth's hash, takes 72 bytes and no more. */
const newPasswordSchema = z
  .string()
  .min(8)
  .refine((text) => Buffer.byteLength(text) <= 72, 'at most 72 bytes');
/** POST /api/v1/invitations/sign-up */
export const invitedSignUpSchema = z.object({ code: invitationCodeSchema, password: newPasswordSchema });
