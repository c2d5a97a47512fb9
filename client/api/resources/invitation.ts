import { z } from 'zod';
import type { createInvitationSchema, resendInvitationSchema } from '../../../contracts/api/invitation.ts';
import { type InvitationState, invitationPreviewSchema, invitationSchema } from '../../../contracts/invitation.ts';
import { memberSchema } from '../../../contracts/member.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { anything, at, type Body, type Creating, type Http, type InAccount, type Page, page } from '../request.ts';

const issuedInvitationSchema = invitationSchema.extend({ code: z.string(), link: z.string() });

export const invitations = (http: Http) => ({
  list: ({ accountId, state, ...query }: InAccount & { state?: InvitationState | undefined } & Page = {}) =>
    http({
      method: 'GET',
      path: '/invitations',
      query: { accountId, state, ...page(query) },
      answer: pageSchema(invitationSchema),
    }),
  /** `code` and `link` are in this answer and nowhere else, ever. */
  create: (body: Body<typeof createInvitationSchema>, creates: Creating = {}) =>
    http({ method: 'POST', path: '/invitations', body, creates, answer: issuedInvitationSchema }),
  /** A new code; the old one ends. */
  resend: (id: string, body: Body<typeof resendInvitationSchema> = {}, creates: Creating = {}) =>
    http({
      method: 'POST',
      path: at('invitations', id, 'resend'),
      body,
      creates,
      answer: issuedInvitationSchema,
    }),
  revoke: (id: string) => http({ method: 'DELETE', path: at('invitations', id), answer: anything }),
  /** Needs no login: who has the code may ask what it is for. */
  preview: (code: string) =>
    http({ method: 'POST', path: '/invitations/preview', body: { code }, answer: invitationPreviewSchema }),
  accept: (code: string) => http({ method: 'POST', path: '/invitations/accept', body: { code }, answer: memberSchema }),
});
