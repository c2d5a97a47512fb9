import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiClient } from '../../client/api/client.ts';
import { caddyfile } from '../../compose/gateway/caddyfile.ts';
import { ComposeRuntime } from '../../compose/runtime.ts';
import type { Rotated } from '../../stack/lifecycle/rotate/rotate.ts';
import { maintenanceProblem } from '../../stack/maintenance/problem.ts';
import { rolePassword } from '../../stack/role-password.ts';
import { openStack } from '../../stack/stack.ts';
import { waitFor } from '../support/wait.ts';
import { ArgvWatch } from './support/argv-watch.ts';
import { docker } from './support/docker.ts';
import { DockerHome } from './support/docker-home.ts';
import { EdgeClient } from './support/edge-client.ts';
import { resourcesOf } from './support/project-resources.ts';
import { secretsIn, secretValues } from './support/secret-values.ts';
import { platformVersion } from './support/stack-images.ts';

const tenant = `dkd${process.pid}`;
const domain = 'deploy.acme.test';
const here = ['--tenant', tenant] as const;

/** What an operator writes to have other ports, and a certificate of the edge's own authority. */
const override = `services:
  edge:
    ports: !override ["127.0.0.1::80", "127.0.0.1::443"]
    environment:
      CADDYFILE: ${JSON.stringify(caddyfile(domain).replace('admin off', 'admin off\n\tlocal_certs\n\tskip_install_trust'))}
`;

