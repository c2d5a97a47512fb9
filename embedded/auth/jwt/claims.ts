import { z } from 'zod';

/** The claims of a token that we are given. Only what decides something has a type; the rest is not looked at. */
export const bearerClaimsSchema = z.object({
  sub: z.string().default(''),
  aud: z.union([z.string(), z.array(z.string())]).default(''),
  role: z.string().default(''),
  session_id: z.string().default(''),
  exp: z.number().optional(),
  nbf: z.number().optional(),
  aal: z.string().optional(),
});
export type BearerClaims = z.infer<typeof bearerClaimsSchema>;

/** The claims that we sign, in the order in which GoTrue writes them. */
export interface AccessTokenClaims {
  iss: string;
  sub: string;
  aud: string;
  exp: number;
  iat: number;
  email: string;
  phone: string;
  app_metadata: Record<string, unknown>;
  user_metadata: Record<string, unknown>;
  role: string;
  aal: string;
  amr: { method: string; timestamp: number }[];
  session_id: string;
  is_anonymous: boolean;
}
