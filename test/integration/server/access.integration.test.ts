import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiClient } from '../../../client/api/client.ts';
import { createAuthApi } from '../../../client/auth/auth-api.ts';
import { sessionCredentials } from '../../../client/auth/session-credentials.ts';
import { isInvitationCode, readInvitation } from '../../../contracts/invitation.ts';
import { memberSchema } from '../../../contracts/member.ts';
import { StackCli } from '../../support/stack-cli.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let owner: User;
let admin: User;
let member: User;
let account: string;

beforeAll(async () => {
  stack = await startServerStack(['api']);
  owner = await stack.user('owner');
  admin = await stack.user('admin');
  member = await stack.user('member');
  const made = await stack.call('POST', '/accounts', { token: owner.token, body: { slug: 'acme', name: 'Acme' } });
  account = made.body.id;
  for (const [user, role] of [
    [admin, 'admin'],
    [member, 'member'],
  ] as const) {
    const row = { account_id: account, user_id: user.id, role };
    const { error } = await stack.as(owner.token).from('accounts_memberships').insert(row);
    if (error !== null) throw error;
  }
});
afterAll(() => stack?.stop());

const clientOf = (token: string) => {
  const session = { accessToken: token, refreshToken: 'none', expiresAt: Math.floor(Date.now() / 1_000) + 3_600 };
  const credentials = sessionCredentials({ session, refresh: () => Promise.reject(new Error('not asked for')) });
  return createApiClient({ url: stack.url, credentials });
};

describe('members', () => {
  it('are listed, found by id and address, page by page', async () => {
    const api = clientOf(member.token);
    const first = await api.members.list({ limit: 2 });
    const rest = await api.members.list({ limit: 2, cursor: first.nextCursor ?? '' });
    expect([...first.items, ...rest.items].map(({ email }) => email).sort()).toEqual(
      [owner, admin, member].map(({ email }) => email).sort(),
    );
    expect(rest.nextCursor).toBeNull();
    const found = await stack.call('GET', `/members/${admin.email.toUpperCase()}`, { token: member.token });
    expect(memberSchema.parse(found.body)).toMatchObject({ userId: admin.id, role: 'admin' });
    expect(found.headers.get('etag')).toBe('"1"');
  });

  it('change under the version that was read; a stale change shows both versions', async () => {
    const user = await stack.user('changing');
    await stack
      .as(owner.token)
      .from('accounts_memberships')
      .insert({ account_id: account, user_id: user.id, role: 'viewer' });
    const change = (role: string, headers: Record<string, string>, by = admin.token) =>
      stack.call('PATCH', `/members/${user.id}`, { token: by, headers, body: { role } });
    expect((await change('member', {})).status).toBe(428);
    const changed = await change('member', { 'if-match': '"1"' });
    expect([changed.status, changed.body.role, changed.headers.get('etag')]).toEqual([200, 'member', '"2"']);
    const stale = await change('viewer', { 'if-match': '"1"' });
    expect([stale.status, stale.body.code, stale.headers.get('etag')]).toEqual([409, 'version_conflict', '"2"']);
    expect(stale.body.detail).toMatch(/version 1.*version 2/);
    expect((await change('chief', { 'if-match': '*' })).body.errors[0].path).toBe('role');
    const toOwner = await change('owner', { 'if-match': '*' });
    expect([toOwner.status, toOwner.body.code]).toEqual([403, 'forbidden']);
    expect((await change('admin', { 'if-match': '*' }, member.token)).status).toBe(403);
    expect((await stack.call('DELETE', `/members/${user.id}`, { token: user.token })).status).toBe(204);
    expect((await stack.call('GET', `/members/${user.id}`, { token: owner.token })).status).toBe(404);
  });

  it('the last owner stays, an admin touches no owner', async () => {
    const last = await stack.call('DELETE', `/members/${owner.id}`, { token: owner.token });
    expect([last.status, last.body.code]).toEqual([409, 'last_owner']);
    expect((await stack.call('DELETE', `/members/${owner.id}`, { token: admin.token })).status).toBe(403);
    const demoted = await stack.call('PATCH', `/members/${owner.id}`, {
      token: owner.token,
      headers: { 'if-match': '*' },
      body: { role: 'admin' },
    });
    expect([demoted.status, demoted.body.code]).toEqual([409, 'last_owner']);
  });
});

