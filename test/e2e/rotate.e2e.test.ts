import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { stackLayout } from '../../stack/layout.ts';
import { rolePassword } from '../../stack/role-password.ts';
import type { CliRun } from './support/cli.ts';
import { Home } from './support/home.ts';
import { ok } from './support/stack.ts';

const tenant = 'acme';

const secretsSchema = z.looseObject({
  databasePassword: z.string(),
  anonKey: z.string(),
  anonToken: z.string(),
  publishableKey: z.string(),
  secretKey: z.string(),
  rotation: z.unknown().optional(),
});
const rotatedSchema = z.object({
  resumed: z.boolean(),
  restarted: z.array(z.string()),
  interruptedMs: z.number().nullable(),
  proven: z.array(z.string()),
});
const contextsSchema = z.object({
  contexts: z.array(
    z.object({ publishableKey: z.string(), session: z.object({ accessToken: z.string(), refreshToken: z.string() }) }),
  ),
});

it('each secret of a stack is exchanged for a new one, also after a kill at any step: the old is refused, the new works', async () => {
  await using home = new Home();
  const layout = stackLayout(home.path('base'), tenant);
  const server = (...args: string[]): Promise<CliRun> => home.sfp('server', ...args, '--tenant', tenant);
  const rotate = (...args: string[]): Promise<CliRun> => server('rotate', ...args, '--yes', '--json');
  const rotated = (run: CliRun) => rotatedSchema.parse(ok(run).json());
  const secrets = () => secretsSchema.parse(JSON.parse(readFileSync(layout.secretsFile, 'utf8')));
  const login = () => contextsSchema.parse(JSON.parse(readFileSync(home.contextsFile, 'utf8'))).contexts[0];
  const whoami = async (): Promise<string> => ok(await home.sfp('whoami')).stdout;
  ok(await server('init'));
  const { ports } = z
    .object({ ports: z.object({ gateway: z.number(), postgres: z.number() }) })
    .parse(JSON.parse(readFileSync(layout.serverFile, 'utf8')));
  const status = async (apikey: string, bearer = ''): Promise<number> => {
    const headers = { apikey, ...(bearer === '' ? {} : { authorization: `Bearer ${bearer}` }) };
    const url = `http://127.0.0.1:${ports.gateway}/rest/v1/rpc/platform_schema`;
    const answer = await fetch(url, { method: 'POST', headers });
    await answer.body?.cancel();
    return answer.status;
  };
  const databaseAccepts = async (databasePassword: string): Promise<boolean> => {
    const login = { user: 'authenticator', password: rolePassword(databasePassword, 'authenticator') };
    const client = new pg.Client({ host: '127.0.0.1', port: ports.postgres, database: 'postgres', ...login });
    try {
      await client.connect();
      await client.end();
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: '28P01' });
      return false;
    }
  };
  const killedAt = async (step: string, ...args: string[]): Promise<void> => {
    const command = home.start('server', 'rotate', ...args, '--tenant', tenant, '--yes', '--json=stream');
    await command.line(step, (line) => line.type === 'step' && line.name === step);
    command.child.kill('SIGKILL');
    await command.exit;
  };
  const used: string[] = [];
  const remember = (): ReturnType<typeof secrets> => {
    const now = secrets();
    used.push(now.databasePassword, now.anonKey, now.anonToken, now.publishableKey, now.secretKey);
    return now;
  };

  // api-keys
  const first = remember();
  const keys = rotated(await rotate('api-keys'));
  expect(keys.restarted.sort()).toEqual(['api', 'gateway', 'worker-long', 'worker-standard']);
  expect([await status(first.publishableKey), await status(first.secretKey)]).toEqual([401, 401]);
  expect([await status(secrets().publishableKey), await status(secrets().secretKey)]).toEqual([200, 200]);
  expect(login()?.publishableKey).toBe(secrets().publishableKey);
  expect(await whoami()).toContain('admin@acme.local');

  // jwt, killed in the middle: a session goes on without a new token
  const second = remember();
  const session = login()?.session;
  const made = async (): Promise<unknown> => {
    const headers = { authorization: `Bearer ${session?.accessToken}`, 'idempotency-key': 'a-project' };
    const body = JSON.stringify({ slug: 'shop', name: 'Shop', repositoryUrl: 'https://git.acme.example/shop.git' });
    const url = `http://127.0.0.1:${ports.gateway}/api/v1/projects`;
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
    });
    return { status: answer.status, ...z.looseObject({}).parse(await answer.json()) };
  };
  const project = await made();
  expect(project).toMatchObject({ status: 201, slug: 'shop' });
  expect(await made()).toEqual(project);
  await killedAt('Restart what runs with the old ones', 'jwt');
  const begun = secrets();
  expect(await rotate('api-keys')).toMatchObject({ code: 1, stderr: expect.stringContaining('rotation_unfinished') });
  expect(rotated(await rotate('jwt')).resumed).toBe(true);
  expect(secrets()).toEqual({ ...begun, rotation: undefined });
  expect(await status(second.anonKey)).toBe(401);
  expect(await made()).toMatchObject({ status: 409, code: 'idempotency_answer_unreadable' });
  expect(await status(secrets().publishableKey, second.anonToken)).toBe(200);
  expect(await whoami()).toContain('admin@acme.local');
  expect(login()?.session).toEqual(session);

  // after a leak: tokens of before are refused, the login gets a new one by itself
  const third = remember();
  rotated(await rotate('jwt', '--revoke-previous'));
  expect(await status(secrets().publishableKey, third.anonToken)).toBe(401);
  expect(await status(secrets().publishableKey, session?.accessToken)).toBe(401);
  expect(await whoami()).toContain('admin@acme.local');
  expect(login()?.session.accessToken).not.toBe(session?.accessToken);

  // db-password: killed, and in the state that a kill between the database and the file leaves
  const expectPassword = async (old: string): Promise<void> => {
    expect(secrets().databasePassword).not.toBe(old);
    expect(secrets().rotation).toBeUndefined();
    expect([await databaseAccepts(secrets().databasePassword), await databaseAccepts(old)]).toEqual([true, false]);
  };
  const fourth = remember();
  await killedAt('Bring the database its password', 'db-password');
  expect(rotated(await rotate('db-password')).proven).not.toEqual([]);
  await expectPassword(fourth.databasePassword);
  const fileBehind = (before: ReturnType<typeof secrets>): void => {
    const { databasePassword } = secrets();
    const rotation = { kind: 'db-password', startedAt: 'before', retired: {}, next: { databasePassword } };
    writeFileSync(layout.secretsFile, JSON.stringify({ ...before, rotation }));
  };
  fileBehind(fourth);
  expect(rotated(await rotate('db-password')).resumed).toBe(true);
  await expectPassword(fourth.databasePassword);

  // a stopped stack has them from its next start
  ok(await server('stop'));
  const fifth = remember();
  for (const kind of ['jwt', 'api-keys', 'db-password']) {
    expect(rotated(await rotate(kind))).toMatchObject({ interruptedMs: null, restarted: [], proven: [] });
  }
  fileBehind({ ...secrets(), databasePassword: fifth.databasePassword });
  ok(await server('start'));
  ok(await rotate('db-password'));
  await expectPassword(fifth.databasePassword);
  expect(await status(fifth.secretKey)).toBe(401);
  expect(await whoami()).toContain('admin@acme.local');

  // the Vault
  const vault = await server('rotate', 'vault-check', '--json');
  expect(ok(vault).json()).toMatchObject({ ok: true, checks: [{ ok: true }, { ok: true }, { ok: true }] });
  chmodSync(layout.vaultKeyFile, 0o644);
  expect(await server('rotate', 'vault-check')).toMatchObject({
    code: 5,
    stdout: expect.stringContaining('chmod 600'),
  });
  chmodSync(layout.vaultKeyFile, 0o600);

  // nothing of it in a log
  remember();
  const logs = [...readdirSync(layout.logsDir).map((name) => join(layout.logsDir, name)), layout.journalFile];
  for (const path of logs.filter((one) => existsSync(one))) {
    const text = readFileSync(path, 'latin1');
    expect(
      used.filter((secret) => text.includes(secret)),
      path,
    ).toEqual([]);
  }
});
