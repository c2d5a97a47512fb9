import { z } from 'zod';
import { challengeSchema } from './pkce.ts';
import { secretHash, typedSecret } from './typed-secret.ts';

/** `sfp_login_…`: what the login page gives for a session. Only its SHA-256 is stored. */
const kind = typedSecret('sfp_login_');
export const newLoginCode = kind.make;
export const isLoginCode = kind.is;
export const loginCodeHash = secretHash;

/** A code that a redirect carries is used at once; one that is shown has to be carried to a terminal. */
export const loginCodeSeconds = { redirected: 60, shown: 600 } as const;

/** RFC 8252: only this machine, by address and not by a name that could be another's. */
export const loginRedirectSchema = z
  .string()
  .regex(/^http:\/\/(127\.0\.0\.1|\[::1\]):[1-9]\d{0,4}\/callback$/, 'Not http://127.0.0.1:<port>/callback')
  .refine((text) => URL.canParse(text), 'Not a URL');

/** What the link to the login page says, named as OAuth 2.0 does. Without `redirect_uri` the page shows the code. */
export const loginLinkSchema = z
  .object({
    redirect_uri: loginRedirectSchema.optional(),
    /** Ours, given back with the code: an answer to another login is not taken for one to this. */
    state: z.string().min(16).max(200).optional(),
    code_challenge: challengeSchema,
    code_challenge_method: z.literal('S256'),
    /** The machine that asks, as the page names it. */
    device: z.string().min(1).max(80).default('this machine'),
  })
  .refine((link) => link.redirect_uri === undefined || link.state !== undefined, 'A redirect needs a state');
export type LoginLink = z.infer<typeof loginLinkSchema>;

export function loginLink(origin: string, link: z.input<typeof loginLinkSchema>): string {
  const url = new URL('/api/v1/login', origin);
  for (const [name, value] of Object.entries(link)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}
