import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { freePort } from '../../support/free-port.ts';
import { type Role, startRole } from '../../support/role.ts';
import { EchoUpstream } from './echo-upstream.ts';
import { type KeyKind, keyKinds, keyOf, keys, translated } from './keys.ts';
import { platformRules, refusalOf, rules } from './rules.ts';

const external = process.env.SFP_CONTRACT_GATEWAY_URL;
const upstreams = {
  auth: new EchoUpstream('auth'),
  rest: new EchoUpstream('rest'),
  realtime: new EchoUpstream('realtime'),
  api: new EchoUpstream('api'),
};
let base = external ?? '';
let role: Role | undefined;

beforeAll(async () => {
  if (external !== undefined) return;
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  role = await startRole(
    new URL('../../../embedded/gateway/main.ts', import.meta.url),
    {
      GATEWAY_PORT: String(port),
      AUTH_URL: await upstreams.auth.listen(),
      REST_URL: await upstreams.rest.listen(),
      REALTIME_URL: await upstreams.realtime.listen(),
      API_URL: await upstreams.api.listen(),
      SUPABASE_ANON_KEY: keys.anon,
      SUPABASE_SERVICE_KEY: keys.service,
      SUPABASE_PUBLISHABLE_KEY: keys.publishable,
      SUPABASE_SECRET_KEY: keys.secret,
      ANON_KEY_ASYMMETRIC: translated.anonJwt,
      SERVICE_ROLE_KEY_ASYMMETRIC: translated.serviceJwt,
      SFP_LOG_LEVEL: 'warn',
    },
    { ready: async () => (await fetch(`${base}/health`)).ok },
  );
});
afterAll(async () => {
  await role?.stop();
  if (external === undefined) await Promise.all(Object.values(upstreams).map((upstream) => upstream.close()));
});

