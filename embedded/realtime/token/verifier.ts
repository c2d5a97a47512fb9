import {
  type CryptoKey,
  compactVerify,
  decodeProtectedHeader,
  errors,
  importJWK,
  type ProtectedHeaderParameters,
} from 'jose';
import { z } from 'zod';
import type { TokenProblem } from './problem.ts';

/** A verified token. `json` is the payload as it goes into `request.jwt.claims`. */
export interface Identity {
  token: string;
  role: string;
  /** Seconds since the epoch. */
  exp: number;
  claims: Record<string, unknown>;
  json: string;
}

export type Verification = { ok: true; identity: Identity } | { ok: false; problem: TokenProblem };

const jwkSchema = z.looseObject({ kty: z.string(), kid: z.string().optional(), alg: z.string().optional() });
const jwksSchema = z.object({ keys: z.array(jwkSchema) });
const requiredSchema = z.looseObject({ role: z.string(), exp: z.number() });

interface NamedKey {
  kid: string;
  symmetric: boolean;
  key: CryptoKey | Uint8Array;
}

/**
 * Verifies tokens against the shared secret (HS256/384/512) and the JWKS (by `kid`). A key of the JWKS is used only with
 * an algorithm of its own kind, so a public key can never serve as a shared secret.
 */
export class TokenVerifier {
  readonly #secret: Uint8Array;
  readonly #keys: NamedKey[];
  readonly #now: () => number;

  private constructor(secret: Uint8Array, keys: NamedKey[], now: () => number) {
    this.#secret = secret;
    this.#keys = keys;
    this.#now = now;
  }

  static async create(secret: string, jwks: string | undefined, now: () => number = Date.now): Promise<TokenVerifier> {
    const parsed = jwks === undefined || jwks === '' ? { keys: [] } : jwksSchema.parse(JSON.parse(jwks));
    const keys: NamedKey[] = [];
    for (const jwk of parsed.keys) {
      if (jwk.kid === undefined) continue;
      const symmetric = jwk.kty === 'oct';
      const alg = jwk.alg ?? (symmetric ? 'HS256' : undefined);
      keys.push({ kid: jwk.kid, symmetric, key: await importJWK(jwk, alg ?? (jwk.kty === 'EC' ? 'ES256' : 'RS256')) });
    }
    return new TokenVerifier(new TextEncoder().encode(secret), keys, now);
  }

  async verify(token: string): Promise<Verification> {
    const header = readHeader(token);
    if (header === undefined) return refused({ kind: 'malformed' });
    const key = this.#keyFor(header);
    if (key === undefined) return refused({ kind: 'signer', kid: header.kid });
    let payload: unknown;
    try {
      const verified = await compactVerify(token, key, { algorithms: [header.alg ?? ''] });
      payload = JSON.parse(new TextDecoder().decode(verified.payload));
    } catch (error) {
      return refused(
        error instanceof errors.JWSSignatureVerificationFailed ? { kind: 'signature' } : { kind: 'malformed' },
      );
    }
    return this.#check(token, payload);
  }

  /** How long ago it expired, in whole seconds; undefined while it is valid. */
  secondsExpired(exp: number): number | undefined {
    const seconds = Math.floor(this.#now() / 1000 - exp);
    return this.#now() / 1000 >= exp ? Math.max(0, seconds) : undefined;
  }

  #check(token: string, payload: unknown): Verification {
    const parsed = requiredSchema.safeParse(payload);
    if (!parsed.success) return refused({ kind: 'claims' });
    const { role, exp } = parsed.data;
    const secondsAgo = this.secondsExpired(exp);
    if (secondsAgo !== undefined) return refused({ kind: 'expired', secondsAgo });
    return { ok: true, identity: { token, role, exp, claims: parsed.data, json: JSON.stringify(parsed.data) } };
  }

  #keyFor(header: ProtectedHeaderParameters): CryptoKey | Uint8Array | undefined {
    const symmetric = header.alg?.startsWith('HS') ?? false;
    const named = this.#keys.find((key) => key.kid === header.kid && key.symmetric === symmetric);
    if (named !== undefined) return named.key;
    return symmetric ? this.#secret : undefined;
  }
}

const refused = (problem: TokenProblem): Verification => ({ ok: false, problem });

function readHeader(token: string): ProtectedHeaderParameters | undefined {
  if (token.split('.').length !== 3) return undefined;
  try {
    return decodeProtectedHeader(token);
  } catch {
    return undefined;
  }
}
