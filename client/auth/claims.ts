import { z } from 'zod';

const claimsSchema = z.object({ sub: z.string(), email: z.string().optional(), exp: z.number().optional() });
export type Claims = z.infer<typeof claimsSchema>;

/** Reads a JWT's claims without checking it: for showing who one is, never for deciding anything. */
export function claimsOf(accessToken: string): Claims | undefined {
  const payload = accessToken.split('.')[1];
  if (payload === undefined) return undefined;
  try {
    const parsed = claimsSchema.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // not a JWT: nobody to name
  }
}