describe('invitations', () => {
  it('show their code once; a repeated request with its key shows the same', async () => {
    const body = { email: 'Once@Example.test', role: 'viewer' };
    const ask = () =>
      stack.call('POST', '/invitations', { token: admin.token, body, headers: { 'idempotency-key': 'invite-1' } });
    const made = await ask();
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ email: 'once@example.test', role: 'viewer', state: 'open', invitedBy: admin.id });
    expect(isInvitationCode(made.body.code)).toBe(true);
    expect(readInvitation(made.body.link)).toEqual({ code: made.body.code, url: expect.stringMatching(/^http/) });
    expect((await ask()).body).toEqual(made.body);
    const listed = await stack.call('GET', '/invitations?state=open', { token: owner.token });
    expect(JSON.stringify(listed.body)).not.toContain(made.body.code);
    expect(listed.body.items).toMatchObject([{ id: made.body.id }]);
    const { rows } = await stack.owner.query('select hash from private.invitation_hashes');
    expect(JSON.stringify(rows)).not.toContain(made.body.code);
    const again = await stack.call('POST', '/invitations', { token: owner.token, body });
    expect([again.status, again.body.code]).toEqual([409, 'already_invited']);
    expect((await stack.call('DELETE', `/invitations/${made.body.id}`, { token: admin.token })).status).toBe(204);
    expect((await stack.call('POST', '/invitations/preview', { body: { code: made.body.code } })).body.code).toBe(
      'invitation_revoked',
    );
  });

  it('make a user where signing up is closed, and a member of it', async () => {
    const made = await clientOf(owner.token).invitations.create({ email: 'new@example.test', role: 'admin' });
    const preview = await createApiClient({ url: stack.url }).invitations.preview(made.code);
    expect(preview).toMatchObject({ email: 'new@example.test', registered: false, account: { slug: 'acme' } });
    const auth = createAuthApi({ url: stack.url });
    await expect(auth.signUpInvited(made.code, 'short')).rejects.toMatchObject({
      status: 422,
      detail: expect.stringContaining('password'),
    });
    const session = await auth.signUpInvited(made.code, 'a long password');
    expect((await clientOf(session.accessToken).me()).accounts).toMatchObject([{ slug: 'acme', role: 'admin' }]);
    await expect(auth.signUpInvited(made.code, 'a long password')).rejects.toMatchObject({
      code: 'invitation_accepted',
    });
    await auth.login('new@example.test', 'a long password');
  });

  it('make one user when they are accepted many times at once, and wait for whoever was cut off behind that', async () => {
    const made = await clientOf(owner.token).invitations.create({ email: 'many@example.test' });
    const body = { code: made.code, password: 'a long password' };
    const answers = await Promise.all([1, 2, 3, 4].map(() => stack.call('POST', '/invitations/sign-up', { body })));
    const codes = answers.map((answer) => (answer.status === 200 ? 'made' : answer.body.code)).sort();
    expect(codes.filter((code) => code === 'made')).toHaveLength(1);
    expect(new Set(codes)).toEqual(
      new Set(['made', ...codes.filter((code) => /^(user_exists|invitation_accepted)$/.test(code))]),
    );

    // The API server died between making the user and accepting: the user knows the password.
    const cut = await clientOf(owner.token).invitations.create({ email: 'cut@example.test' });
    const user = { email: 'cut@example.test', password: 'a long password', email_confirm: true };
    expect((await stack.service.auth.admin.createUser(user)).error).toBeNull();
    expect(await createApiClient({ url: stack.url }).invitations.preview(cut.code)).toMatchObject({ registered: true });
    const { accessToken } = await createAuthApi({ url: stack.url }).login(user.email, user.password);
    expect(await clientOf(accessToken).invitations.accept(cut.code)).toMatchObject({ role: 'member' });
  });

  it('of a user who exists are accepted by logging in, and made anew for whoever lost one', async () => {
    const user = await stack.user('existing');
    const made = await clientOf(admin.token).invitations.create({ email: user.email });
    const renewed = await clientOf(admin.token).invitations.resend(made.id);
    await expect(clientOf(user.token).invitations.accept(made.code)).rejects.toMatchObject({ status: 404 });
    await expect(clientOf(member.token).invitations.accept(renewed.code)).rejects.toMatchObject({
      code: 'invitation_for_another',
    });
    const signUp = await stack.call('POST', '/invitations/sign-up', {
      body: { code: renewed.code, password: 'a long password' },
    });
    expect([signUp.status, signUp.body.code]).toEqual([409, 'user_exists']);
    const accepted = await clientOf(user.token).invitations.accept(renewed.code);
    expect(await clientOf(user.token).invitations.accept(renewed.code)).toEqual(accepted);
    expect(accepted).toMatchObject({ email: user.email, role: 'member' });
  });

  it('have a page for browsers that loads nothing and sends nothing', async () => {
    const { status, body } = await stack.call('GET', '/invite');
    expect(status).toBe(200);
    expect(body).toContain('sfp invitation accept');
    expect(body).not.toMatch(/<script|(src|href|action)=/);
  });
});

