import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { integrationSchema } from '../../../contracts/integration.ts';
import { StackCli } from '../../support/stack-cli.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let owner: User;
let viewer: User;
let account: string;

beforeAll(async () => {
  stack = await startServerStack(['api']);
  owner = await stack.user('owner');
  viewer = await stack.user('viewer');
  const made = await stack.call('POST', '/accounts', { token: owner.token, body: { slug: 'acme', name: 'Acme' } });
  account = made.body.id;
  const row = { account_id: account, user_id: viewer.id, role: 'viewer' };
  const { error } = await stack.as(owner.token).from('accounts_memberships').insert(row);
  if (error !== null) throw error;
  await stack.call('POST', '/projects', { token: owner.token, body: { slug: 'site', repositoryUrl: '/site' } });
  await stack.call('POST', '/projects/site/environments', { token: owner.token, body: { slug: 'dev' } });
  const key = await stack.service.rpc('ensure_credentials_key');
  if (key.error !== null) throw key.error;
});
afterAll(() => stack?.stop());

const name = (): string => `i-${randomBytes(6).toString('hex')}`;
const newSecret = (): string => `secret-${randomBytes(12).toString('hex')}`;
const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}, by = owner) =>
  stack.call(method, `/integrations${path}`, { token: by.token, headers, ...(body === undefined ? {} : { body }) });
const create = async (body: Record<string, unknown> = {}): Promise<string> =>
  (await call('POST', '', { name: name(), ...body })).body.id;

/** Everything that the stack's processes have logged. */
const logged = (): string => [...stack.roles.values()].map((role) => role.output()).join('\n');

describe('integrations in the API', () => {
  it('are made of an account or a project, once for a key, and listed with filters', async () => {
    const [ofAccount, ofProject] = [name(), name()];
    const key = { 'idempotency-key': name() };
    const made = await call('POST', '', { name: ofAccount, provider: 'slack' }, key);
    expect(made.status).toBe(201);
    expect(integrationSchema.parse(made.body)).toMatchObject({
      accountId: account,
      projectId: null,
      scope: 'account',
      status: 'empty',
      secretVersion: 0,
      version: 1,
    });
    const again = await call('POST', '', { name: ofAccount, provider: 'slack' }, key);
    expect([again.body.id, again.headers.get('idempotency-replayed')]).toEqual([made.body.id, 'true']);
    expect((await call('POST', '', { name: ofAccount })).status).toBe(409);
    await create({ name: ofProject, project: 'site' });
    await create({ name: ofAccount, project: 'site' });
    const ofEnvironment = await call('POST', '', { name: ofAccount, project: 'site', environment: 'dev' });
    expect(ofEnvironment.body).toMatchObject({ scope: 'environment', accountId: account });
    const names = async (query: string): Promise<string[]> =>
      (await call('GET', query, undefined, {}, viewer)).body.items.map((item: { name: string }) => item.name);
    expect(await names('?project=site')).toEqual([ofAccount, ofAccount, ofProject]);
    expect(await names('?project=site&environment=dev')).toEqual([ofAccount]);
    expect(await names(`?name=${ofAccount}`)).toEqual([ofAccount, ofAccount, ofAccount]);
    expect(await names('?provider=slack')).toEqual([ofAccount]);
    const page = (await call('GET', '?limit=2')).body;
    expect(page.items.length).toBe(2);
    expect(await names(`?limit=2&cursor=${page.nextCursor}`)).toEqual([ofProject, ofAccount]);
  });

  it('change under the version that was read; the refusals are problems', async () => {
    const id = await create();
    expect((await call('GET', `/${id}`)).headers.get('etag')).toBe('"1"');
    expect((await call('PATCH', `/${id}`, { enabled: false })).status).toBe(428);
    const disabled = await call('PATCH', `/${id}`, { enabled: false }, { 'if-match': '"1"' });
    expect([disabled.status, disabled.body.status, disabled.headers.get('etag')]).toEqual([200, 'disabled', '"2"']);
    const stale = await call('PATCH', `/${id}`, { enabled: true }, { 'if-match': '"1"' });
    expect([stale.status, stale.body.code]).toEqual([409, 'version_conflict']);
    expect((await call('PATCH', `/${id}`, {}, { 'if-match': '*' })).status).toBe(422);
    const byViewer = await call('DELETE', `/${id}`, undefined, {}, viewer);
    expect([byViewer.status, byViewer.body.code]).toEqual([403, 'forbidden']);
    expect((await call('DELETE', `/${id}`)).status).toBe(204);
    const gone = await call('GET', `/${id}`);
    expect([gone.status, gone.body.suggestion]).toEqual([404, 'List the integrations: sfp integration list']);
  });

  it('take a secret and show it nowhere: no answer, no table through REST, no log', async () => {
    const id = await create();
    const value = newSecret();
    const set = (body: unknown, headers: Record<string, string>, by = owner) =>
      call('PUT', `/${id}/secret`, body, headers, by);
    expect((await set({ value }, {})).status).toBe(428);
    expect((await set({ value }, { 'if-match': '*' }, viewer)).status).toBe(403);
    const answered = await set({ value }, { 'if-match': '"1"' });
    expect([answered.status, answered.body.status, answered.headers.get('etag')]).toEqual([200, 'active', '"2"']);
    const stale = await set({ value: newSecret() }, { 'if-match': '"1"' });
    expect([stale.status, stale.body.code]).toEqual([409, 'version_conflict']);
    expect(stale.body.conflict).toMatchObject({ expectedVersion: 1, currentVersion: 2, current: { id } });
    for (const bad of ['short', 'with a \0 in it', 'half a \ud800 pair', 'x'.repeat(65_537)]) {
      const refused = await set({ value: bad }, { 'if-match': '*' });
      expect([refused.status, refused.body.errors[0].path]).toEqual([422, 'value']);
      expect(JSON.stringify(refused.body)).not.toContain(bad);
    }
    const answers = [answered.body, (await call('GET', `/${id}`)).body, (await call('GET', '')).body];
    for (const token of [owner.token, viewer.token]) {
      answers.push((await stack.as(token).from('integrations').select('*')).data);
      const direct = await stack.as(token).schema('private').from('integration_credentials').select('*');
      expect(direct.error).not.toBeNull();
      for (const [rpc, parameters] of [
        ['read_task_credentials', { p_task_id: id, p_attempt: 1, p_names: [] }],
        ['rotate_credentials_key', {}],
      ] as const) {
        const { error } = await stack.as(token).rpc(rpc, parameters);
        expect(error?.code).toBe('42501');
      }
    }
    answers.push((await stack.call('GET', '/audit', { token: owner.token })).body);
    expect(JSON.stringify(answers)).not.toContain(value);
    expect(logged()).toContain('/integrations');
    expect(logged()).not.toContain(value);
  });

  it('without its key a secret is neither stored nor made up', async () => {
    const id = await create();
    const key = await stack.owner.query(
      `select decrypted_secret as key from vault.decrypted_secrets where name = 'sfp_credentials_key'`,
    );
    await stack.owner.query(`delete from vault.secrets where name = 'sfp_credentials_key'`);
    const refused = await call('PUT', `/${id}/secret`, { value: newSecret() }, { 'if-match': '*' });
    expect([refused.status, refused.body.code]).toEqual([409, 'credentials_key_missing']);
    await stack.owner.query(`select vault.create_secret($1, 'sfp_credentials_key')`, [key.rows[0]?.key]);
    expect((await call('PUT', `/${id}/secret`, { value: newSecret() }, { 'if-match': '*' })).status).toBe(200);
  });
});

