import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApiClient } from '../../../client/api/client.ts';
import { createAuthApi } from '../../../client/auth/auth-api.ts';
import { sessionCredentials } from '../../../client/auth/session-credentials.ts';
import { FakeStack, password, user } from './fake-stack.ts';

describe('the API client against a stack', () => {
  let stack: FakeStack;
  beforeEach(async () => {
    stack = await FakeStack.start();
  });
  afterEach(() => stack.stop());

  const client = () => {
    const auth = createAuthApi({ url: stack.url });
    const credentials = sessionCredentials({
      session: stack.session(),
      refresh: ({ refreshToken }) => auth.refresh(refreshToken),
    });
    return createApiClient({ url: stack.url, credentials });
  };

  it('logs in and out', async () => {
    const auth = createAuthApi({ url: stack.url });
    expect(await auth.login(user.email, password)).toMatchObject({ user });
    await expect(auth.login(user.email, 'wrong')).rejects.toMatchObject({
      name: 'SfpError',
      code: 'invalid_credentials',
      status: 401,
      requestId: expect.any(String),
    });
    await client().logout();
  });

  it('makes and finds things, with a key of its own for each that it makes', async () => {
    const api = client();
    const project = await api.projects.create({ slug: 'site', repositoryUrl: '/srv/site' });
    expect(await api.projects.get('site')).toEqual(project);
    await api.environments.create('site', { slug: 'dev' });
    await api.deployments.create({ project: 'site', environment: 'dev' }, { idempotencyKey: 'mine' });
    expect(stack.idempotencyKeys).toEqual([expect.any(String), expect.any(String), 'mine']);
    expect(new Set(stack.idempotencyKeys).size).toBe(3);
  });

  it('changes the version that was read, and no later one', async () => {
    const api = client();
    const { version } = await api.projects.create({ slug: 'site', repositoryUrl: '/srv/site' });
    const changed = await api.projects.update('site', { repositoryUrl: '/srv/new' }, { version });
    expect(changed).toMatchObject({ repositoryUrl: '/srv/new', defaultRef: 'main', version: version + 1 });
    const stale = api.projects.update('site', { name: 'Late' }, { version });
    await expect(stale).rejects.toMatchObject({ code: 'version_conflict', status: 409 });
    const { id } = await api.environments.create('site', { slug: 'dev' });
    const dev = await api.environments.update(id, { variables: { A: '1' } }, { version: 1 });
    expect(dev).toMatchObject({ variables: { A: '1' }, version: 2 });
  });

  it('renews a refused session once for all requests under way', async () => {
    const api = client();
    stack.accessTokens.clear();
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.me()));
    expect(answers).toHaveLength(8);
    expect(stack.refreshes).toBe(1);
  });

  it('reports the refusal when the session cannot be renewed', async () => {
    const api = client();
    stack.accessTokens.clear();
    stack.refreshTokens.clear();
    await expect(api.me()).rejects.toMatchObject({ code: 'unauthorized', status: 401 });
  });
});

describe('the API client against a server in trouble', () => {
  let server: Server;
  let answers: ((response: ServerResponse) => void)[];
  const asked: string[] = [];
  const config = { publishableKey: 'sb_publishable_x', tenant: 'test' };
  const status =
    (code: number, body: string = JSON.stringify(config)) =>
    (response: ServerResponse) => {
      response.writeHead(code);
      response.end(body);
    };

  beforeEach(async () => {
    asked.length = 0;
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      (answers.shift() ?? status(200))(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  it('asks again for what only reads', async () => {
    answers = [status(503, 'starting'), (response) => response.destroy(), status(200)];
    expect(await createApiClient({ url: url() }).config()).toEqual(config);
    expect(asked).toHaveLength(3);
  });

  it('does not repeat what may have happened', async () => {
    answers = [(response) => response.destroy()];
    const creating = createApiClient({ url: url() }).accounts.create({ slug: 'acme', name: 'Acme' });
    await expect(creating).rejects.toMatchObject({ code: 'server_unreachable' });
    expect(asked).toEqual(['POST /api/v1/accounts']);
  });

  it('gives up on a server that keeps silent', async () => {
    answers = [() => undefined];
    const creating = createApiClient({ url: url(), timeoutMs: 50 }).accounts.create({ slug: 'acme', name: 'Acme' });
    await expect(creating).rejects.toMatchObject({ code: 'server_unreachable', suggestion: expect.any(String) });
  });

  it('says what a page of something else is', async () => {
    answers = [status(404, '<html>nginx</html>')];
    await expect(createApiClient({ url: url() }).config()).rejects.toMatchObject({
      code: 'unexpected_answer',
      suggestion: expect.stringContaining('URL'),
    });
    answers = [status(200, '{"publishableKey": 7}')];
    await expect(createApiClient({ url: url() }).config()).rejects.toMatchObject({
      code: 'unexpected_answer',
      detail: expect.stringContaining('publishableKey'),
    });
  });

  it('answers with the health also when that is bad', async () => {
    const parts = Object.fromEntries(
      ['database', 'auth', 'realtime', 'engine', 'workers'].map((part) => [part, { status: 'ok' }]),
    );
    const health = { status: 'down', parts: { ...parts, engine: { status: 'down', detail: 'no answer' } } };
    answers = [status(503, JSON.stringify(health))];
    expect(await createApiClient({ url: url() }).health()).toEqual(health);
    expect(asked).toHaveLength(1);
  });
});
