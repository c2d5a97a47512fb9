import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../test/support/free-port.ts';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type Role, startRole } from '../../test/support/role.ts';

const secret = 'a-secret-of-the-tests-with-at-least-32-characters';
const entry = new URL('./main.ts', import.meta.url);
let postgres: TestPostgres;
let role: Role;
let url = '';

const environment = (port: number): Record<string, string> => ({
  GOTRUE_API_HOST: '127.0.0.1',
  GOTRUE_API_PORT: String(port),
  API_EXTERNAL_URL: 'http://127.0.0.1:8000/auth/v1',
  GOTRUE_SITE_URL: 'http://127.0.0.1:8000',
  GOTRUE_DB_DATABASE_URL: postgres.url('supabase_auth_admin'),
  GOTRUE_JWT_SECRET: secret,
  GOTRUE_MAILER_AUTOCONFIRM: 'true',
  GOTRUE_RATE_LIMIT_HEADER: 'X-Real-IP',
  // One in five minutes comes back.
  GOTRUE_RATE_LIMIT_TOKEN_REFRESH: '1',
  GOTRUE_RATE_LIMIT_OTP: '1',
});
const start = (port: number): Promise<Role> =>
  startRole(entry, environment(port), { ready: async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok });

beforeAll(async () => {
  postgres = await startTestPostgres();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  role = await start(port);
});
afterAll(async () => {
  await role?.stop();
  await postgres?.stop();
});

interface Answer {
  status: number;
  body: Record<string, unknown>;
}
async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: Object(await answer.json()) };
}
const signUp = (email: string): Promise<Answer> => post('/signup', { email, password: 'Passw0rd!x' });
const signIn = (email: string, password = 'Passw0rd!x'): Promise<Answer> =>
  post('/token?grant_type=password', { email, password });
const refresh = (token: unknown): Promise<Answer> => post('/token?grant_type=refresh_token', { refresh_token: token });

async function as(user: string, statements: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url(user) });
  await client.connect();
  try {
    await statements(client);
  } finally {
    await client.end();
  }
}

describe('the schema', () => {
  test('has the tables of the real service, closed, and a second start changes nothing', async () => {
    await as('supabase_admin', async (client) => {
      const shape = async (): Promise<unknown> =>
        (
          await client.query(
            `select table_name, string_agg(column_name || ' ' || udt_name || ' ' || is_nullable, ', ' order by ordinal_position) as columns
               from information_schema.columns where table_schema = 'auth' group by table_name order by table_name`,
          )
        ).rows;
      const before = await shape();
      const port = await freePort();
      const second = await start(port);
      await second.stop();
      expect(await shape()).toEqual(before);
      const { rows } = await client.query<{ relname: string; relrowsecurity: boolean }>(
        `select relname, relrowsecurity from pg_class where relnamespace = 'auth'::regnamespace and relkind = 'r' order by relname`,
      );
      expect(rows.map((row) => row.relname)).toEqual([
        'audit_log_entries',
        'custom_oauth_providers',
        'flow_state',
        'identities',
        'instances',
        'mfa_amr_claims',
        'mfa_challenges',
        'mfa_factors',
        'oauth_authorizations',
        'oauth_client_states',
        'oauth_clients',
        'oauth_consents',
        'one_time_tokens',
        'refresh_tokens',
        'saml_providers',
        'saml_relay_states',
        'schema_migrations',
        'sessions',
        'sso_domains',
        'sso_providers',
        'users',
        'webauthn_challenges',
        'webauthn_credentials',
      ]);
      expect(rows.filter((row) => row.relrowsecurity)).toHaveLength(16);
    });
  });

  test('comes to be from nothing, too', async () => {
    await as('supabase_admin', async (client) => {
      await client.query('create database empty_auth');
    });
    const admin = new pg.Client({ connectionString: postgres.url('supabase_admin', 'empty_auth') });
    await admin.connect();
    try {
      await admin.query('create schema auth authorization supabase_auth_admin');
      const port = await freePort();
      const service = await startRole(
        entry,
        { ...environment(port), GOTRUE_DB_DATABASE_URL: postgres.url('supabase_auth_admin', 'empty_auth') },
        { ready: async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok },
      );
      await service.stop();
      const { rows } = await admin.query(
        `select has_schema_privilege('anon', 'auth', 'usage') as usage, auth.uid() is null as nobody`,
      );
      expect(rows).toEqual([{ usage: true, nobody: true }]);
    } finally {
      await admin.end();
    }
  });

  test('policies of clients can ask who calls, and clients see no table', async () => {
    await as('postgres', async (client) => {
      for (const who of ['anon', 'authenticated', 'service_role']) {
        await client.query('begin');
        await client.query(`set local role ${who}`);
        await client.query(
          `select set_config('request.jwt.claims', '{"sub":"6d0f8cc2-a6f6-4b68-9b52-85d72b54d6f5","role":"${who}","email":"a@b"}', true)`,
        );
        const { rows } = await client.query(
          `select auth.uid(), auth.role(), auth.email(), auth.jwt() ->> 'role' as claim`,
        );
        expect(rows).toEqual([{ uid: '6d0f8cc2-a6f6-4b68-9b52-85d72b54d6f5', role: who, email: 'a@b', claim: who }]);
        await expect(client.query('select id from auth.users')).rejects.toThrow('permission denied');
        await client.query('rollback');
      }
    });
  });

  test("the application's migrations can refer to users and put a trigger on them", async () => {
    await as('postgres', async (client) => {
      await client.query('create table public.probe (user_id uuid references auth.users (id) on delete cascade)');
      await client.query(
        `create function public.probe_new() returns trigger language plpgsql security definer set search_path = '' as
         $$ begin insert into public.probe values (new.id); return new; end $$`,
      );
      await client.query(
        'create trigger probe after insert on auth.users for each row execute function public.probe_new()',
      );
      const { status } = await signUp('trigger@example.com');
      expect(status).toBe(200);
      expect((await client.query('select count(*)::int as rows from public.probe')).rows).toEqual([{ rows: 1 }]);
      await client.query('drop function public.probe_new() cascade');
      await client.query('drop table public.probe');
    });
  });
});

