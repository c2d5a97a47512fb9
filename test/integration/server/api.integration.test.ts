import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meSchema, sessionSchema } from '../../../contracts/api/auth.ts';
import { newApplicationToken } from '../../../contracts/application-token.ts';
import { deploymentSchema } from '../../../contracts/deployment.ts';
import { problemSchema } from '../../../contracts/error.ts';
import { routes } from '../../../contracts/permissions/routes.ts';
import { environmentSchema, projectSchema } from '../../../contracts/project.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { schemaVersion } from '../../../contracts/schema-version.ts';
import { taskSchema } from '../../../contracts/task.ts';
import { taskEventSchema } from '../../../contracts/task-event.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let owner: User;
let member: User;
let viewer: User;
let outsider: User;
let account: string;

beforeAll(async () => {
  stack = await startServerStack(['api']);
  owner = await stack.user('owner');
  member = await stack.user('member');
  viewer = await stack.user('viewer');
  outsider = await stack.user('outsider');
  const made = await stack.call('POST', '/accounts', { token: owner.token, body: { slug: 'acme', name: 'Acme' } });
  account = made.body.id;
  const { error } = await stack
    .as(owner.token)
    .from('accounts_memberships')
    .insert([
      { account_id: account, user_id: member.id, role: 'member' },
      { account_id: account, user_id: viewer.id, role: 'viewer' },
    ]);
  if (error !== null) throw error;
  await stack.call('POST', '/projects', {
    token: owner.token,
    body: { slug: 'site', repositoryUrl: '/repositories/site' },
  });
  await stack.call('POST', '/projects/site/environments', { token: owner.token, body: { slug: 'dev' } });
});
afterAll(() => stack?.stop());

const deploy = async (token: string, headers: Record<string, string> = {}) =>
  stack.call('POST', '/deployments', { token, headers, body: { project: 'site', environment: 'dev', ref: 'v1' } });