describe('sfp integration', () => {
  const cli = new StackCli();
  afterAll(() => cli.close());

  it('creates, shows, changes and deletes; the secret comes from stdin or a file and is printed nowhere', async () => {
    const login = ['login', stack.url, '--name', 'boss', '--email', owner.email, '--password-stdin'];
    expect((await cli.run(login, { input: owner.password })).exitCode).toBe(0);
    const printed: string[] = [];
    const sfp = async (args: readonly string[], input?: string) => {
      const run = await cli.run(['integration', ...args], input === undefined ? {} : { input });
      printed.push(run.stdout, run.stderr);
      return run;
    };
    const [first, second, called] = [newSecret(), newSecret(), name()];
    const made = await sfp(['create', called, '--provider', 'jenkins', '--secret-stdin', '--json'], `${first}\n`);
    expect(JSON.parse(made.stdout)).toMatchObject({ name: called, provider: 'jenkins', status: 'active' });
    expect((await sfp(['create', called, '--project', 'site'])).stdout).toContain('empty');
    const path = join(cli.home, 'secret');
    writeFileSync(path, `${second}\n`, { mode: 0o600 });
    const set = await sfp(['set-secret', called, '--project', 'site', '--secret-file', path, '--json']);
    expect(JSON.parse(set.stdout)).toMatchObject({ scope: 'project', secretVersion: 1, status: 'active' });
    expect((await sfp(['list', '--project', 'site'])).stdout).toMatch(
      new RegExp(`${called} +generic +project +active`),
    );
    expect((await sfp(['get', called])).stdout).toMatch(/scope +account/);
    expect((await sfp(['update', called, '--disable'])).stdout).toContain('disabled');
    const stale = await sfp(['set-secret', called, '--secret-stdin', '--if-version', '1'], second);
    expect([stale.exitCode, stale.stderr]).toEqual([1, expect.stringContaining('version_conflict')]);
    const short = await sfp(['set-secret', called, '--secret-stdin'], 'short');
    expect([short.exitCode, short.stderr]).toEqual([1, expect.stringContaining('at least 6 characters')]);
    expect((await sfp(['set-secret', called])).stderr).toContain('--secret-stdin');
    expect((await sfp(['set-secret', called, '--secret', 'on the line'])).exitCode).toBe(2);
    expect((await sfp(['delete', called, '--yes'])).stdout).toContain('deleted');
    const gone = await sfp(['get', called]);
    expect([gone.exitCode, gone.stderr]).toEqual([1, expect.stringContaining('--project')]);
    expect(printed.join('\n')).not.toContain(first);
    expect(printed.join('\n')).not.toContain(second);
  });
});