describe('the audit log', () => {
  it('says who did what from where, with filters, page by page, to admins', async () => {
    const api = clientOf(admin.token);
    await stack.call('POST', '/projects', {
      token: admin.token,
      body: { slug: 'audited', repositoryUrl: '/x' },
      headers: { 'x-request-id': 'audited-request', 'user-agent': 'test/1' },
    });
    const [entry] = (await api.audit.list({ subject: 'project', actor: admin.email })).items;
    expect(entry).toMatchObject({
      actor: { userId: admin.id, email: admin.email, applicationTokenId: null },
      action: 'insert',
      detail: { slug: 'audited' },
      source: { requestId: 'audited-request', userAgent: 'test/1' },
    });
    const all: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await api.audit.list({ limit: 3, cursor });
      all.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(all).toEqual([...new Set(all)].sort((a, b) => b - a));
    const { rows } = await stack.owner.query('select count(*)::int as n from public.audit_log where account_id = $1', [
      account,
    ]);
    expect(all).toHaveLength(rows[0]?.n);
    const at = entry?.at ?? '';
    expect((await api.audit.list({ until: at, subject: 'project' })).items).toEqual([]);
    expect((await api.audit.list({ since: at, subject: 'project' })).items).toHaveLength(1);
    expect((await api.audit.list({ actor: owner.id, subjectId: entry?.subject.id ?? '' })).items).toEqual([]);
    expect((await clientOf(member.token).audit.list()).items).toEqual([]);
  });

  it('is only ever appended to: not even the platform’s own key changes a line', async () => {
    const line = () => stack.service.from('audit_log');
    const attempts = await Promise.all([
      line().update({ action: 'forged' }).gt('id', 0).select(),
      line().delete().gt('id', 0).select(),
      line().insert({ action: 'forged', actor_role: 'x', subject_type: 'x' }).select(),
    ]);
    expect(attempts.map(({ error }) => error?.code)).toEqual(attempts.map(() => '42501'));
  });
});

