import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentSchema } from '../../../contracts/deployment.ts';
import { StackCli } from '../../support/stack-cli.ts';
import { waitFor } from '../../support/wait.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let owner: User;
let admin: User;
let viewer: User;
let account: string;
beforeAll(async () => {
  stack = await startServerStack(['api']);
  [owner, admin, viewer] = (await Promise.all(['owner', 'admin', 'viewer'].map((name) => stack.user(name)))) as [
    User,
    User,
    User,
  ];
  account = (await call('POST', '/accounts', { slug: 'acme', name: 'Acme' })).body.id;
  for (const [user, role] of [
    [admin, 'admin'],
    [viewer, 'viewer'],
  ] as const) {
    const row = { account_id: account, user_id: user.id, role };
    const { error } = await stack.as(owner.token).from('accounts_memberships').insert(row);
    if (error !== null) throw error;
  }
  await call('POST', '/projects', { slug: 'site', repositoryUrl: '/site' });
});
afterAll(() => stack?.stop());

const call = (method: string, path: string, body?: unknown, by = owner, headers: Record<string, string> = {}) =>
  stack.call(method, path, { token: by.token, headers, ...(body === undefined ? {} : { body }) });
const environment = async (protection: unknown): Promise<string> =>
  (await call('POST', '/projects/site/environments', { slug: `e-${randomUUID().slice(0, 8)}`, protection })).body.id;
const deploy = async (protection: unknown) =>
  (await call('POST', '/deployments', { project: 'site', environment: await environment(protection) })).body;

describe('protection in the API', () => {
  it('is written whole, shown, and refused where it could never be met, by the name of the field', async () => {
    const id = await environment({});
    const protection = {
      requiredApprovals: 2,
      approvers: { role: 'owner', users: [admin.id] },
      allowedBranches: ['main'],
    };
    const patched = await call('PATCH', `/environments/${id}`, { protection, branchPattern: 'release/*' }, owner, {
      'if-match': '"1"',
    });
    expect(patched.body).toMatchObject({ protection, branchPattern: 'release/*', version: 2 });
    expect((await call('GET', `/environments/${id}`, undefined, viewer)).body).toMatchObject({ protection });
    const refused = async (candidate: unknown) => {
      const { status, body } = await call('PATCH', `/environments/${id}`, { protection: candidate }, owner, {
        'if-match': '*',
      });
      return [status, body.errors?.[0].path ?? body.code];
    };
    expect(await refused({ requiredApprovals: 11 })).toEqual([422, 'protection.requiredApprovals']);
    expect(await refused({ requiredApprovals: 1, approvers: {} })).toEqual([422, 'protection.approvers']);
    expect(await refused({ approvals: 1 })).toEqual([422, 'protection.approvals']);
    expect(await refused({ approvers: { users: [randomUUID()] } })).toEqual([422, 'party_not_member']);
    const lifted = await call('PATCH', `/environments/${id}`, { protection: {}, branchPattern: null }, owner, {
      'if-match': '"2"',
    });
    expect(lifted.body).toMatchObject({ protection: {}, branchPattern: null });
  });

  it('refuses a deployment with the rule and the way out', async () => {
    const id = await environment({ allowedBranches: ['main'], deployers: { users: [owner.id] } });
    const body = { project: 'site', environment: id };
    const branch = await call('POST', '/deployments', { ...body, ref: 'feature' });
    expect([branch.status, branch.body.code]).toEqual([409, 'branch_not_allowed']);
    expect(branch.body.suggestion).toContain(`sfp environment get ${id}`);
    const person = await call('POST', '/deployments', body, admin);
    expect([person.status, person.body.code]).toEqual([403, 'environment_protected']);
    expect(person.body.suggestion).toContain(`sfp environment get ${id}`);
    expect((await call('POST', '/deployments', body)).status).toBe(201);
  });
});