// One stack serves all of them, in this order: an init takes most of a minute.
describe('a stack with a domain', () => {
  const home = new DockerHome();
  const watch = new ArgvWatch();
  const edge = new EdgeClient(tenant, domain);
  const runtime = new ComposeRuntime(platformVersion);
  const report = (): void => undefined;
  /** Every generation of them. */
  const secrets: Record<string, string> = {};

  const container = (service: string): string => `sfp-${tenant}-${service}-1`;
  const inspect = async (name: string, format: string): Promise<string> =>
    (await docker(['container', 'inspect', '--format', format, name])).trim();
  const stack = () => openStack(home.layout(tenant).baseDir, tenant);
  /** When each service was started, by its name; jobs run with what they prepare. */
  const starts = async (): Promise<Map<string, string>> =>
    new Map(
      await Promise.all(
        runtime
          .serviceNames(stack())
          .map(
            async (name): Promise<[string, string]> => [name, await inspect(container(name), '{{.State.StartedAt}}')],
          ),
      ),
    );
  const api = (token?: string) =>
    createApiClient({
      url: `https://${domain}`,
      fetch: edge.fetch,
      ...(token === undefined
        ? {}
        : { credentials: { bearer: async () => token, accessToken: async () => token, renew: async () => false } }),
    });
  const rest = async (apikey: string, bearer?: string): Promise<number> =>
    (
      await edge.ask('/rest/v1/rpc/platform_schema', {
        method: 'POST',
        headers: {
          apikey,
          'content-type': 'application/json',
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        },
        body: '{}',
      })
    ).status;
  const signIn = async (): Promise<string> => {
    const { status, body } = await edge.ask('/auth/v1/token?grant_type=password', {
      method: 'POST',
      headers: { apikey: home.secret(tenant, 'publishableKey'), 'content-type': 'application/json' },
      body: JSON.stringify({ email: `admin@${tenant}.local`, password: home.secret(tenant, 'adminPassword') }),
    });
    expect(status, body).toBe(200);
    return String((JSON.parse(body) as { access_token: unknown }).access_token);
  };
  const names = async (): Promise<string[]> =>
    (await api(await signIn()).projects.list()).items.map(({ slug }) => slug);
  const remember = (): void => {
    for (const value of Object.values(secretValues(home.layout(tenant))))
      secrets[`secret ${value.slice(0, 6)}`] = value;
  };
  /** Rotates; what it names was started again, and nothing else. */
  const rotate = async (...what: string[]): Promise<Rotated> => {
    const before = await starts();
    const rotated = await home.json<Rotated>('server', 'rotate', ...what, ...here, '--yes');
    const after = await starts();
    const restarted = [...after].flatMap(([name, at]) => (before.get(name) === at ? [] : [name]));
    expect(restarted.sort()).toEqual([...rotated.restarted].sort());
    remember();
    return rotated;
  };

  beforeAll(async () => {
    await home.render(tenant, '--domain', domain);
    writeFileSync(join(home.layout(tenant).dir, 'compose.override.yaml'), override);
    await home.init(tenant, '--domain', domain);
    remember();
  });
  afterAll(async () => {
    watch.stop();
    await home.close();
  });

  it('is reached over TLS under its name: API, REST, auth, a session', async () => {
    const health = await api().health();
    expect(health.status).toBe('ok');
    expect(await rest(home.secret(tenant, 'publishableKey'))).toBe(200);
    expect(await rest('sb_publishable_wrong')).toBe(401);
    const token = await signIn();
    const project = await api(token).projects.create({ slug: 'kept', repositoryUrl: 'https://git.acme.test/kept.git' });
    expect(project.slug).toBe('kept');
    expect(await names()).toEqual(['kept']);
    const { headers } = await edge.ask('/api/v1/version');
    expect(headers.get('strict-transport-security')).toContain('max-age=');
    expect(headers.get('server')).toBeNull();
  });

  it('is behind the edge alone: nothing else is published but the gateway on loopback', async () => {
    const { containers } = await resourcesOf(tenant, {});
    const format = '{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}}:{{.HostPort}} {{end}}{{end}}';
    const published = await Promise.all(
      containers.map(async (name) => [name, (await inspect(name, format)).split(' ').filter(Boolean)] as const),
    );
    const open = Object.fromEntries(published.filter(([, ports]) => ports.length > 0));
    expect(Object.keys(open).sort()).toEqual([container('edge'), container('kong')]);
    expect(open[container('kong')]).toEqual([new URL(home.url(tenant)).host]);
  });

  it('says that it is away while the gateway is, in words that our client understands', async () => {
    await docker(['stop', container('kong')]);
    const answer = await edge.ask('/rest/v1/anything', { method: 'POST' });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('30');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const requestId = answer.headers.get('x-request-id') ?? '';
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.parse(answer.body)).toEqual(maintenanceProblem(requestId));
    const { code, message, suggestion } = maintenanceProblem('');
    await expect(api().logout()).rejects.toMatchObject({ status: 503, code, message, suggestion });
    await docker(['start', container('kong')]);
    await waitFor(async () => (await edge.ask('/api/v1/version')).status === 200, {
      timeoutMs: 60_000,
      what: 'an answer through the edge',
      everyMs: 200,
    });
  });

  it('says so too while it is told to, although the gateway runs', async () => {
    await runtime.showMaintenance(stack(), { report });
    expect((await edge.ask('/api/v1/version')).status).toBe(503);
    expect((await fetch(`${home.url(tenant)}/api/v1/version`)).status).toBe(200);
    await runtime.hideMaintenance(stack());
    expect((await edge.ask('/api/v1/version')).status).toBe(200);
  });

  it('gets new signing keys: old API keys end, sessions go on', async () => {
    const token = await signIn();
    const anonKey = home.secret(tenant, 'anonKey');
    const rotated = await rotate('jwt');
    expect(rotated.restarted).toEqual(expect.arrayContaining(['auth', 'rest', 'realtime', 'kong', 'api']));
    expect(rotated.restarted.filter((name) => ['db', 'hatchet', 'edge'].includes(name))).toEqual([]);
    expect(rotated.proven.length).toBeGreaterThan(1);
    expect(await rest(anonKey)).toBe(401);
    expect(await rest(home.secret(tenant, 'anonKey'))).toBe(200);
    expect(await rest(home.secret(tenant, 'publishableKey'), token)).toBe(200);
    expect((await api(token).projects.list()).items.map(({ slug }) => slug)).toEqual(['kept']);
  });

  it('gets new API keys', async () => {
    const [publishable, secret] = ['publishableKey', 'secretKey'].map((name) => home.secret(tenant, name));
    const { restarted } = await rotate('api-keys');
    expect(restarted).toContain('kong');
    expect(restarted.filter((name) => ['db', 'auth', 'rest', 'realtime', 'hatchet', 'edge'].includes(name))).toEqual(
      [],
    );
    expect([await rest(publishable ?? ''), await rest(secret ?? '')]).toEqual([401, 401]);
    expect(await rest(home.secret(tenant, 'publishableKey'))).toBe(200);
    expect(await rest(home.secret(tenant, 'secretKey'))).toBe(200);
    expect(await names()).toEqual(['kept']);
  });

  /** As a service in another container does it: there the database trusts nobody. */
  const accepts = async (password: string): Promise<boolean> => {
    const { exitCode } = await execa(
      'docker',
      [
        ...['run', '--rm', '--network', `sfp-${tenant}_data`, '--env', 'PGPASSWORD', '--entrypoint', 'psql'],
        ...[await inspect(container('db'), '{{.Config.Image}}'), '-h', 'db', '-U', 'authenticator', '-d', 'postgres'],
        ...['-c', 'select'],
      ],
      { env: { PGPASSWORD: password }, reject: false },
    );
    return exitCode === 0;
  };
  const restPassword = (): string => secretValues(home.layout(tenant))['password of authenticator'] ?? '';

  it('gets a new database password', async () => {
    const before = restPassword();
    expect(await accepts(before)).toBe(true);
    const { restarted } = await rotate('db-password');
    expect(restarted).toEqual(expect.arrayContaining(['rest', 'auth']));
    expect(restarted).not.toContain('edge');
    expect(await accepts(before)).toBe(false);
    expect(await accepts(restPassword())).toBe(true);
    expect(await names()).toEqual(['kept']);
  });

  it('has a Vault key that opens what is stored', async () => {
    const before = await starts();
    const { ok, checks } = await home.json<{ ok: boolean; checks: { ok: boolean }[] }>(
      'server',
      'rotate',
      'vault-check',
      ...here,
    );
    expect([ok, checks.length]).toEqual([true, 3]);
    expect(await starts()).toEqual(before);
  });

  it('takes a new database password while it is stopped too', async () => {
    const before = restPassword();
    expect((await home.sfp('server', 'stop', ...here)).code).toBe(0);
    const { restarted, interruptedMs } = await home.json<Rotated>('server', 'rotate', 'db-password', ...here, '--yes');
    expect([restarted, interruptedMs]).toEqual([[], null]);
    remember();
    const running = (await resourcesOf(tenant, {})).containers.map((name) => inspect(name, '{{.State.Running}}'));
    expect(await Promise.all(running)).not.toContain('true');
    await home.json('server', 'start', ...here);
    expect(await accepts(before)).toBe(false);
    expect(await names()).toEqual(['kept']);
  });

  it('takes over a password that was changed where secrets come from, though nobody knows the one before', async () => {
    const supplied = home.path('supplied.json');
    const supply = (databasePassword: string): void => {
      writeFileSync(supplied, JSON.stringify({ databasePassword }), { mode: 0o600 });
      secrets[databasePassword.slice(0, 8)] = databasePassword;
    };
    supply('supplied-from-elsewhere');
    const provider = JSON.stringify({ provider: 'file', path: supplied });
    await home.json('server', 'config', 'set', `secrets=${provider}`, ...here);
    // As a stack is left whose provider had supplied another one before.
    const { secretsFile } = home.layout(tenant);
    const { databasePassword: _forgotten, ...others } = JSON.parse(readFileSync(secretsFile, 'utf8'));
    const stored = { ...others, supplied: ['databasePassword'], databaseAccepts: 'of-one-that-is-gone' };
    writeFileSync(secretsFile, JSON.stringify(stored), { mode: 0o600 });
    await home.json('server', 'restart', ...here);
    expect(home.secrets(tenant)).not.toHaveProperty('databasePassword');
    expect(await accepts(rolePassword('supplied-from-elsewhere', 'authenticator'))).toBe(true);
    expect(await names()).toEqual(['kept']);
  });

  it('gives the database the password that somebody wrote into secrets.json', async () => {
    const { secretsFile } = home.layout(tenant);
    const { supplied: _theirs, databaseAccepts: _digest, ...others } = JSON.parse(readFileSync(secretsFile, 'utf8'));
    const databasePassword = 'third-by-hand-3';
    writeFileSync(secretsFile, JSON.stringify({ ...others, databasePassword }), { mode: 0o600 });
    await home.json('server', 'config', 'set', 'secrets=', ...here);
    const restart = await home.sfp('server', 'restart', ...here);
    expect(restart.code, restart.stderr).toBe(0);
    expect(restart.stdout + restart.stderr).toContain('the database has another password than this stack');
    remember();
    expect(await accepts(restPassword())).toBe(true);
    expect(await names()).toEqual(['kept']);
  });

  it('has shown none of its secrets, of whatever generation', async () => {
    expect(Object.keys(secrets).length).toBeGreaterThan(25);
    const lines = [...watch.commandLines];
    expect(lines.some((line) => line.includes('caddy run'))).toBe(true);
    expect(lines.flatMap((line) => secretsIn(line, secrets))).toEqual([]);
    for (const name of (await resourcesOf(tenant, {})).containers) {
      const format =
        '{{json .Config.Cmd}}{{json .Config.Entrypoint}}{{json .Config.Labels}}{{json .Config.Healthcheck}}{{json .Args}}';
      expect(secretsIn(await inspect(name, format), secrets), name).toEqual([]);
      const { all: log } = await execa('docker', ['logs', name], { all: true });
      expect(secretsIn(log, secrets), `log of ${name}`).toEqual([]);
    }
    const { dir } = home.layout(tenant);
    for (const file of ['compose.yaml', 'Caddyfile', 'journal.jsonl', 'state.json', 'server.json']) {
      expect(secretsIn(readFileSync(join(dir, file), 'utf8'), secrets), file).toEqual([]);
    }
  });
});
