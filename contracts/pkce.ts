import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';

/** RFC 7636: the secret that a login begins with and never sends before its code. 256 random bits. */
export const newVerifier = (): string => randomBytes(32).toString('base64url');

/** S256: what the login page gets to see of the verifier. */
export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

export const challengeSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
export const verifierSchema = z.string().regex(/^[A-Za-z0-9._~-]{43,128}$/);