describe('approvals in the API', () => {
  it('are asked for, given, listed', async () => {
    const made = await deploy({ requiredApprovals: 1 });
    expect(deploymentSchema.parse(made)).toMatchObject({
      status: 'awaiting_approval',
      approval: { status: 'pending', required: 1, approvers: { role: 'admin' } },
    });
    const waiting = (await call('GET', '/deployments?status=awaiting_approval')).body.items;
    expect(waiting.map(({ id }: { id: string }) => id)).toEqual([made.id]);
    const decide = (verb: string, by: User, comment = '') =>
      call('POST', `/deployments/${made.id}/${verb}`, { comment }, by);
    const own = await decide('approve', owner);
    expect([own.status, own.body.code]).toEqual([403, 'own_deployment']);
    const byViewer = await decide('approve', viewer);
    expect([byViewer.status, byViewer.body.code]).toEqual([403, 'not_an_approver']);
    expect((await decide('approve', admin, 'x'.repeat(2_001))).body.errors[0].path).toBe('comment');
    const approved = await decide('approve', admin, 'looks good');
    expect([approved.status, approved.body.status]).toEqual([200, 'queued']);
    const late = await decide('reject', admin);
    expect([late.status, late.body.code]).toEqual([409, 'nothing_to_approve']);
    const { items } = (await call('GET', `/deployments/${made.id}/approvals`, undefined, viewer)).body;
    expect(items).toMatchObject([{ email: admin.email, decision: 'approved', comment: 'looks good', counts: true }]);
    expect((await call('GET', `/deployments/${randomUUID()}/approvals`)).status).toBe(404);
  });

  it('run out by the server’s own sweep', async () => {
    const made = await deploy({ requiredApprovals: 1 });
    await stack.owner.query('update public.deployments set approval_expires_at = now() where id = $1', [made.id]);
    const expired = await waitFor(
      async () => {
        const { body } = await call('GET', `/deployments/${made.id}`);
        return body.status === 'expired' ? body : undefined;
      },
      { timeoutMs: 20_000, what: 'the deployment to expire' },
    );
    expect(expired.failure).toMatchObject({
      code: 'approval_expired',
      suggestion: expect.stringContaining('sfp deploy'),
    });
  });
});

describe('settings in the API', () => {
  it('are said at a project or its account, taken back, and shown with where they come from', async () => {
    const path = '/projects/site/settings';
    const read = (await call('GET', path, undefined, viewer)).body;
    expect(read).toMatchObject({ entries: {}, version: 1 });
    expect(read.effective.artifactRetentionDays).toEqual({ value: 90, source: 'platform' });
    await call('PATCH', '/settings', { artifactRetentionDays: 60 }, admin, { 'if-match': '"1"' });
    expect((await call('GET', path)).body.effective.artifactRetentionDays).toEqual({ value: 60, source: 'account' });
    const said = await call('PATCH', path, { artifactRetentionDays: 7 }, admin, { 'if-match': '"1"' });
    expect(said.body.effective.artifactRetentionDays).toEqual({ value: 7, source: 'project' });
    const stale = await call('PATCH', path, { artifactRetentionDays: 8 }, admin, { 'if-match': '"1"' });
    expect([stale.status, stale.body.conflict.currentVersion]).toEqual([409, 2]);
    const back = await call('PATCH', path, { artifactRetentionDays: null }, admin, { 'if-match': '"2"' });
    expect(back.body).toMatchObject({ entries: {}, version: 3 });
    expect(
      (await call('PATCH', path, { artifactRetentionDays: 0 }, admin, { 'if-match': '*' })).body.errors[0].path,
    ).toBe('artifactRetentionDays');
    expect((await call('PATCH', path, { retention: 1 }, admin, { 'if-match': '*' })).status).toBe(422);
    expect((await call('PATCH', path, { artifactRetentionDays: 9 }, viewer, { 'if-match': '*' })).status).toBe(403);
  });
});

