import { CompactSign, type CryptoKey, compactVerify, errors, importJWK } from 'jose';
import { z } from 'zod';
import { BadToken } from './bad-token.ts';
import { type AccessTokenClaims, type BearerClaims, bearerClaimsSchema } from './claims.ts';
import type { EcKey, Key, KeyMaterial } from './key-material.ts';

const headerSchema = z.object({ alg: z.string(), kid: z.unknown().optional() });
const implemented = new Set([
  'none',
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
]);

type Secret = CryptoKey | Uint8Array;
interface Entry {
  alg: 'ES256' | 'HS256';
  kid: string | undefined;
  verify: Secret;
}

/**
 * Signs and checks tokens with the keys of the instance. A token names its key by kid; an HS256 token with an unknown or no
 * kid is checked against the legacy secret, as long as HS256 is allowed at all (no keys, or an oct key among them).
 */
export class Keyring {
  readonly #entries: Entry[];
  readonly #signing: { alg: string; kid: string | undefined; key: Secret };
  readonly #secret: Uint8Array;
  readonly #algorithms: ReadonlySet<string>;
  readonly #published: EcKey[];
  // A check costs about as much as the rest of a request, and a client sends the same token for an hour.
  readonly #checked = new Map<string, BearerClaims>();
  static readonly #checkedLimit = 1000;
  static readonly #checkedLength = 4096;

  private constructor(material: KeyMaterial, entries: Entry[], signingKey: Secret) {
    this.#entries = entries;
    this.#secret = material.secret;
    const signing = material.signing;
    this.#signing = { alg: signing?.kty === 'EC' ? 'ES256' : 'HS256', kid: signing?.kid, key: signingKey };
    this.#algorithms = new Set(entries.length === 0 ? ['HS256'] : entries.map((entry) => entry.alg));
    this.#published = material.keys.filter((key) => key.kty === 'EC');
  }

  static async create(material: KeyMaterial): Promise<Keyring> {
    const entries = await Promise.all(material.keys.map(verifier));
    return new Keyring(material, entries, material.signing ? await signer(material.signing) : material.secret);
  }

  /** The public keys, as `/.well-known/jwks.json` shows them. */
  get published(): { keys: Record<string, unknown>[] } {
    return {
      keys: this.#published.map(({ crv, kid, kty, x, y }) => ({
        alg: 'ES256',
        crv,
        key_ops: ['verify'],
        ...(kid === undefined ? {} : { kid }),
        kty,
        use: 'sig',
        x,
        y,
      })),
    };
  }

  sign(claims: AccessTokenClaims): Promise<string> {
    const { alg, kid, key } = this.#signing;
    return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }), typ: 'JWT' })
      .sign(key);
  }

  /** The claims of a token whose signature holds and whose time has come and not passed; throws BadToken. */
  async verify(token: string): Promise<BearerClaims> {
    const known = this.#checked.get(token);
    if (known !== undefined) return inTime(known);
    const { alg, kid } = parseHeader(token);
    if (!implemented.has(alg)) throw new BadToken('token is unverifiable: signing method (alg) is unavailable');
    const claims = parseClaims(token);
    if (!this.#algorithms.has(alg)) throw new BadToken(`token signature is invalid: signing method ${alg} is invalid`);
    await this.#checkSignature(token, alg, kid);
    inTime(claims);
    this.#remember(token, claims);
    return claims;
  }

  /** Only tokens of a usual length: a thousand of the longest would be 64 MB. */
  #remember(token: string, claims: BearerClaims): void {
    if (token.length > Keyring.#checkedLength) return;
    if (this.#checked.size >= Keyring.#checkedLimit) this.#checked.clear();
    this.#checked.set(token, claims);
  }

  async #checkSignature(token: string, alg: string, kid: unknown): Promise<void> {
    const entry = typeof kid === 'string' ? this.#entries.find((candidate) => candidate.kid === kid) : undefined;
    if (entry === undefined && alg !== 'HS256')
      throw new BadToken(
        `token is unverifiable: error while executing keyfunc: unrecognized JWT kid ${kid === undefined ? '<nil>' : String(kid)} for algorithm ${alg}`,
      );
    if (entry !== undefined && entry.alg !== alg)
      throw new BadToken(
        `token signature is invalid: key is of invalid type: ${alg === 'HS256' ? 'HMAC verify expects []byte' : 'ECDSA verify expects *ecdsa.PublicKey'}`,
      );
    try {
      await compactVerify(token, entry?.verify ?? this.#secret, { algorithms: [alg] });
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      throw new BadToken(
        `token signature is invalid: ${alg === 'ES256' ? 'crypto/ecdsa: verification error' : 'signature is invalid'}`,
      );
    }
  }
}

async function verifier(key: Key): Promise<Entry> {
  if (key.kty === 'oct') return { alg: 'HS256', kid: key.kid, verify: Buffer.from(key.k, 'base64url') };
  const { kty, crv, x, y } = key;
  return { alg: 'ES256', kid: key.kid, verify: await importJWK({ kty, crv, x, y }, 'ES256') };
}

async function signer(key: Key): Promise<Secret> {
  if (key.kty === 'oct') return Buffer.from(key.k, 'base64url');
  const { kty, crv, x, y, d } = key;
  return importJWK({ kty, crv, x, y, ...(d === undefined ? {} : { d }) }, 'ES256');
}

function parseHeader(token: string): z.infer<typeof headerSchema> {
  const segments = token.split('.');
  if (segments.length !== 3) throw new BadToken('token is malformed: token contains an invalid number of segments');
  const header = headerSchema.safeParse(parseSegment(segments[0] ?? '', 'header'));
  if (!header.success) throw new BadToken('token is unverifiable: signing method (alg) is unspecified');
  return header.data;
}

function parseClaims(token: string): BearerClaims {
  const claims = bearerClaimsSchema.safeParse(parseSegment(token.split('.')[1] ?? '', 'claim'));
  if (claims.success) return claims.data;
  throw new BadToken('token is malformed: could not JSON decode claim');
}

function parseSegment(segment: string, what: string): unknown {
  try {
    return JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
  } catch {
    throw new BadToken(`token is malformed: could not JSON decode ${what}`);
  }
}

function inTime(claims: BearerClaims): BearerClaims {
  const now = Date.now() / 1000;
  if (claims.exp !== undefined && now >= claims.exp) throw new BadToken('token has invalid claims: token is expired');
  if (claims.nbf !== undefined && now < claims.nbf)
    throw new BadToken('token has invalid claims: token is not valid yet');
  return claims;
}
