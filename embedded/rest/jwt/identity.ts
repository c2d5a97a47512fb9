import { compactVerify, errors } from 'jose';
import { RestError } from '../rest-error.ts';
import { claimsText, parseClaims, timeClaim } from './claims-text.ts';
import type { VerificationKey } from './keys.ts';

/** On whose behalf a request runs. */
export interface Identity {
  role: string;
  /** `request.jwt.claims` as SQL sees it. */
  claims: string;
  /** A token was verified; its absence turns 403 into 401. */
  authenticated: boolean;
  /** Seconds since 1970; checked on every use of a remembered token. */
  expiresAt: number;
}

const graceSeconds = 30;
const refuse = (code: 'PGRST301' | 'PGRST303', message: string, details?: string): RestError =>
  new RestError({
    status: 401,
    code,
    message,
    details,
    headers: { 'www-authenticate': `Bearer error="invalid_token", error_description="${message}"` },
  });
const unreadable = (): RestError => refuse('PGRST301', 'JWT cryptographic operation failed');

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const known = new Set([
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'none',
]);

function readHeader(part: string): { algorithm: string; keyId: unknown; critical: readonly string[] } {
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw unreadable();
    throw error;
  }
  if (!isRecord(header) || typeof header.alg !== 'string' || !known.has(header.alg)) throw unreadable();
  const critical = Array.isArray(header.crit)
    ? header.crit.filter((name): name is string => typeof name === 'string')
    : [];
  return { algorithm: header.alg, keyId: header.kid, critical };
}

/** The verified payload of a token; every key that fits algorithm and `kid` is tried. */
async function verify(token: string, keys: readonly VerificationKey[]): Promise<string> {
  const parts = token.split('.');
  if (parts.length !== 3) throw refuse('PGRST301', `Expected 3 parts in JWT; got ${parts.length}`);
  const { algorithm, keyId, critical } = readHeader(parts[0] ?? '');
  if (algorithm === 'none')
    throw refuse(
      'PGRST301',
      'Wrong or unsupported encoding algorithm',
      "JWT is unsecured but expected 'alg' was not 'none'",
    );
  const fitting = keys.filter((key) => key.algorithm === algorithm && (keyId === undefined || keyId === key.id));
  if (fitting.length === 0)
    throw refuse('PGRST301', 'No suitable key or wrong key type', 'No suitable key was found to decode the JWT');
  for (const { key } of fitting) {
    try {
      // PostgREST ignores `crit`; every name in it is declared as understood.
      const crit = Object.fromEntries(critical.map((name) => [name, false]));
      const { payload } = await compactVerify(token, key, { algorithms: [algorithm], crit });
      return Buffer.from(payload).toString('utf8');
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
    }
  }
  throw refuse('PGRST301', 'No suitable key or wrong key type', 'None of the keys was able to decode the JWT');
}

function checkTimes(claims: Record<string, unknown>, now: number): number {
  const times = (['exp', 'nbf', 'iat'] as const).map((name) => {
    const value = timeClaim(claims[name]);
    if (value === 'invalid') throw refuse('PGRST303', `The JWT '${name}' claim must be a number`);
    return value;
  });
  const [exp = 'absent', nbf = 'absent', iat = 'absent'] = times;
  if (exp === 'fraction' || (exp !== 'absent' && now - graceSeconds > exp)) throw expired();
  if (typeof nbf === 'number' && now + graceSeconds < nbf) throw refuse('PGRST303', 'JWT not yet valid');
  if (typeof iat === 'number' && now + graceSeconds < iat) throw refuse('PGRST303', 'JWT issued at future');
  return typeof exp === 'number' ? exp : Number.POSITIVE_INFINITY;
}
const expired = (): RestError => refuse('PGRST303', 'JWT expired');

function checkAudience(aud: unknown, wanted: string | undefined): void {
  if (aud === undefined || aud === null) return;
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.every((one) => typeof one === 'string'))
    throw refuse('PGRST303', "The JWT 'aud' claim must be a string or an array of strings");
  if (wanted !== undefined && audiences.length > 0 && !audiences.includes(wanted))
    throw refuse('PGRST303', 'JWT not in audience');
}

/** Turns `Authorization` headers into identities; remembers verified tokens. */
export class Identities {
  readonly #keys: readonly VerificationKey[];
  readonly #options: { anonRole: string; audience: string | undefined; remember: number };
  readonly #remembered = new Map<string, Identity>();
  readonly #anonymous: Identity;

  constructor(
    keys: readonly VerificationKey[],
    options: { anonRole: string; audience: string | undefined; remember: number },
  ) {
    this.#keys = keys;
    this.#options = options;
    this.#anonymous = {
      role: options.anonRole,
      claims: claimsText({ role: options.anonRole }),
      authenticated: false,
      expiresAt: Number.POSITIVE_INFINITY,
    };
  }

  /** Synchronous for a remembered token. Throws RestError 401 for a token that is not valid now. */
  of(header: string | undefined, now = Date.now() / 1000): Identity | Promise<Identity> {
    const match = header === undefined ? null : /^bearer(?:\s+(.*))?$/is.exec(header);
    if (match === null) return this.#anonymous;
    const token = (match[1] ?? '').trim();
    if (token === '') throw refuse('PGRST301', 'Empty JWT is sent in Authorization header');
    const identity = this.#remembered.get(token);
    if (identity === undefined) return this.#verify(token, now);
    if (now - graceSeconds <= identity.expiresAt) return identity;
    this.#remembered.delete(token);
    throw expired();
  }

  async #verify(token: string, now: number): Promise<Identity> {
    let claims: unknown;
    try {
      claims = parseClaims(await verify(token, this.#keys));
    } catch (error) {
      if (error instanceof SyntaxError) throw refuse('PGRST303', 'Parsing claims failed');
      throw error;
    }
    if (!isRecord(claims)) throw refuse('PGRST303', 'Parsing claims failed');
    const expiresAt = checkTimes(claims, now);
    checkAudience(claims.aud, this.#options.audience);
    const role = claims.role === undefined ? this.#options.anonRole : claims.role;
    const identity: Identity = {
      role: typeof role === 'string' ? role : claimsText(role),
      claims: claimsText({ ...claims, role }),
      // PostgREST's anonymous is a role: a token that says anon gets 401 like no token.
      authenticated: role !== this.#options.anonRole,
      expiresAt,
    };
    if (this.#options.remember > 0) {
      const oldest = this.#remembered.keys().next();
      if (this.#remembered.size >= this.#options.remember && !oldest.done) this.#remembered.delete(oldest.value);
      this.#remembered.set(token, identity);
    }
    return identity;
  }
}
