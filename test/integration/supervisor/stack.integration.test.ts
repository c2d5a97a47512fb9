import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { programFile } from '../../../embedded/node-program.ts';
import { roleContext } from '../../../embedded/roles/role-context.ts';
import { roleTable } from '../../../embedded/roles/role-table.ts';
import { supervisorPid } from '../../../embedded/supervisor-process.ts';
import { processStart } from '../../../stack/process-identity.ts';
import type { ServiceStatus } from '../../../stack/runtime.ts';
import { openStack } from '../../../stack/stack.ts';
import { freePort } from '../../support/free-port.ts';
import { startRole } from '../../support/role.ts';
import { StackCli } from '../../support/stack-cli.ts';
import { waitFor } from '../../support/wait.ts';

const cli = new StackCli();
const tenant = 'acme';
const server = (...args: string[]) => cli.run(['server', ...args, '--tenant', tenant]);
const service = async (name: string): Promise<ServiceStatus> => {
  const found = (await cli.status(tenant)).services.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
};

beforeAll(async () => {
  await cli.json(['server', 'init', '--tenant', tenant]);
});
afterAll(() => cli.close());

/** Only what is told to go on is awaited; the stack as a whole must be healthy again. */
const healthyAgain = () =>
  waitFor(async () => (await cli.status(tenant)).status === 'running', { timeoutMs: 40_000, what: 'a healthy stack' });

