import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../test/support/free-port.ts';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type Role, startRole } from '../../test/support/role.ts';

const secret = 'a-secret-of-the-tests-with-at-least-32-characters';
const publishable = 'sb_publishable_abcdefghijklmnopqrstuv_12345678';
const secretKey = 'sb_secret_abcdefghijklmnopqrstuv_87654321';
let postgres: TestPostgres;
const roles: Role[] = [];
let base = '';

beforeAll(async () => {
  postgres = await startTestPostgres();
  const [authPort, gatewayPort] = [await freePort(), await freePort()];
  base = `http://127.0.0.1:${gatewayPort}`;
  const pair = await generateKeyPair('ES256', { extractable: true });
  const ec = {
    ...(await exportJWK(pair.privateKey)),
    kid: 'k1',
    alg: 'ES256',
    use: 'sig',
    key_ops: ['sign', 'verify'],
  };
  const oct = { kty: 'oct', k: Buffer.from(secret).toString('base64url'), alg: 'HS256' };
  const jwtFor = (role: string): Promise<string> =>
    new SignJWT({ role, iss: 'supabase' })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(pair.privateKey);
  const ready = (port: number) => async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok;
  roles.push(
    await startRole(
      new URL('../auth/main.ts', import.meta.url),
      {
        GOTRUE_API_PORT: String(authPort),
        API_EXTERNAL_URL: `${base}/auth/v1`,
        GOTRUE_SITE_URL: base,
        GOTRUE_DB_DATABASE_URL: postgres.url('supabase_auth_admin'),
        GOTRUE_JWT_SECRET: secret,
        GOTRUE_JWT_KEYS: JSON.stringify([ec, oct]),
        GOTRUE_JWT_ADMIN_ROLES: 'service_role',
        GOTRUE_MAILER_AUTOCONFIRM: 'true',
      },
      { ready: ready(authPort) },
    ),
  );
  const nothing = 'http://127.0.0.1:1';
  roles.push(
    await startRole(
      new URL('./main.ts', import.meta.url),
      {
        GATEWAY_PORT: String(gatewayPort),
        AUTH_URL: `http://127.0.0.1:${authPort}`,
        REST_URL: nothing,
        REALTIME_URL: nothing,
        API_URL: nothing,
        SUPABASE_PUBLISHABLE_KEY: publishable,
        SUPABASE_SECRET_KEY: secretKey,
        ANON_KEY_ASYMMETRIC: await jwtFor('anon'),
        SERVICE_ROLE_KEY_ASYMMETRIC: await jwtFor('service_role'),
      },
      { ready: ready(gatewayPort) },
    ),
  );
});
afterAll(async () => {
  await Promise.all(roles.map((role) => role.stop()));
  await postgres?.stop();
});

const client = (key: string): SupabaseClient =>
  createClient(base, key, { auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } });

test('sign up, sign in, who am I, change, refresh, sign out: with the publishable key', async () => {
  const supabase = client(publishable);
  const credentials = { email: 'ana@example.com', password: 'Passw0rd!x' };
  const signedUp = await supabase.auth.signUp({ ...credentials, options: { data: { name: 'Ana' } } });
  expect(signedUp.error).toBeNull();
  const signedIn = await supabase.auth.signInWithPassword(credentials);
  expect(signedIn.error).toBeNull();
  expect(signedIn.data.user?.user_metadata).toMatchObject({ name: 'Ana' });
  expect((await supabase.auth.getUser()).data.user?.email).toBe('ana@example.com');
  // Checked locally with the published key: the JWKS is open and right.
  expect((await supabase.auth.getClaims()).data?.claims).toMatchObject({ role: 'authenticated', aal: 'aal1' });
  expect((await supabase.auth.updateUser({ data: { name: 'Anna' } })).data.user?.user_metadata).toMatchObject({
    name: 'Anna',
  });
  const refreshed = await supabase.auth.refreshSession();
  expect(refreshed.data.session?.refresh_token).not.toBe(signedIn.data.session?.refresh_token);
  const token = refreshed.data.session?.access_token ?? '';
  expect((await supabase.auth.signOut()).error).toBeNull();
  expect((await client(publishable).auth.getUser(token)).error?.message).toContain('Auth session missing');
});

test('a wrong password is told as such', async () => {
  const { error } = await client(publishable).auth.signInWithPassword({
    email: 'ana@example.com',
    password: 'wrong-one',
  });
  expect([error?.status, error?.code]).toEqual([400, 'invalid_credentials']);
});

test('the secret key administers, the publishable one does not', async () => {
  const admin = client(secretKey).auth.admin;
  const created = await admin.createUser({ email: 'bea@example.com', password: 'Passw0rd!x', email_confirm: true });
  const id = created.data.user?.id ?? '';
  expect(created.error).toBeNull();
  expect((await admin.listUsers()).data.users.map((user) => user.email)).toContain('bea@example.com');
  expect((await admin.updateUserById(id, { ban_duration: '1h' })).error).toBeNull();
  expect(
    (await client(publishable).auth.signInWithPassword({ email: 'bea@example.com', password: 'Passw0rd!x' })).error
      ?.code,
  ).toBe('user_banned');
  expect((await admin.deleteUser(id)).error).toBeNull();
  expect((await admin.getUserById(id)).error?.code).toBe('user_not_found');
  expect((await client(publishable).auth.admin.listUsers()).error?.code).toBe('not_admin');
});

test('a key that is none gets nowhere', async () => {
  const { error } = await client('sb_publishable_wrong').auth.signInWithPassword({
    email: 'ana@example.com',
    password: 'Passw0rd!x',
  });
  expect(error?.status).toBe(401);
});