const ask = (method: string, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${base}${path}`, { method, headers, redirect: 'manual', ...(method === 'POST' ? { body: '{}' } : {}) });
const withKey = (kind: KeyKind): Record<string, string> => {
  const key = keyOf(kind);
  return key === undefined ? {} : { apikey: key };
};
/** What backends get for a key: a JWT, never an opaque key. */
const jwtOf: Record<KeyKind, string> = {
  none: '',
  unknown: '',
  anon: keys.anon,
  service: keys.service,
  publishable: translated.anonJwt,
  secret: translated.serviceJwt,
};
const allRules = external === undefined ? [...rules, ...platformRules] : rules;

describe('key rules', () => {
  for (const rule of allRules)
    test.each(keyKinds)(`${rule.method} ${rule.path}: key %s`, async (kind) => {
      const answer = await ask(rule.method, rule.path, withKey(kind));
      const refusal = refusalOf(rule.guard, kind);
      if (refusal === undefined) await expectPassed(answer, rule, kind);
      else {
        expect(answer.status).toBe(refusal.status);
        if (refusal.message !== undefined) expect(await answer.json()).toMatchObject({ message: refusal.message });
      }
    });

  async function expectPassed(answer: Response, rule: (typeof rules)[number], kind: KeyKind): Promise<void> {
    if (external !== undefined) {
      // Behind a gateway of somebody else the backend's own answer is all there is to see.
      const text = await answer.text();
      expect(text).not.toMatch(/No API key found|Invalid authentication credentials|You cannot consume this service/);
      return;
    }
    expect(answer.status).toBe(200);
    const arrived = upstreams[rule.upstream].arrived.at(-1);
    expect(arrived).toMatchObject({ method: rule.method, url: rule.upstreamPath });
    expect(JSON.stringify(arrived)).not.toContain('sb_');
    if (rule.guard !== 'open')
      expect(arrived?.headers).toMatchObject({ authorization: `Bearer ${jwtOf[kind]}`, apikey: jwtOf[kind] });
  }
});

describe('unknown paths', () => {
  test.each(['/', '/nope', '/auth/v2/x', '/restful/v1/x', '/rest'])('%s is 404', async (path) => {
    const answer = await ask('GET', path, withKey('secret'));
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toContain('application/json');
  });
});

describe('browsers', () => {
  test('a preflight is answered without a key and allows what supabase-js sends', async () => {
    const answer = await ask('OPTIONS', '/rest/v1/things', {
      origin: 'https://app.example.com',
      'access-control-request-method': 'POST',
      'access-control-request-headers':
        'apikey,authorization,content-profile,content-type,prefer,x-client-info,x-supabase-api-version',
    });
    expect([200, 204]).toContain(answer.status);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
    for (const name of ['apikey', 'authorization', 'x-client-info', 'prefer'])
      expect(answer.headers.get('access-control-allow-headers')?.toLowerCase()).toContain(name);
  });

  test('a refusal can be read by a page of another origin', async () => {
    const answer = await ask('GET', '/rest/v1/things', { origin: 'https://app.example.com' });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe.runIf(external === undefined)('what reaches a backend', () => {
  const rest = () => upstreams.rest.arrived.at(-1);

  test('the token of a user wins over the key', async () => {
    await ask('GET', '/rest/v1/things', { ...withKey('publishable'), authorization: 'Bearer a.user.token' });
    expect(rest()?.headers).toMatchObject({ authorization: 'Bearer a.user.token', apikey: translated.anonJwt });
  });

  test('an opaque key as bearer is no token of a user', async () => {
    await ask('GET', '/rest/v1/things', { ...withKey('secret'), authorization: `Bearer ${keys.publishable}` });
    expect(rest()?.headers.authorization).toBe(`Bearer ${translated.serviceJwt}`);
  });

  test('a key in the query is a key, and no filter', async () => {
    const answer = await ask('GET', `/rest/v1/things?id=eq.1&apikey=${keys.publishable}&select=a,b`);
    expect(answer.status).toBe(200);
    expect(rest()?.url).toBe('/things?id=eq.1&select=a,b');
  });

  test('where the request came from is said by the gateway alone', async () => {
    await ask('GET', '/rest/v1/things', {
      ...withKey('anon'),
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-host': 'evil.example',
      'x-real-ip': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
      'x-api-key': 'forged',
      'x-consumer-username': 'service_role',
    });
    const headers = rest()?.headers ?? {};
    expect(JSON.stringify(headers)).not.toMatch(/6\.6\.6\.6|evil|forged|service_role/);
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-path': '/rest/v1/things',
    });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('the answer carries the request id and one word on origins', async () => {
    const answer = await ask('GET', '/rest/v1/things', {
      ...withKey('anon'),
      origin: 'https://app.example.com',
      'x-request-id': 'trace-0001',
    });
    expect(answer.headers.get('x-request-id')).toBe('trace-0001');
    expect(rest()?.headers['x-request-id']).toBe('trace-0001');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(answer.headers.get('x-from-upstream')).toBe('rest');
  });
});

describe('WebSockets', () => {
  const connect = (path: string): WebSocket => new WebSocket(`${base.replace(/^http/, 'ws')}${path}`);

  test('without a key there is none', async () => {
    expect(await statusOf(connect('/realtime/v1/websocket?vsn=1.0.0'))).toBe(401);
  });

  test('an unknown key is none', async () => {
    expect(await statusOf(connect(`/realtime/v1/websocket?apikey=${keys.unknown}`))).toBe(401);
  });

  test('the tenant API stays closed', async () => {
    expect(await statusOf(connect(`/realtime/v1/api/tenants?apikey=${keys.secret}`))).toBe(403);
  });

  test.runIf(external === undefined)(
    'the key in the query becomes a JWT, frames pass both ways, a close is a close',
    async () => {
      const socket = connect(`/realtime/v1/websocket?apikey=${keys.publishable}&vsn=1.0.0`);
      await event(socket, 'open');
      const echo = new Promise<string>((resolve) => {
        socket.once('message', (data) => resolve(String(data)));
      });
      socket.send('hello');
      expect(await echo).toBe('hello');
      const arrived = upstreams.realtime.arrived.at(-1);
      expect(arrived?.url).toBe(`/socket/websocket?vsn=1.0.0&apikey=${translated.anonJwt}`);
      expect(arrived?.headers['x-api-key']).toBe(translated.anonJwt);
      const closed = new Promise<number>((resolve) => {
        socket.once('close', (code) => resolve(code));
      });
      socket.close(1000);
      expect(await closed).toBe(1000);
    },
  );
});

function statusOf(socket: WebSocket): Promise<number> {
  return new Promise((resolve, reject) => {
    socket.once('unexpected-response', (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    socket.once('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.once('error', reject);
  });
}

const event = (socket: WebSocket, name: 'open'): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once(name, () => resolve());
    socket.once('error', reject);
  });