describe('an embedded stack', () => {
  it('is whole after init, and the administrator is logged in', async () => {
    const report = await cli.status(tenant);
    expect(report).toMatchObject({ status: 'running', health: { status: 'ok' } });
    const me = await cli.json<{ user: unknown }>(['whoami']);
    expect(JSON.stringify(me)).toContain('admin@acme.local');
    expect(await server('init')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('stack_exists') });
  });

  it.each(['rest', 'auth', 'realtime', 'hatchet', 'gateway', 'api', 'worker-standard', 'postgres'])(
    'starts a killed %s again',
    async (name) => {
      const before = (await service(name)).pid;
      if (before === null) throw new Error(`${name} has no process`);
      process.kill(before, 'SIGKILL');
      await waitFor(async () => (await service(name)).pid !== before && (await service(name)).restarts === 1, {
        timeoutMs: 30_000,
        what: `another ${name}`,
      });
      await healthyAgain();
    },
    90_000,
  );

  it('after kill -9 of the supervisor: says so, and start takes over', async () => {
    const pid = supervisorPid(cli.layout(tenant));
    if (pid === null) throw new Error('no supervisor');
    const children = (await cli.status(tenant)).services.flatMap((one) => (one.pid === null ? [] : [one.pid]));
    process.kill(pid, 'SIGKILL');
    await waitFor(() => processStart(pid) === null, { timeoutMs: 5_000, what: 'its end' });
    const seen = await server('status');
    expect(seen).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('server start --tenant acme') });
    expect((await cli.status(tenant)).status).toBe('error');
    expect(await server('start')).toMatchObject({ exitCode: 0 });
    expect(children.filter((child) => child !== pid && processStart(child) !== null)).toEqual([]);
    await healthyAgain();
  }, 90_000);

  it('after kill -9 of the supervisor: stop ends everything', async () => {
    process.kill(supervisorPid(cli.layout(tenant)) ?? 0, 'SIGKILL');
    expect(await server('stop')).toMatchObject({ exitCode: 0 });
    expect(cli.leftovers(tenant)).toEqual([]);
    expect(await server('status')).toMatchObject({ exitCode: 5, stdout: expect.stringContaining('stopped') });
  }, 60_000);

  it('names the taken port and who has it, starts nothing, and tells where to change it', async () => {
    const { realtime } = cli.settings(tenant).ports;
    const holder = createServer().listen(realtime, '127.0.0.1');
    await once(holder, 'listening');
    try {
      const { exitCode, stderr } = await server('start');
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`Port ${realtime} (realtime) is taken by process ${process.pid}`);
      expect(stderr).toContain('"ports.realtime"');
      expect(cli.leftovers(tenant)).toEqual([]);
    } finally {
      holder.close();
    }
  }, 60_000);

  it('runs a foreign program in a role: a second copy of one of ours, with the environment that the role gets', async () => {
    cli.changeSettings(tenant, (settings) => ({
      ...settings,
      roles: {
        auth: { program: process.execPath, args: [programFile('embedded/auth/main')], env: { GOTRUE_JWT_EXP: '600' } },
      },
    }));
    expect(await server('start')).toMatchObject({ exitCode: 0 });
    expect(await service('auth')).toMatchObject({ state: 'running', health: 'healthy' });
    const { url, health } = await cli.status(tenant);
    expect(health?.status).toBe('ok');
    const { adminPassword } = openStack(cli.baseDir, tenant).secrets;
    const answer = await fetch(`${url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'admin@acme.local', password: adminPassword }),
    });
    const { expiresAt } = z.object({ expiresAt: z.number() }).parse(await answer.json());
    expect(expiresAt - Date.now() / 1000).toBeLessThan(700);
  }, 60_000);

  it('sends everybody to a URL for a role: starts nothing for it, and asks its health there', async () => {
    const context = roleContext(openStack(cli.baseDir, tenant), 'unused');
    const port = await freePort();
    const env = {
      ...roleTable.rest.env(context),
      PGRST_SERVER_PORT: String(port),
      PGRST_ADMIN_SERVER_PORT: String(await freePort()),
    };
    const copy = await startRole(programFile('embedded/rest/main'), env, {
      ready: async () => (await fetch(`http://127.0.0.1:${port}/`)).status < 500,
    });
    try {
      cli.changeSettings(tenant, (settings) => ({ ...settings, roles: { rest: { url: `http://127.0.0.1:${port}` } } }));
      expect(await server('stop')).toMatchObject({ exitCode: 0 });
      expect(await server('start')).toMatchObject({ exitCode: 0 });
      expect(await service('rest')).toMatchObject({ state: 'running', health: 'healthy', pid: null });
      expect((await cli.status(tenant)).health?.status).toBe('ok');
      await copy.kill();
      await waitFor(async () => (await service('rest')).health === 'unhealthy', {
        timeoutMs: 30_000,
        what: 'its end to be seen',
      });
      expect((await cli.status(tenant)).status).toBe('error');
    } finally {
      await copy.kill();
      cli.changeSettings(tenant, (settings) => ({ ...settings, roles: {} }));
      await server('stop');
    }
  }, 120_000);

  it('stops a start whose migrations fail, with the migrator\u2019s own words, and leaves nothing running', async () => {
    expect(await server('start')).toMatchObject({ exitCode: 0 });
    const context = roleContext(openStack(cli.baseDir, tenant), 'unused');
    const client = new pg.Client({ connectionString: context.databaseUrl('supabase_admin') });
    await client.connect();
    const { rows } = await client.query(
      "update private.migrations set checksum = 'x' where version = 2 returning file",
    );
    await client.end();
    await server('stop');
    const { exitCode, stderr } = await server('start');
    expect(exitCode).toBe(5);
    expect(stderr).toContain(String(rows[0]?.file));
    expect(stderr).toContain('migrations.log');
    expect(cli.leftovers(tenant)).toEqual([]);
    expect((await cli.status(tenant)).status).toBe('stopped');
  }, 60_000);

  it('says what is wrong with a damaged server.json, and destroys such a stack too', async () => {
    writeFileSync(cli.layout(tenant).serverFile, '{"version": 1, "tenant": ');
    for (const verb of ['start', 'status', 'stop']) {
      const { exitCode, stderr } = await server(verb);
      expect(exitCode).toBe(1);
      expect(stderr).toContain('server.json is not valid JSON');
    }
    expect(await cli.json(['server', 'list'])).toMatchObject([{ tenant, status: 'error' }]);
    expect(await cli.run(['doctor', '--tenant', tenant])).toMatchObject({
      exitCode: 5,
      stdout: expect.stringContaining('server.json is not valid JSON'),
    });
    expect(await server('destroy', '--yes')).toMatchObject({ exitCode: 0 });
    expect(existsSync(cli.layout(tenant).dir)).toBe(false);
    expect(existsSync(cli.layout(tenant).lockFile)).toBe(false);
  }, 60_000);
});