describe('open routes', () => {
  it('version, config and liveness need no token', async () => {
    expect((await stack.call('GET', '/version')).body).toEqual({
      platform: expect.any(String),
      schema: schemaVersion,
      api: 'v1',
    });
    expect((await stack.call('GET', '/config')).body).toEqual({
      publishableKey: stack.context.secrets.publishableKey,
      tenant: 'test',
    });
    expect((await stack.call('GET', '/health/live')).status).toBe(200);
  });

  it('health asks each part: what is not there is down', async () => {
    const { status, body } = await stack.call('GET', '/health');
    expect(body.parts).toMatchObject({
      database: { status: 'ok', detail: `schema ${schemaVersion}` },
      auth: { status: 'ok' },
      realtime: { status: 'ok' },
      engine: { status: 'down' },
      workers: { status: 'down' },
    });
    expect([status, body.status]).toEqual([503, 'down']);
  });

  it('describes itself: OpenAPI 3.1 with every route, and a page that loads nothing', async () => {
    const { body } = await stack.call('GET', '/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const undocumented = ['/openapi.json', '/docs', '/invite', '/login', '/internal/dispatch'];
    const paths = Object.keys(routes).map((route) => route.split(' ')[1] ?? '');
    const documented = [...new Set(paths)].filter((path) => !undocumented.includes(path));
    expect(Object.keys(body.paths).sort()).toEqual(documented.map((path) => `/api/v1${path}`).sort());
    const docs = await stack.call('GET', '/docs');
    expect(docs.body).not.toMatch(/(src|href)="(https?:)?\/\//);
  });
});

describe('sessions', () => {
  it('login, me, refresh, logout', async () => {
    const { email, password } = await stack.user('session');
    const login = await stack.call('POST', '/auth/login', { body: { email, password } });
    const session = sessionSchema.parse(login.body);
    const me = await stack.call('GET', '/me', { token: session.accessToken });
    expect(meSchema.parse(me.body)).toMatchObject({ user: { email }, accounts: [], applicationTokenId: null });
    const refreshed = await stack.call('POST', '/auth/refresh', { body: { refreshToken: session.refreshToken } });
    const next = sessionSchema.parse(refreshed.body);
    expect((await stack.call('POST', '/auth/logout', { token: next.accessToken })).status).toBe(204);
    expect((await stack.call('POST', '/auth/refresh', { body: { refreshToken: next.refreshToken } })).status).toBe(401);
  });

  it('a wrong password is told from a wrong body, and guessing is slowed', async () => {
    const wrong = () => stack.call('POST', '/auth/login', { body: { email: 'guess@example.test', password: 'x' } });
    const first = await wrong();
    expect(first.status).toBe(401);
    expect(problemSchema.parse(first.body)).toMatchObject({
      code: 'invalid_credentials',
      requestId: expect.any(String),
    });
    for (let n = 0; n < 9; n += 1) await wrong();
    const limited = await wrong();
    expect([limited.status, limited.body.code]).toEqual([429, 'rate_limited']);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    const malformed = await stack.call('POST', '/auth/login', { body: { email: 'no address', password: '' } });
    expect(malformed.status).toBe(422);
    expect(
      problemSchema
        .parse(malformed.body)
        .errors?.map(({ path }) => path)
        .sort(),
    ).toEqual(['email', 'password']);
    expect((await stack.call('POST', '/auth/login', { body: '{' })).status).toBe(400);
  });

  it('without a token, with a broken one and with another stack’s: 401', async () => {
    const foreign = `${owner.token.split('.').slice(0, 2).join('.')}.${'A'.repeat(86)}`;
    for (const token of [
      undefined,
      'nonsense',
      foreign,
      newApplicationToken(),
      'sfp_at_mistyped',
      stack.context.secrets.anonToken,
    ]) {
      const { status, body, headers } = await stack.call('GET', '/me', { token });
      expect([status, body.code, headers.get('content-type')]).toEqual([
        401,
        'unauthorized',
        'application/problem+json',
      ]);
    }
  });
});

describe('resources', () => {
  it('projects and environments are found by id and by slug', async () => {
    const bySlug = await stack.call('GET', '/projects/site', { token: viewer.token });
    const project = projectSchema.parse(bySlug.body);
    expect(bySlug.headers.get('etag')).toBe('"1"');
    expect((await stack.call('GET', `/projects/${project.id}`, { token: viewer.token })).body).toEqual(bySlug.body);
    const list = await stack.call('GET', '/projects/site/environments', { token: viewer.token });
    const [environment] = pageSchema(environmentSchema).parse(list.body).items;
    expect(environment).toMatchObject({ slug: 'dev', category: 'dev', projectId: project.id, accountId: account });
    expect((await stack.call('GET', `/environments/${environment?.id}`, { token: viewer.token })).status).toBe(200);
  });

  it('an outsider finds nothing, through API and REST alike', async () => {
    const { body: made } = await deploy(member.token);
    for (const path of [
      '/projects/site',
      `/projects/${made.projectId}`,
      '/projects/site/environments',
      `/environments/${made.environmentId}`,
      `/deployments/${made.id}`,
      `/tasks/${made.taskId}`,
      `/tasks/${made.taskId}/events`,
    ]) {
      const { status, body } = await stack.call('GET', path, { token: outsider.token });
      expect([path, status, body.code]).toEqual([path, 404, 'not_found']);
      expect(body.suggestion).toMatch(/: sfp (project|environment|deployment|task) list/);
    }
    for (const path of ['/accounts', '/projects', '/deployments', '/tasks', '/tokens']) {
      expect((await stack.call('GET', path, { token: outsider.token })).body).toEqual({ items: [], nextCursor: null });
    }
    for (const [method, path] of [
      ['POST', `/deployments/${made.id}/cancel`],
      ['POST', `/deployments/${made.id}/retry`],
      ['POST', `/tasks/${made.taskId}/cancel`],
    ] as const) {
      const { status, body } = await stack.call(method, path, { token: outsider.token });
      expect([status, body.suggestion]).toEqual([404, expect.stringMatching(/sfp (deployment|task) list/)]);
    }
    for (const table of [
      'accounts',
      'projects',
      'environments',
      'deployments',
      'tasks',
      'task_events',
      'audit_log',
      'application_tokens',
    ]) {
      expect(await stack.as(outsider.token).from(table).select()).toMatchObject({ data: [], error: null });
    }
  });

  it('a viewer reads but does not act', async () => {
    const { body: made } = await deploy(member.token);
    expect((await stack.call('GET', `/deployments/${made.id}`, { token: viewer.token })).status).toBe(200);
    for (const refused of [
      await deploy(viewer.token),
      await stack.call('POST', `/tasks/${made.taskId}/cancel`, { token: viewer.token }),
      await stack.call('POST', '/projects', { token: member.token, body: { slug: 'mine', repositoryUrl: '/x' } }),
      await stack.call('POST', '/tokens', { token: viewer.token, body: { name: 'x' } }),
    ]) {
      expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
      expect(refused.body.suggestion).toBeTruthy();
    }
  });

  it('a taken slug is a conflict, an unknown environment a 404, a bad body names its fields', async () => {
    const taken = await stack.call('POST', '/projects', {
      token: owner.token,
      body: { slug: 'site', repositoryUrl: '/x' },
    });
    expect([taken.status, taken.body.code]).toEqual([409, 'already_exists']);
    const unknown = await stack.call('POST', '/deployments', {
      token: member.token,
      body: { project: 'site', environment: 'nope' },
    });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'not_found']);
    expect(unknown.body.suggestion).toMatch(/sfp environment list --project \S+$/);
    const bad = await stack.call('POST', '/projects', { token: owner.token, body: { slug: 'No!', repositoryUrl: '' } });
    expect(bad.status).toBe(422);
    expect(bad.body.errors.map(({ path }: { path: string }) => path).sort()).toEqual(['repositoryUrl', 'slug']);
    expect((await stack.call('GET', '/nowhere', { token: owner.token })).status).toBe(404);
    for (const [path, list] of [
      ['/tasks/not-a-uuid', 'sfp task list'],
      ['/deployments/not-a-uuid', 'sfp deployment list'],
      ['/environments/not-a-uuid', 'sfp environment list'],
    ] as const) {
      const { status, body } = await stack.call('GET', path, { token: owner.token });
      expect([status, body.suggestion]).toEqual([422, expect.stringContaining(list)]);
    }
  });
});

