import { z } from 'zod';

/** How the CLI proves who it is: a person's session, or an application token. */
const contextSchema = z.object({
  name: z.string().min(1),
  /** The stack's public origin, e.g. `http://127.0.0.1:8000`. */
  url: z.url(),
  publishableKey: z.string().min(1),
  /** The stack's name on its machine; unknown for contexts of older versions. */
  tenant: z.string().optional(),
  /** Which account to act for, when the user is a member of several. */
  accountId: z.uuid().optional(),
  session: z
    .object({
      accessToken: z.string(),
      refreshToken: z.string(),
      /** Seconds since the epoch. */
      expiresAt: z.number().int(),
    })
    .optional(),
  applicationToken: z.string().optional(),
});
export type Context = z.infer<typeof contextSchema>;

export const savedContextsSchema = z.object({
  version: z.literal(1),
  current: z.string().nullable(),
  contexts: z.array(contextSchema),
});