describe('the command line', () => {
  const cli = new StackCli();
  afterAll(() => cli.close());
  const file = (name: string, text: string): string => {
    const path = join(cli.home, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const login = async (name: string, { email, password }: User): Promise<void> => {
    const args = ['login', stack.url, '--name', name, '--email', email, '--password-stdin'];
    expect((await cli.run(args, { input: password })).exitCode).toBe(0);
  };

  it('invites, accepts as somebody new, changes a role, shows the log, removes', async () => {
    await login('boss', owner);
    const as = (name: string, ...args: string[]) => cli.run(['--context', name, ...args]);
    const invited = await as('boss', 'invitation', 'create', 'ann@example.test', '--role', 'viewer');
    expect(invited.stderr).toContain('not shown again');
    // The API server's own idea of its address is not the one of this test; the code is what counts.
    const code = readInvitation(invited.stdout)?.code ?? '';
    const codeFile = file('code', `${code}\n`);
    const accepted = await cli.run(
      ['invitation', 'accept', '--url', stack.url, '--code-file', codeFile, '--name', 'ann', '--password-stdin'],
      { input: 'a password of ann\n' },
    );
    expect([accepted.exitCode, accepted.stdout]).toEqual([0, expect.stringContaining('viewer of Acme (acme)')]);
    expect((await as('ann', 'whoami')).stdout).toMatch(/accounts +acme \(viewer\)/);
    // Logged in already: neither a password nor another login is needed.
    await stack.owner.query('update public.invitations set accepted_at = null, accepted_by = null where email = $1', [
      'ann@example.test',
    ]);
    const again = await cli.run(['invitation', 'accept', '--url', stack.url, '--code-file', codeFile, '--no-input']);
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining('on ann')]);

    const updated = await as('boss', 'member', 'update', 'ann@example.test', '--role', 'admin', '--json');
    expect(JSON.parse(updated.stdout)).toMatchObject({ email: 'ann@example.test', role: 'admin', version: 2 });
    expect((await as('boss', 'member', 'list')).stdout).toMatch(/ann@example\.test +admin/);
    const log = await as(
      'ann',
      'audit',
      'list',
      '--since',
      '1h',
      '--subject',
      'membership',
      '--action',
      'update',
      '--json',
    );
    expect(JSON.parse(log.stdout)[0]).toMatchObject({ actor: { email: owner.email }, detail: { role: 'admin' } });
    const open = await as('ann', 'invitation', 'list', '--state', 'accepted', '--json');
    expect(JSON.parse(open.stdout)).toContainEqual(expect.objectContaining({ email: 'ann@example.test' }));
    expect((await as('ann', 'member', 'remove', owner.email)).exitCode).toBe(4);
    expect((await as('boss', 'member', 'remove', 'ann@example.test', '--account', 'acme')).exitCode).toBe(0);
    expect((await as('ann', 'member', 'list')).stderr).toContain('no_account');
  });

  it('resends, revokes, and says what is wrong with a code', async () => {
    const as = (...args: string[]) => cli.run(['--context', 'boss', ...args]);
    const made = JSON.parse((await as('invitation', 'create', 'bob@example.test', '--json')).stdout);
    const renewed = JSON.parse((await as('invitation', 'resend', made.id, '--expires-days', '1', '--json')).stdout);
    expect(renewed.code).not.toBe(made.code);
    const accept = (text: string) =>
      cli.run(['invitation', 'accept', '--url', stack.url, '--code-stdin'], { input: text });
    expect((await accept(made.code)).stderr).toContain('invitation_unknown');
    expect((await accept(`${renewed.code}x`)).stderr).toContain('invitation_code_invalid');
    expect((await as('invitation', 'revoke', made.id)).stdout).toContain('Revoked');
    expect((await accept(renewed.code)).stderr).toContain('invitation_revoked');
    expect((await as('member', 'list', '--account', 'nowhere')).stderr).toContain('account_not_found');
    expect((await as('audit', 'list', '--since', 'long ago')).exitCode).toBe(2);
  });

  it('a token does what its scope says', async () => {
    const as = (...args: string[]) => cli.run(['--context', 'boss', ...args]);
    const { token } = JSON.parse((await as('token', 'create', 'ci', '--scope', 'deploy', '--json')).stdout);
    const env = { SFP_URL: stack.url, SFP_TOKEN: token };
    expect((await cli.run(['project', 'list'], { env })).exitCode).toBe(0);
    const refused = await cli.run(['project', 'create', 'nope', '--repository', '/x'], { env });
    expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining('--scope manage')]);
    const people = await cli.run(['member', 'remove', member.email], { env });
    expect([people.exitCode, people.stderr]).toEqual([4, expect.stringContaining('person_required')]);
  });
});