describe('changing a project or an environment', () => {
  const change = async (path: string, body: unknown, version?: string, token = owner.token) =>
    stack.call('PATCH', path, { token, body, headers: version === undefined ? {} : { 'if-match': version } });
  const read = async (path: string) => (await stack.call('GET', path, { token: owner.token })).body;

  it('changes what is named, of the version that was read, and answers the new one', async () => {
    const make = { slug: 'moving', repositoryUrl: '/repositories/old' };
    const { body: made } = await stack.call('POST', '/projects', { token: owner.token, body: make });
    const moved = await change('/projects/moving', { repositoryUrl: '/repositories/new', defaultRef: 'trunk' }, '"1"');
    expect([moved.status, moved.headers.get('etag')]).toEqual([200, '"2"']);
    expect(projectSchema.parse(moved.body)).toEqual({
      ...made,
      repositoryUrl: '/repositories/new',
      defaultRef: 'trunk',
      version: 2,
      updatedAt: expect.any(String),
    });
    const body = { slug: 'dev', variables: { A: '1', B: '2' } };
    const { body: dev } = await stack.call('POST', '/projects/moving/environments', { token: owner.token, body });
    const changed = await change(`/environments/${dev.id}`, { variables: { A: '3' }, category: 'test' }, '"1"');
    expect(environmentSchema.parse(changed.body)).toMatchObject({
      variables: { A: '3' },
      category: 'test',
      name: 'dev',
      version: 2,
    });
    expect((await change(`/environments/${dev.id}`, { name: 'Any' }, '*')).body).toMatchObject({
      name: 'Any',
      version: 3,
    });
  });

  it('refuses a stale change with both versions, also of two at the same moment', async () => {
    const before = await read('/projects/moving');
    const both = await Promise.all(
      ['A', 'B'].map((name) => change('/projects/moving', { name }, `"${before.version}"`)),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const refused = both.find(({ status }) => status === 409);
    expect(problemSchema.parse(refused?.body)).toMatchObject({
      code: 'version_conflict',
      detail: `Your change was made to version ${before.version}; it is now at version ${before.version + 1}.`,
    });
    expect(refused?.headers.get('etag')).toBe(`"${before.version + 1}"`);
    const [dev] = (await read('/projects/moving/environments')).items;
    const stale = await change(`/environments/${dev.id}`, { name: 'Late' }, '"1"');
    expect([stale.status, stale.body.detail]).toEqual([409, expect.stringMatching(/version 1; .* version 3/)]);
    expect(await read(`/environments/${dev.id}`)).toEqual(dev);
  });

  it('needs a version, a known field, and the role admin', async () => {
    const path = '/projects/moving';
    const { version } = await read(path);
    const now = `"${version}"`;
    const answers = [
      [await change(path, { name: 'X' }), 428, 'version_required'],
      [await change(path, { name: 'X' }, 'latest'), 400, 'if_match_invalid'],
      [await change(path, {}, now), 422, 'request_invalid'],
      [await change(path, { slug: 'other' }, now), 422, 'request_invalid'],
      [await change(path, { name: 'X' }, now, member.token), 403, 'forbidden'],
      [await change(path, { name: 'X' }, now, outsider.token), 404, 'not_found'],
    ] as const;
    for (const [{ status, body }, ...expected] of answers) expect([status, body.code]).toEqual(expected);
    expect((await read(path)).version).toBe(version);
  });
});

describe('deployments', () => {
  it('a deployment comes with its queued task, event and outbox row, from the API or straight through REST', async () => {
    const viaApi = deploymentSchema.parse((await deploy(member.token)).body);
    expect(viaApi).toMatchObject({ status: 'queued', ref: 'v1', requestedBy: member.id });
    const { data } = await stack
      .as(member.token)
      .from('deployments')
      .insert({ account_id: account, project_id: viaApi.projectId, environment_id: viaApi.environmentId, ref: 'v2' })
      .select('id')
      .single();
    const viaRest = deploymentSchema.parse(
      (await stack.call('GET', `/deployments/${data?.id}`, { token: viewer.token })).body,
    );
    for (const { taskId } of [viaApi, viaRest]) {
      const task = taskSchema.parse((await stack.call('GET', `/tasks/${taskId}`, { token: viewer.token })).body);
      expect(task).toMatchObject({ status: 'queued', type: 'deployment', lastSeq: 1, attempt: 0 });
      const events = await stack.call('GET', `/tasks/${taskId}/events`, { token: viewer.token });
      expect(pageSchema(taskEventSchema).parse(events.body)).toMatchObject({
        items: [{ seq: 1, kind: 'task', data: { status: 'queued' } }],
        nextCursor: null,
      });
      const { rows } = await stack.owner.query('select kind from private.outbox where task_id = $1', [taskId]);
      expect(rows).toEqual([{ kind: 'task.dispatch' }]);
    }
  });

  it('cancel and retry move the deployment', async () => {
    const { body: made } = await deploy(member.token);
    const cancelled = await stack.call('POST', `/deployments/${made.id}/cancel`, { token: member.token });
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled']);
    const retried = await stack.call('POST', `/deployments/${made.id}/retry`, { token: member.token });
    expect([retried.status, retried.body.status]).toEqual([201, 'queued']);
    expect(retried.body.taskId).not.toBe(made.taskId);
    const again = await stack.call('POST', `/deployments/${made.id}/retry`, { token: member.token });
    expect([again.status, again.body.code]).toEqual([409, 'deployment_not_retryable']);
    const task = await stack.call('POST', `/tasks/${retried.body.taskId}/cancel`, { token: member.token });
    expect(taskSchema.parse(task.body).status).toBe('cancelled');
  });

  it('lists filter, and pages stay the same while new rows come in', async () => {
    for (let n = 0; n < 5; n += 1) await deploy(member.token);
    const seen: string[] = [];
    let cursor: string | null = null;
    const { rows } = await stack.owner.query('select count(*)::int as n from public.deployments where status = $1', [
      'queued',
    ]);
    do {
      const query = new URLSearchParams({
        limit: '2',
        status: 'queued',
        project: 'site',
        environment: 'dev',
        ...(cursor ? { cursor } : {}),
      });
      const { status, body } = await stack.call('GET', `/deployments?${query}`, { token: viewer.token });
      expect(status).toBe(200);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
      await deploy(member.token);
    } while (cursor !== null);
    expect(seen).toHaveLength(rows[0]?.n);
    expect(new Set(seen).size).toBe(seen.length);
    expect((await stack.call('GET', '/tasks?cursor=nonsense', { token: viewer.token })).body.code).toBe(
      'cursor_invalid',
    );
  });
});

describe('Idempotency-Key', () => {
  it('gives the first answer again, refuses another body, and is each user’s own', async () => {
    const headers = { 'idempotency-key': 'deploy-once' };
    const [first, second] = [await deploy(member.token, headers), await deploy(member.token, headers)];
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect([first.headers.get('idempotency-replayed'), second.headers.get('idempotency-replayed')]).toEqual([
      null,
      'true',
    ]);
    const other = await stack.call('POST', '/deployments', {
      token: member.token,
      headers,
      body: { project: 'site', environment: 'dev', ref: 'v2' },
    });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect((await deploy(owner.token, headers)).body.id).not.toBe(first.body.id);
  });

  it('makes one of many at once, and forgets a request that failed', async () => {
    const headers = { 'idempotency-key': 'all-at-once' };
    const answers = await Promise.all(Array.from({ length: 6 }, () => deploy(member.token, headers)));
    const made = answers.filter(({ status }) => status === 201);
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
    expect(
      answers.filter(({ status }) => status !== 201).every(({ body }) => body.code === 'idempotency_key_busy'),
    ).toBe(true);
    const wrong = { 'idempotency-key': 'first-wrong' };
    const create = (slug: string) =>
      stack.call('POST', '/accounts', { token: member.token, headers: wrong, body: { slug, name: 'X' } });
    expect((await create('acme')).status).toBe(409);
    expect((await create('other')).status).toBe(201);
  });
});

describe('application tokens', () => {
  it('work wherever a user token does, under the same RLS, in their account only, until revoked', async () => {
    const { id: userId, token: session } = await stack.user('robot');
    for (const slug of ['robots', 'humans'])
      await stack.call('POST', '/accounts', { token: session, body: { slug, name: slug } });
    const accounts = (await stack.call('GET', '/accounts', { token: session })).body.items;
    const robots = accounts.find(({ slug }: { slug: string }) => slug === 'robots').id;
    const unclear = await stack.call('POST', '/tokens', { token: session, body: { name: 'ci' } });
    expect([unclear.status, unclear.body.code]).toEqual([422, 'account_ambiguous']);
    const headers = { 'idempotency-key': 'one-token' };
    const made = await stack.call('POST', '/tokens', {
      token: session,
      headers,
      body: { name: 'ci', accountId: robots },
    });
    expect(made.status).toBe(201);
    const { token, id } = made.body;
    expect(token).toMatch(/^sfp_at_/);
    // The replayed answer holds the token again; the database does not.
    expect(
      (await stack.call('POST', '/tokens', { token: session, headers, body: { name: 'ci', accountId: robots } })).body
        .token,
    ).toBe(token);
    const { rows } = await stack.owner.query('select body from private.idempotency_keys where key = $1', ['one-token']);
    expect(JSON.stringify(rows)).not.toContain(token);

    const me = await stack.call('GET', '/me', { token });
    expect(me.body).toMatchObject({
      user: { id: userId },
      applicationTokenId: id,
      accounts: [{ slug: 'robots', role: 'owner' }],
    });
    expect((await stack.call('GET', '/accounts', { token })).body.items).toHaveLength(1);
    const exchanged = await stack.call('POST', '/auth/token', { body: { token } });
    expect(exchanged.body.expiresAt - Date.now() / 1_000).toBeLessThanOrEqual(600);
    const db = stack.as(exchanged.body.accessToken);
    expect((await db.from('accounts').select('slug')).data).toEqual([{ slug: 'robots' }]);
    expect((await stack.call('POST', '/tokens', { token, body: { name: 'another' } })).status).toBe(403);
    expect((await stack.call('POST', '/auth/logout', { token })).body.code).toBe('person_required');

    expect((await stack.call('DELETE', `/tokens/${id}`, { token: session })).status).toBe(204);
    expect((await db.from('accounts').select('slug')).data).toEqual([]);
    // The token was used a moment ago, so that the API remembers it; revoked, it and its user token are refused at once.
    for (const revoked of [token, exchanged.body.accessToken]) {
      const refused = await stack.call('GET', '/accounts', { token: revoked });
      expect([refused.status, refused.body.code]).toEqual([401, 'unauthorized']);
    }
    expect((await stack.call('POST', '/auth/token', { body: { token } })).status).toBe(401);
    expect((await stack.call('POST', '/auth/token', { body: { token: newApplicationToken() } })).status).toBe(401);
    const listed = await stack.call('GET', '/tokens', { token: session });
    expect(listed.body.items).toMatchObject([{ id, name: 'ci', revokedAt: expect.any(String) }]);
    expect(JSON.stringify(listed.body)).not.toContain(token);
  });
});

describe('a body that is too large', () => {
  it('is answered as that, and the connection carries on, through the gateway too', async () => {
    const body = JSON.stringify({ slug: 'large', name: 'x'.repeat(3_000_000) });
    for (const base of [stack.url, stack.context.urls.api]) {
      for (let round = 0; round < 3; round += 1) {
        const headers = { 'content-type': 'application/json', authorization: `Bearer ${owner.token}` };
        const refused = await fetch(`${base}/api/v1/accounts`, { method: 'POST', headers, body });
        expect([refused.status, problemSchema.parse(await refused.json()).code]).toEqual([413, 'body_too_large']);
        const next = await fetch(`${base}/api/v1/auth/token`, { method: 'POST', headers, body: '{}' });
        expect([next.status, problemSchema.parse(await next.json()).code]).toEqual([422, 'request_invalid']);
      }
    }
  });
});

describe('the dispatch call', () => {
  it('wants the secret', async () => {
    const call = (secret: string) =>
      stack.call('POST', '/internal/dispatch', { headers: { 'x-sfp-dispatch': secret } });
    expect((await call('wrong')).status).toBe(401);
    expect((await call(stack.context.secrets.dispatchSecret)).status).toBe(202);
  });
});

describe('the log', () => {
  it('has a line per request and no secret', async () => {
    const output = stack.roles.get('api')?.output() ?? '';
    expect(output).toContain('"path":"/api/v1/auth/login"');
    const { secretKey, dispatchSecret, jwtSigningKey } = stack.context.secrets;
    for (const secret of [
      owner.token,
      owner.password,
      secretKey,
      dispatchSecret,
      String(jwtSigningKey.d),
      stack.context.hatchetToken,
    ]) {
      expect(output).not.toContain(secret);
    }
    expect(output).not.toMatch(/sfp_at_[A-Za-z0-9_-]{20}/);
  });
});