describe('associations in the API', () => {
  it('are made, changed under their version and forgotten', async () => {
    const path = '/projects/site/associations';
    const made = await call('POST', path, { host: 'github', repository: 'acme/site', defaultBranch: 'main' }, admin);
    expect([made.status, made.body.hostUrl]).toEqual([201, 'https://github.com']);
    expect((await call('POST', path, { host: 'github', repository: 'acme/site' }, admin)).body.code).toBe(
      'already_exists',
    );
    expect((await call('POST', path, { host: 'github', repository: 'acme' }, admin)).body.errors[0].path).toBe(
      'repository',
    );
    const one = `/associations/${made.body.id}`;
    expect((await call('GET', one, undefined, viewer)).headers.get('etag')).toBe('"1"');
    const off = await call('PATCH', one, { status: 'disabled', defaultBranch: null }, admin, { 'if-match': '"1"' });
    expect(off.body).toMatchObject({ status: 'disabled', defaultBranch: null, version: 2 });
    const wrong = await call('PATCH', one, { integrationId: randomUUID() }, admin, { 'if-match': '"2"' });
    expect([wrong.status, wrong.body.code]).toEqual([409, 'reference_missing']);
    expect((await call('GET', path, undefined, viewer)).body.items).toHaveLength(1);
    expect((await call('DELETE', one, undefined, viewer)).status).toBe(403);
    expect((await call('DELETE', one, undefined, admin)).status).toBe(204);
  });
});

describe('a change that comes too late', () => {
  it.each([
    ['project', (): string => '/projects/site', { name: 'Mine' }, { name: 'Theirs' }, 'name'],
    [
      'environment',
      async (): Promise<string> => {
        const id: string = await environment({});
        return `/environments/${id}`;
      },
      { branchPattern: 'a' },
      { branchPattern: 'b' },
      'branchPattern',
    ],
    ['member', (): string => `/members/${viewer.id}`, { role: 'viewer' }, { role: 'member' }, 'role'],
  ] as const)('to a %s is shown both versions', async (_, place, mine, theirs, field) => {
    const path: string = await place();
    const { version } = (await call('GET', path)).body;
    const etag = { 'if-match': `"${version}"` };
    expect((await call('PATCH', path, theirs, owner, etag)).status).toBe(200);
    const { status, body, headers } = await call('PATCH', path, mine, owner, etag);
    expect([status, body.code, headers.get('etag')]).toEqual([409, 'version_conflict', `"${version + 1}"`]);
    expect(body.conflict).toMatchObject({
      expectedVersion: version,
      currentVersion: version + 1,
      current: theirs,
      differences: [{ field, yours: Object.values(mine)[0], current: Object.values(theirs)[0] }],
    });
    if (path.startsWith('/members')) await call('PATCH', path, mine, owner, { 'if-match': '*' });
  });
});

