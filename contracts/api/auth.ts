import { z } from 'zod';
import { accountRoleSchema, accountSchema } from '../account.ts';
import { loginRedirectSchema } from '../login-code.ts';
import { verifierSchema } from '../pkce.ts';
import { uuidSchema } from '../scalar.ts';

/** POST /api/v1/auth/login */
export const loginRequestSchema = z.object({ email: z.email(), password: z.string().min(1) });
/** POST /api/v1/auth/refresh */
export const refreshRequestSchema = z.object({ refreshToken: z.string().min(1) });

export const sessionSchema = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  /** Seconds since the epoch. */
  expiresAt: z.number().int(),
  user: z.object({ id: uuidSchema, email: z.string() }),
});
export type Session = z.infer<typeof sessionSchema>;

/** POST /api/v1/auth/token: an application token becomes a short-lived user token, good for API, REST and Realtime alike. */
export const tokenExchangeRequestSchema = z.object({ token: z.string() });
export const tokenExchangeSchema = z.object({ accessToken: z.string(), expiresAt: z.number().int() });

/** POST /api/v1/auth/code: the code of a login through a browser, with the verifier that the login began with. */
export const loginCodeExchangeSchema = z.object({
  code: z.string().min(1).max(200),
  verifier: verifierSchema,
  /** Where the code was redirected to; left out for one that was shown. */
  redirectUri: loginRedirectSchema.optional(),
});

/** GET /api/v1/me */
export const meSchema = z.object({
  user: z.object({ id: uuidSchema, email: z.string() }),
  accounts: z.array(accountSchema.extend({ role: accountRoleSchema })),
  /** Set when the caller came with an application token. */
  applicationTokenId: uuidSchema.nullable(),
});
