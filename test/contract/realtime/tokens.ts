import { type CryptoKey, importJWK, type JWK, SignJWT } from 'jose';

export const users = {
  U1: '11111111-1111-1111-1111-111111111111',
  U2: '22222222-2222-2222-2222-222222222222',
};

export interface TokenKeys {
  secret: string;
  /** Private ES256 key whose public half is in the server's JWKS as `ec-1`; undefined when that is not known. */
  es256?: JWK;
}

interface Recipe {
  claims: Record<string, unknown>;
  expiresIn?: number | null;
  alg?: 'ES256' | 'none';
  kid?: string;
  wrongKey?: boolean;
}

const aLongTime = 10 * 365 * 24 * 3600;
const authenticated = (sub: string): Record<string, unknown> => ({ role: 'authenticated', sub });

const recipes: Record<string, Recipe> = {
  anon: { claims: { role: 'anon' } },
  service_role: { claims: { role: 'service_role' } },
  'authenticated sub=U1': { claims: authenticated(users.U1) },
  'authenticated sub=U2': { claims: authenticated(users.U2) },
  'authenticated no sub': { claims: { role: 'authenticated' } },
  expired: { claims: { role: 'anon' }, expiresIn: -5 },
  'expired 5 s ago': { claims: { role: 'anon' }, expiresIn: -5 },
  'expired 10 s ago': { claims: { role: 'anon' }, expiresIn: -10 },
  'wrong signature': { claims: { role: 'anon' }, wrongKey: true },
  'no exp': { claims: { role: 'anon' }, expiresIn: null },
  'no role': { claims: {} },
  'role ghost': { claims: { role: 'ghost' } },
  'role supabase_admin': { claims: { role: 'supabase_admin' } },
  'exp string': { claims: { role: 'anon', exp: 'tomorrow' }, expiresIn: null },
  'U1 exp +3600s': { claims: authenticated(users.U1), expiresIn: 3600 },
  'U1 exp +4s': { claims: authenticated(users.U1), expiresIn: 4 },
  'anon exp +4s': { claims: { role: 'anon' }, expiresIn: 4 },
  'ES256 kid ec-1': { claims: { role: 'anon' }, alg: 'ES256', kid: 'ec-1' },
  'ES256 unknown kid': { claims: { role: 'anon' }, alg: 'ES256', kid: 'zz' },
  'ES256 no kid': { claims: { role: 'anon' }, alg: 'ES256' },
  'alg none': { claims: { role: 'anon' }, alg: 'none' },
  'JWT of 6.8 KB': { claims: { role: 'anon', pad: 'p'.repeat(5_000) } },
};

/** Mints the tokens that the recordings name. Those with a lifetime are made anew each time, the others once. */
export class Tokens {
  readonly #keys: TokenKeys;
  readonly #made = new Map<string, string>();

  constructor(keys: TokenKeys) {
    this.#keys = keys;
  }

  async of(label: string): Promise<string> {
    const recipe = recipes[label];
    if (recipe === undefined) throw new Error(`no recipe for the token "${label}"`);
    const known = this.#made.get(label);
    if (known !== undefined) return known;
    const token = await this.#mint(recipe);
    if (recipe.expiresIn === undefined || label === 'U1 exp +4s') this.#made.set(label, token);
    return token;
  }

  /** Replaces every `{{jwt:label}}`. */
  async fill(text: string): Promise<string> {
    let filled = text;
    for (const [mark, label] of text.matchAll(/\{\{jwt:([^}]*)\}\}/g)) {
      filled = filled.replace(mark, await this.of(label ?? ''));
    }
    return filled;
  }

  async #mint({ claims, expiresIn = aLongTime, alg, kid, wrongKey }: Recipe): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = expiresIn === null ? claims : { ...claims, exp: now + expiresIn };
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    if (alg === 'none') return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(payload)}.`;
    const secret = wrongKey ? 'another-secret-that-the-server-does-not-know' : this.#keys.secret;
    const key: CryptoKey | Uint8Array =
      alg === 'ES256' ? await importJWK(this.#keys.es256 ?? {}, 'ES256') : new TextEncoder().encode(secret);
    const header = { alg: alg ?? 'HS256', typ: 'JWT', ...(kid === undefined ? {} : { kid }) };
    return new SignJWT(payload).setProtectedHeader(header).sign(key);
  }
}