describe('commands', () => {
  const cli = new StackCli();
  afterAll(() => cli.close());
  const passwordFile = join(cli.home, 'password');
  const login = async (user: User): Promise<void> => {
    writeFileSync(passwordFile, user.password, { mode: 0o600 });
    const args = [
      'login',
      stack.url,
      '--email',
      user.email,
      '--password-file',
      passwordFile,
      '--name',
      user.email.split('@')[0] ?? '',
    ];
    const { exitCode, stderr } = await cli.run(args);
    if (exitCode !== 0) throw new Error(stderr);
  };
  const sfp = (by: string, ...args: string[]) => cli.run([...args, '--context', by]);

  it('protect, show in words, approve, set, associate, and show what differs', async () => {
    await login(owner);
    await login(admin);
    await sfp('owner', 'environment', 'create', 'live', '--project', 'site', '--branch-pattern', 'main');
    const protect = ['environment', 'protect', 'live', '--project', 'site'];
    const said = await sfp(
      'owner',
      ...protect,
      '--approvals',
      '2',
      '--approver-role',
      'owner',
      '--approver',
      admin.email,
      '--branch',
      'main',
      '--branch',
      'release/*',
      '--deployer-role',
      'member',
      '--approval-timeout',
      '2d',
    );
    expect(said.stdout, said.stderr).toMatch(/approvals +2 by owners, admin@example\.test, within 48 h 00 min/);
    const shown = (await sfp('owner', 'environment', 'get', 'live', '--project', 'site')).stdout;
    expect(shown).toMatch(/branch +main\n/);
    expect(shown).toMatch(/branches +only main, release\/\*/);
    expect(shown).toMatch(/deployers +members and up/);
    await sfp('owner', ...protect, '--approvals', '1', '--any-branch');
    expect((await sfp('owner', 'environment', 'list', '--project', 'site')).stdout).toMatch(
      /live .*1 approval, deployers/,
    );
    expect((await sfp('owner', ...protect)).exitCode).toBe(2);
    expect((await sfp('owner', ...protect, '--none', '--approvals', '1')).exitCode).toBe(2);
    expect((await sfp('owner', ...protect, '--approver', 'nobody@example.test')).stderr).toContain('sfp member list');

    const started = await sfp('owner', 'deploy', '--project', 'site', '--environment', 'live', '--detach', '--json');
    const { id } = JSON.parse(started.stdout);
    expect(started.stderr).toContain(`sfp deployment approve ${id}`);
    const waiting = await sfp('owner', 'deployment', 'approvals', id);
    expect(waiting.stdout).toMatch(
      /deployment +awaiting approval\napprovals +0 of 1\napprovers +owners, admin@example\.test\nuntil/,
    );
    const own = await sfp('owner', 'deployment', 'approve', id);
    expect([own.exitCode, own.stderr]).toEqual([4, expect.stringContaining('own_deployment')]);
    expect((await sfp('admin', 'deployment', 'approve', id, '--comment', 'fine by me')).stdout).toContain('queued');
    expect((await sfp('owner', 'deployment', 'approvals', id)).stdout).toMatch(
      /admin@example\.test +approved +fine by me/,
    );

    await sfp('owner', ...protect, '--none');
    expect((await sfp('owner', 'environment', 'get', 'live', '--project', 'site')).stdout).toMatch(
      /approvals +none needed/,
    );

    const set = await sfp(
      'owner',
      'project',
      'settings',
      'set',
      'site',
      'approvalTimeoutSeconds=4h',
      'artifactRetentionCount=5',
    );
    expect(set.stdout, set.stderr).toMatch(/approvalTimeoutSeconds +14400 +project/);
    expect((await sfp('owner', 'project', 'settings', 'get', 'site', 'artifactRetentionCount')).stdout).toMatch(
      /artifactRetentionCount +5 +project/,
    );
    expect((await sfp('owner', 'account', 'settings', 'set', 'artifactRetentionDays=')).stdout).toMatch(
      /artifactRetentionDays +90 +platform/,
    );
    expect((await sfp('owner', 'account', 'settings', 'set', 'retention=1')).exitCode).toBe(2);

    expect((await sfp('owner', 'project', 'associate', 'site', 'acme/app', '--branch', 'main')).stdout).toContain(
      'acme/app  active',
    );
    await sfp('owner', 'project', 'associate', 'site', 'acme/app', '--disable');
    expect((await sfp('owner', 'project', 'associations', 'site')).stdout).toMatch(
      /acme\/app +https:\/\/github\.com +main +none +disabled/,
    );
    expect((await sfp('owner', 'project', 'dissociate', 'site', 'acme/app')).stdout).toContain('dissociated');
    expect((await sfp('owner', 'project', 'dissociate', 'site', 'acme/app')).exitCode).toBe(1);

    await sfp('owner', 'environment', 'update', 'live', '--project', 'site', '--name', 'Theirs');
    const stale = await sfp(
      'owner',
      'environment',
      'update',
      'live',
      '--project',
      'site',
      '--name',
      'Mine',
      '--if-version',
      '1',
    );
    expect(stale.stderr).toMatch(
      /made to version 1; it is now at version \d+\.\n +field +yours +now\n +name +Mine +Theirs\n/,
    );
  }, 120_000);
});