describe('rules of the application', () => {
  test('what its trigger raises is told in its own words, and nothing is stored', async () => {
    await as('postgres', async (client) => {
      await client.query(
        `create function public.probe_rule() returns trigger language plpgsql set search_path = '' as $$
         begin
           if new.email like 'raise%' then raise exception 'no room for %', new.email; end if;
           if new.email like 'teapot%' then raise sqlstate 'PT418' using message = 'teapot', detail = 'd', hint = 'h'; end if;
           return new;
         end $$`,
      );
      await client.query(
        'create trigger probe_rule before insert on auth.users for each row execute function public.probe_rule()',
      );
      const raised = await signUp('raise@example.com');
      expect(raised).toEqual({ status: 500, body: { code: 'P0001', message: 'no room for raise@example.com' } });
      expect(await signUp('teapot@example.com')).toEqual({
        status: 418,
        body: { code: 'PT418', message: 'teapot', detail: 'd', hint: 'h' },
      });
      const newer = await post(
        '/signup',
        { email: 'raise@example.com', password: 'Passw0rd!x' },
        { 'x-supabase-api-version': '2024-01-01' },
      );
      expect(newer).toEqual({
        status: 500,
        body: { code: 'unexpected_failure', message: 'Database error saving new user' },
      });
      await client.query('drop function public.probe_rule() cascade');
      expect((await signIn('raise@example.com')).body.error_code).toBe('invalid_credentials');
    });
  });
});

describe('at once', () => {
  test('ten sign-ups of one address make one user; the others are told', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => signUp('once@example.com')));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.body.error_code === 'user_already_exists')).toHaveLength(9);
  });

  test('twenty refreshes of one token give one new token, and the family lives', async () => {
    const first = await signUp('refresh@example.com');
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(first.body.refresh_token)));
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(new Set(answers.map((answer) => answer.body.refresh_token)).size).toBe(1);
    expect((await refresh(answers[0]?.body.refresh_token)).status).toBe(200);
  });

  test('a stolen token that comes back late ends the family, also against a refresh at the same time', async () => {
    const first = await signUp('stolen@example.com');
    const second = await refresh(first.body.refresh_token);
    const third = await refresh(second.body.refresh_token);
    const [theft] = await Promise.all([refresh(first.body.refresh_token), refresh(third.body.refresh_token)]);
    expect(theft.body.error_code).toBe('refresh_token_already_used');
    await as('supabase_admin', async (client) => {
      const { rows } = await client.query(
        `select count(*)::int as alive from auth.refresh_tokens t join auth.users u on u.id::text = t.user_id
          where u.email = 'stolen@example.com' and not t.revoked`,
      );
      expect(rows).toEqual([{ alive: 0 }]);
    });
  });

  test('refreshes, sign-outs and a new password of one user never wait in a circle', async () => {
    await signUp('circle@example.com');
    const sessions = await Promise.all(Array.from({ length: 8 }, () => signIn('circle@example.com')));
    const bearer = (session: Answer) => ({ authorization: `Bearer ${session.body.access_token}` });
    const password = fetch(`${url}/user`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', ...bearer(sessions[0] ?? { status: 0, body: {} }) },
      body: JSON.stringify({ password: 'An0ther-one' }),
    });
    const statuses = await Promise.all([
      password.then((answer) => answer.status),
      ...sessions.flatMap((session, index) => [
        refresh(session.body.refresh_token).then((answer) => answer.status),
        fetch(`${url}${index % 2 === 0 ? '/logout?scope=others' : '/logout'}`, {
          method: 'POST',
          headers: bearer(session),
        }).then((answer) => answer.status),
      ]),
    ]);
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
  });

  test('a password check holds nobody up: others are answered before it', async () => {
    await signUp('busy@example.com');
    const order: string[] = [];
    const logins = Array.from({ length: 4 }, () => signIn('busy@example.com', 'wrong').then(() => order.push('login')));
    const others = Array.from({ length: 4 }, () => fetch(`${url}/settings`).then(() => order.push('other')));
    await Promise.all([...logins, ...others]);
    expect(order.indexOf('login')).toBeGreaterThanOrEqual(3);
  });
});

