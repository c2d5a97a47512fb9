import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findLeftovers } from '../../embedded/supervisor/leftovers.ts';
import { readJournal } from '../../stack/journal.ts';
import { stackLayout } from '../../stack/layout.ts';
import { processStart } from '../../stack/process-identity.ts';
import { waitFor } from '../support/wait.ts';
import { Home } from './support/home.ts';
import { ok } from './support/stack.ts';

const statusSchema = z.object({
  status: z.string(),
  url: z.string(),
  services: z.array(z.object({ name: z.string(), pid: z.number().nullable(), health: z.string() })),
});

const pidsOf = (services: z.infer<typeof statusSchema>['services']): number[] =>
  services.flatMap(({ pid }) => (pid === null ? [] : [pid]));

describe('sfp server', () => {
  it('init, status, list, stop, start, logs, destroy: each says what is, the last leaves nothing', async () => {
    await using home = new Home();
    const baseDir = home.path('base');
    const layout = stackLayout(baseDir, 'acme');
    ok(await home.sfp('server', 'init', '--tenant', 'acme', '--json'));
    expect(statSync(layout.secretsFile).mode & 0o777).toBe(0o600);
    const secrets = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(layout.secretsFile, 'utf8')));

    const status = statusSchema.parse(ok(await home.sfp('server', 'status', '--tenant', 'acme', '--json')).json());
    expect(status.status).toBe('running');
    expect(status.services.filter(({ health }) => health !== 'healthy')).toEqual([]);
    expect(ok(await home.sfp('server', 'list', '--json')).json()).toMatchObject([
      { tenant: 'acme', status: 'running' },
    ]);
    expect(ok(await home.sfp('doctor', '--tenant', 'acme', '--json')).json()).toMatchObject({ ok: true });

    for (const pid of pidsOf(status.services)) {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      expect(Object.values(secrets).filter((one) => typeof one === 'string' && line.includes(one))).toEqual([]);
    }

    ok(await home.sfp('server', 'stop', '--tenant', 'acme'));
    expect(pidsOf(status.services).filter((pid) => processStart(pid) !== null)).toEqual([]);
    expect((await home.sfp('server', 'status', '--tenant', 'acme')).code).toBe(5);

    ok(await home.sfp('server', 'start', '--tenant', 'acme'));
    ok(await home.sfp('whoami'));
    expect(ok(await home.sfp('server', 'logs', '--tenant', 'acme', '-s', 'api', '--tail', '5')).stdout).not.toBe('');
    const logs = readdirSync(layout.logsDir).map((name) => readFileSync(join(layout.logsDir, name), 'utf8'));
    const leaked = Object.entries(secrets).filter(
      ([, one]) => typeof one === 'string' && logs.some((log) => log.includes(one)),
    );
    expect(leaked.map(([name]) => name).filter((name) => name !== 'hatchetTenantId')).toEqual([]);

    const refused = await home.sfp('server', 'destroy', '--tenant', 'acme');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    ok(await home.sfp('server', 'destroy', '--tenant', 'acme', '--yes'));
    expect(findLeftovers(layout)).toEqual([]);
    expect(readdirSync(join(baseDir, 'tenants'))).toEqual([]);
    expect(ok(await home.sfp('context', 'list', '--json')).stdout).not.toContain('acme');
  });

  it('finishes an init that was killed', async () => {
    await using home = new Home();
    const layout = stackLayout(home.path('base'), 'acme');
    const first = home.start('server', 'init', '--tenant', 'acme', '--json=stream');
    await first.line('the start', (line) => line.type === 'step' && line.name === 'Start the stack');
    first.child.kill('SIGKILL');
    await first.exit;
    const secrets = readFileSync(layout.secretsFile, 'utf8');
    expect((await home.sfp('server', 'start', '--tenant', 'acme')).stderr).toContain('stack_incomplete');
    ok(await home.sfp('server', 'init', '--tenant', 'acme'));
    expect(readFileSync(layout.secretsFile, 'utf8')).toBe(secrets);
    ok(await home.sfp('whoami'));
    expect(readJournal(layout.journalFile).at(-1)).toMatchObject({ command: 'init', step: 'stamp', result: 'done' });
    expect((await home.sfp('server', 'init', '--tenant', 'acme')).stderr).toContain('stack_exists');
  });

  it('keeps two tenants apart', async () => {
    await using home = new Home();
    for (const tenant of ['one', 'two']) ok(await home.sfp('server', 'init', '--tenant', tenant));
    const [one, two] = ['one', 'two'].map((tenant) => {
      const { serverFile, secretsFile } = stackLayout(home.path('base'), tenant);
      const settings = z
        .object({ ports: z.record(z.string(), z.number()) })
        .parse(JSON.parse(readFileSync(serverFile, 'utf8')));
      const secrets = z
        .looseObject({ publishableKey: z.string() })
        .parse(JSON.parse(readFileSync(secretsFile, 'utf8')));
      return { settings, secrets, url: `http://127.0.0.1:${settings.ports.gateway}` };
    });
    if (one === undefined || two === undefined) throw new Error('two stacks were expected');
    const shared = Object.values(one.settings.ports).filter((port) => Object.values(two.settings.ports).includes(port));
    expect(shared).toEqual([]);
    expect(
      Object.values(one.secrets).filter((value) => value !== 1 && Object.values(two.secrets).includes(value)),
    ).toEqual([]);

    const contexts = z
      .object({ contexts: z.array(z.object({ name: z.string(), session: z.object({ accessToken: z.string() }) })) })
      .parse(JSON.parse(readFileSync(home.path('config', 'contexts.json'), 'utf8')));
    const token = contexts.contexts.find(({ name }) => name === 'one')?.session.accessToken;
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${one.url}/api/v1/me`, { headers })).status).toBe(200);
    expect((await fetch(`${two.url}/api/v1/me`, { headers })).status).toBe(401);
    const rest = await fetch(`${two.url}/rest/v1/projects`, {
      headers: { ...headers, apikey: two.secrets.publishableKey },
    });
    expect(rest.status).toBe(401);
    const foreignKey = await fetch(`${two.url}/rest/v1/projects`, { headers: { apikey: one.secrets.publishableKey } });
    expect(foreignKey.status).toBe(401);

    ok(await home.sfp('server', 'stop', '--tenant', 'one'));
    expect((await home.sfp('server', 'status', '--tenant', 'two')).code).toBe(0);
  });

  it('refuses production without an engine, and what is no name, with the next step', async () => {
    await using home = new Home();
    const without = home.with({ DOCKER_HOST: `unix://${home.path('nobody.sock')}` });
    const prod = await without.sfp('server', 'init', '--tenant', 'acme', '--mode', 'prod');
    expect(prod).toMatchObject({ code: 1, stderr: expect.stringContaining('preflight_failed') });
    expect(existsSync(stackLayout(home.path('base'), 'acme').dir)).toBe(false);
    expect((await home.sfp('server', 'init', '--tenant', 'Not a name')).stderr).toContain('tenant_name_invalid');
    expect(await home.sfp('server', 'start', '--tenant', 'nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('sfp server init --tenant nobody'),
    });
  });
});

describe('sfp quickstart', () => {
  it('deploys the example off a terminal, twice, and says where the result is', async () => {
    await using home = new Home();
    for (let turn = 0; turn < 2; turn += 1) {
      const run = ok(await home.sfp('quickstart', '--json'));
      const result = z.object({ outcome: z.string(), resultUrl: z.string() }).parse(run.json());
      expect(result.outcome).toBe('succeeded');
      expect(readFileSync(new URL(result.resultUrl), 'utf8')).toContain('<html');
      expect(run.stderr).toContain('sfp server stop --tenant demo');
    }
    const { dir } = stackLayout(home.path('base'), 'demo');
    ok(await home.sfp('server', 'destroy', '--tenant', 'demo', '--yes'));
    await waitFor(() => !existsSync(dir), { timeoutMs: 5_000, what: 'its directory to go' });
  });
});
