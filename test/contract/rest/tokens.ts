import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

const ann = '11111111-1111-1111-1111-111111111111';
const bob = '22222222-2222-2222-2222-222222222222';
const out = '33333333-3333-3333-3333-333333333333';

type Claims = Record<string, unknown>;
const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Keys of one run, and every token that the recordings name. */
export class Tokens {
  readonly #secret: Buffer;
  readonly #ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

  /** A fixed secret and key set let the suite run against a service that somebody else configured. */
  constructor(secret = 'contract-suite-secret-of-32-characters-or-more') {
    this.#secret = Buffer.from(secret);
  }

  get jwks(): string {
    const ec = createPublicKey(this.#ec.privateKey).export({ format: 'jwk' });
    const oct = { kty: 'oct', k: this.#secret.toString('base64url'), alg: 'HS256', kid: 'hs1' };
    return JSON.stringify({ keys: [{ ...ec, alg: 'ES256', kid: 'ec1', use: 'sig' }, oct] });
  }

  #hmac(input: string, secret: string | Buffer = this.#secret, hash = 'sha256'): string {
    return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
  }

  #hs(claims: unknown, header: Claims = {}, secret?: string | Buffer): string {
    return this.#hmac(`${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(claims)}`, secret);
  }

  #es(claims: Claims, header: Claims): string {
    const input = `${encode({ alg: 'ES256', typ: 'JWT', ...header })}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(input), { key: this.#ec.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }

  /** The token of a person; undefined for nobody. */
  of(who: string): string | undefined {
    const exp = now() + 36_000;
    const user = (sub: string, email: string): Claims => ({
      role: 'authenticated',
      sub,
      email,
      aud: 'authenticated',
      app_metadata: { x: 1 },
      exp,
    });
    const claims: Record<string, Claims | undefined> = {
      anon: { role: 'anon', exp },
      ann: user(ann, 'ann@example.test'),
      bob: user(bob, 'bob@example.test'),
      out: user(out, 'out@example.test'),
      svc: { role: 'service_role', exp },
      slow: { role: 'slowpoke', exp },
      aud: { role: 'auditor', exp },
      bot: { role: 'build-bot', exp },
    };
    const own = claims[who];
    return own === undefined ? undefined : this.#hs(own);
  }

  /** The `Authorization` header that a label of the JWT scenario stands for. */
  header(label: string): string {
    const time = now();
    const valid = { role: 'authenticated', sub: ann, exp: time + 36_000 };
    const { exp: _exp, ...forever } = valid;
    const role = (name: unknown): string => this.#hs({ ...valid, role: name });
    const onlyRole = (name: string): string => this.#hs({ role: name, exp: time + 36_000 });
    const [head = '', payload = '', signature = ''] = this.#hs(valid).split('.');
    const rsaInput = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(valid)}`;
    const publicPem = createPublicKey(this.#ec.privateKey).export({ type: 'spki', format: 'pem' }).toString();
    const tokens: Record<string, () => string> = {
      valid: () => this.#hs(valid),
      'expired 5 s ago (inside skew)': () => this.#hs({ ...valid, exp: time - 5 }),
      'expired 60 s ago': () => this.#hs({ ...valid, exp: time - 60 }),
      'expired 60 s ago, table with data': () => this.#hs({ ...valid, exp: time - 60 }),
      'no exp': () => this.#hs(forever),
      'exp as string': () => this.#hs({ ...valid, exp: String(valid.exp) }),
      'exp as float': () => this.#hs({ ...valid, exp: valid.exp + 0.5 }),
      'nbf in 10 s (inside skew)': () => this.#hs({ ...valid, nbf: time + 10 }),
      'nbf in 120 s': () => this.#hs({ ...valid, nbf: time + 120 }),
      'iat in 10 s (inside skew)': () => this.#hs({ ...valid, iat: time + 10 }),
      'iat in 120 s': () => this.#hs({ ...valid, iat: time + 120 }),
      'wrong secret': () => this.#hs(valid, {}, 'another secret of thirty-two characters'),
      'tampered payload': () => `${head}.${encode({ ...valid, role: 'service_role' })}.${signature}`,
      'alg none': () => `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      'alg none, no signature dot': () => `${encode({ alg: 'none', typ: 'JWT' })}.${payload}`,
      'alg None + real sig': () => this.#hs(valid, { alg: 'None' }),
      'two parts': () => `${head}.${payload}`,
      'one part': () => head,
      'four parts': () => `${head}.${payload}.${signature}.x`,
      'five parts': () => `${head}.${payload}.${signature}.x.y`,
      'garbage 3 parts': () => 'a.b.c',
      'payload not json': () => this.#hmac(`${head}.${encode('not json')}`),
      'payload array': () => this.#hs([1, 2]),
      'header without alg': () => this.#hmac(`${encode({ typ: 'JWT' })}.${payload}`),
      HS512: () => this.#hmac(`${encode({ alg: 'HS512', typ: 'JWT' })}.${payload}`, this.#secret, 'sha512'),
      'RS256 unknown key': () =>
        `${rsaInput}.${sign('sha256', Buffer.from(rsaInput), this.#rsa.privateKey).toString('base64url')}`,
      'HS256 keyed with the EC public key (confusion)': () => this.#hs(valid, { kid: 'ec1' }, publicPem),
      'ES256 kid known': () => this.#es(valid, { kid: 'ec1' }),
      'ES256 no kid': () => this.#es(valid, {}),
      'ES256 unknown kid': () => this.#es(valid, { kid: 'nope' }),
      'HS256 kid=hs1': () => this.#hs(valid, { kid: 'hs1' }),
      'HS256 kid unknown': () => this.#hs(valid, { kid: 'nope' }),
      'HS256 with crit header': () => this.#hs(valid, { crit: ['exp2'], exp2: 1 }),
      'no role claim': () => this.#hs({ sub: ann, exp: time + 36_000 }),
      'role null': () => role(null),
      'role number': () => role(5),
      'role empty': () => role(''),
      'role array': () => role(['anon']),
      'role does not exist': () => role('ghost'),
      'role exists, not granted (internal_admin, BYPASSRLS)': () => role('internal_admin'),
      'role postgres (superuser)': () => role('postgres'),
      'role pg_read_server_files': () => role('pg_read_all_data'),
      'role internal_admin reads projects': () => role('internal_admin'),
      'role postgres reads projects': () => role('postgres'),
      'role authenticator': () => role('authenticator'),
      'role with hyphen (build-bot)': () => onlyRole('build-bot'),
      'role injection': () => role('anon; reset role'),
      'role none (SQL keyword)': () => role('none'),
      'role upper case': () => role('ANON'),
      auditor: () => onlyRole('auditor'),
      'aud other': () => this.#hs({ ...valid, aud: 'somebody-else' }),
      'aud array': () => this.#hs({ ...valid, aud: ['a', 'b'] }),
      'aud number': () => this.#hs({ ...valid, aud: 5 }),
      'sub not a uuid': () => this.#hs({ ...valid, sub: 'abc' }),
      'no sub': () => this.#hs({ role: 'authenticated', exp: time + 36_000 }),
      'sub empty': () => this.#hs({ ...valid, sub: '' }),
      'unicode and nested claims': () =>
        this.#hs({ ...valid, name: 'Zoë 😀 "q" \\', app_metadata: { a: [1, { b: null }] } }),
      'claim with \\u0000': () => this.#hs({ ...valid, name: 'a\u0000b' }),
      '12 KB of claims': () => this.#hs({ ...valid, junk: 'x'.repeat(12_000) }),
    };
    const special: Record<string, string> = {
      'valid lower-case scheme': `bearer ${this.#hs(valid)}`,
      'scheme Basic': `Basic ${this.#hs(valid)}`,
      'bare token without scheme': this.#hs(valid),
      'Bearer without token': 'Bearer ',
      'Bearer alone': 'Bearer',
      'two spaces': `Bearer  ${this.#hs(valid)}`,
      'two authorization values': `Bearer ${this.#hs(valid)}, Bearer ${this.#hs(valid)}`,
    };
    const whole = special[label];
    if (whole !== undefined) return whole;
    const token = tokens[label];
    if (token === undefined) throw new Error(`the recording names a token that the suite does not make: ${label}`);
    return `Bearer ${token()}`;
  }
}

const now = (): number => Math.floor(Date.now() / 1000);