describe('passwords', () => {
  test('hashes of other systems are taken and checked: bcrypt and argon2', async () => {
    const key = await new SignJWT({ role: 'service_role' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(secret));
    const hash = (await import('bcryptjs')).default.hashSync('of another system', 4);
    const created = await post(
      '/admin/users',
      { email: 'hash@example.com', email_confirm: true, password_hash: hash },
      { authorization: `Bearer ${key}` },
    );
    expect(created.status).toBe(200);
    expect((await signIn('hash@example.com', 'of another system')).status).toBe(200);
    expect((await signIn('hash@example.com', 'of another system!')).status).toBe(400);
  });
});

describe('the process', () => {
  test('a bad environment ends it with 78 and names the variables, not their values', () => {
    const ended = spawnSync(process.execPath, [fileURLToPath(entry)], {
      env: {
        PATH: process.env.PATH ?? '',
        ...environment(1),
        GOTRUE_API_PORT: 'x',
        GOTRUE_JWT_KEYS: '[{"kty":"EC","d":"private-part"}]',
      },
      encoding: 'utf8',
    });
    expect(ended.status).toBe(78);
    expect(ended.stdout).toContain('GOTRUE_API_PORT');
    expect(ended.stdout + ended.stderr).not.toContain('private-part');
  });

  test('sessions outlive a restart; SIGTERM ends it with 0', async () => {
    const session = await signUp('restart@example.com');
    const port = await freePort();
    const other = await start(port);
    const user = await fetch(`http://127.0.0.1:${port}/user`, {
      headers: { authorization: `Bearer ${session.body.access_token}` },
    });
    expect(user.status).toBe(200);
    expect(await other.stop()).toBe(0);
  });
});

describe('limits by address', () => {
  const limited = {
    status: 429,
    body: { code: 429, error_code: 'over_request_rate_limit', msg: 'Request rate limit reached' },
  };
  const guess = (address: string) =>
    post('/token?grant_type=password', { email: 'guessed@example.com', password: 'wrong' }, { 'x-real-ip': address });

  test('after thirty guesses an address has to wait, with the right password too; another one has not', async () => {
    await signUp('guessed@example.com');
    for (let count = 0; count < 30; count += 1) expect((await guess('10.0.0.1')).status).toBe(400);
    expect(await guess('10.0.0.1')).toEqual(limited);
    const right = { email: 'guessed@example.com', password: 'Passw0rd!x' };
    for (const path of ['/token?grant_type=password', '/token?grant_type=refresh_token'])
      expect(await post(path, right, { 'x-real-ip': '10.0.0.1' })).toEqual(limited);
    expect((await post('/token?grant_type=password', right, { 'x-real-ip': '10.0.0.2' })).status).toBe(200);
    expect((await signIn('guessed@example.com')).status).toBe(200);
  });

  test('signing up is limited before anything is looked at', async () => {
    const from = { 'x-real-ip': '10.0.0.3' };
    for (let count = 0; count < 30; count += 1)
      expect((await post('/signup', { email: 'nobody', password: 'x' }, from)).status).toBe(422);
    expect(await post('/signup', { email: 'nobody', password: 'x' }, from)).toEqual(limited);
  });
});
