import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StackReport } from '../../stack/lifecycle/status.ts';
import { isStage, outputOf, resultOf } from '../e2e/support/feed.ts';
import { waitFor } from '../support/wait.ts';
import { ArgvWatch } from './support/argv-watch.ts';
import { docker } from './support/docker.ts';
import { DockerHome } from './support/docker-home.ts';
import { GitServer } from './support/git-server.ts';
import { mountedVolumes, resourcesOf } from './support/project-resources.ts';
import { secretsIn, secretValues } from './support/secret-values.ts';
import { officialTags } from './support/stack-images.ts';

const first = `dka${process.pid}`;
const second = `dkb${process.pid}`;

const projectFile = (gate: string): string => `version: 1
deploy:
  - name: go
    run: |
      echo at the gate
      until node -e "fetch('${gate}').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"; do sleep 0.2; done
      echo through the gate
    timeout: 2m
`;

// One stack serves all of them, in this order: an init takes most of a minute.
describe('a stack of containers', () => {
  const home = new DockerHome();
  const watch = new ArgvWatch();
  let git: GitServer | undefined;

  const status = async (tenant: string): Promise<StackReport> =>
    JSON.parse((await home.sfp('server', 'status', '--tenant', tenant, '--json')).stdout) as StackReport;
  /** A service that was not restarted may miss a health check on a busy machine. */
  const healthy = (tenant: string) =>
    waitFor(async () => (await status(tenant)).status === 'running', { timeoutMs: 60_000, what: 'a healthy stack' });
  const service = (tenant: string, name: string): string => `sfp-${tenant}-${name}-1`;
  const inspect = async (container: string, format: string): Promise<string> =>
    (await docker(['container', 'inspect', '--format', format, container])).trim();

  beforeAll(() => home.init(first));
  afterAll(async () => {
    watch.stop();
    await git?.close();
    await home.close();
  });

  it('is healthy after init, and the CLI is logged in', async () => {
    const report = await status(first);
    expect(report.status).toBe('running');
    expect(report.services.map(({ name, health }) => `${name} ${health}`)).toEqual(
      expect.arrayContaining(['db healthy', 'kong healthy', 'api healthy', 'worker-standard healthy']),
    );
    expect(report.services.filter(({ health }) => health !== 'healthy')).toEqual([]);
    const who = await home.json<{ email: string }>('whoami', '--context', first);
    expect(JSON.stringify(who)).toContain(`admin@${first}.local`);
  });

  it('is described by a file that Compose accepts and that a second rendering leaves as it is', async () => {
    const { dir } = home.layout(first);
    const files = ['compose.yaml', 'kong.yml', ...readdirSync(join(dir, 'env')).map((name) => join('env', name))];
    const digests = (): string[] =>
      files.map((file) =>
        createHash('sha256')
          .update(readFileSync(join(dir, file)))
          .digest('hex'),
      );
    const before = digests();
    expect(before.length).toBeGreaterThan(10);
    await docker(['compose', '--file', join(dir, 'compose.yaml'), 'config', '--quiet']);
    expect((await home.sfp('server', 'init', '--tenant', first, '--mode', 'prod', '--render-only')).code).toBe(0);
    expect(digests()).toEqual(before);
    expect(statSync(join(dir, 'secrets.json')).mode & 0o777).toBe(0o600);
    for (const file of files.slice(1)) expect(statSync(join(dir, file)).mode & 0o777, file).toBe(0o600);
  });

  it('publishes the gateway on loopback and nothing else', async () => {
    const { containers } = await resourcesOf(first, {});
    const format =
      '{{range $port, $to := .NetworkSettings.Ports}}{{range $to}}{{.HostIp}}:{{.HostPort}} {{end}}{{end}}';
    const published = await Promise.all(containers.map((name) => inspect(name, format)));
    expect(published.filter((ports) => ports !== '')).toEqual([new URL(home.url(first)).host]);
  });

  it('deploys a project from git, and shows its output while it runs', async () => {
    git = await GitServer.start(first, {});
    git.repository.commit('deployable', { 'sfp.yaml': projectFile(git.gateUrl) });
    await home.json('project', 'create', 'app', '--repository', git.url, '--context', first);
    await home.json('environment', 'create', 'dev', '--project', 'app', '--context', first);
    const where = ['--project', 'app', '--environment', 'dev', '--context', first];
    const deploy = home.start('deploy', ...where, '--json=stream');
    await deploy.line('the stage at work', isStage('deploy', 'running'));
    await waitFor(() => outputOf(deploy.events).includes('at the gate'), { timeoutMs: 60_000, what: 'live output' });
    expect(outputOf(deploy.events)).not.toContain('through the gate');
    git.openGate();
    expect(await deploy.exit, deploy.stderr).toBe(0);
    expect(outputOf(deploy.events)).toContain('through the gate');
    expect(resultOf<{ deployment: { status: string } }>(deploy).deployment.status).toBe('succeeded');
  });

  it('follows its logs', async () => {
    const logs = home.start('server', 'logs', '--tenant', first, '--service', 'api', '--follow', '--json=stream');
    // Asked again until it shows: the log may begin to be followed after a request.
    await waitFor(
      async () => {
        await fetch(`${home.url(first)}/api/v1/version`);
        return logs.lines.some((entry) => entry.service === 'api' && String(entry.line).includes('/api/v1/version'));
      },
      { timeoutMs: 60_000, what: 'a request in the log', everyMs: 200 },
    );
    logs.child.kill('SIGINT');
    expect(await logs.exit).toBe(0);
  });

  it('scales a pool: only that worker is made anew', async () => {
    const ids = async (): Promise<string[]> =>
      Promise.all(['worker-standard', 'worker-long', 'api'].map((name) => inspect(service(first, name), '{{.Id}}')));
    const before = await ids();
    await home.json('server', 'scale', '--tenant', first, '--pool', 'standard', '--slots', '7');
    const after = await ids();
    expect(after[0]).not.toBe(before[0]);
    expect(after.slice(1)).toEqual(before.slice(1));
    expect(await inspect(service(first, 'worker-standard'), '{{json .Config.Env}}')).toContain('SFP_WORKER_SLOTS=7');
    await healthy(first);
  });

  it('restarts what is named, and what needs it', async () => {
    const started = (name: string): Promise<string> => inspect(service(first, name), '{{.State.StartedAt}}');
    const names = ['kong', 'db', 'hatchet'];
    const before = await Promise.all(names.map(started));
    await home.json('server', 'restart', '--tenant', first, '--service', 'kong');
    const after = await Promise.all(names.map(started));
    expect(after[0]).not.toBe(before[0]);
    expect(after.slice(1)).toEqual(before.slice(1));
    await healthy(first);
  });

  it('stops with nothing left running, and starts with all that it had', async () => {
    expect((await home.sfp('server', 'stop', '--tenant', first)).code).toBe(0);
    const { containers } = await resourcesOf(first, {});
    const running = await Promise.all(containers.map((name) => inspect(name, '{{.State.Running}}')));
    expect(running).not.toContain('true');
    await expect(fetch(home.url(first))).rejects.toThrow('fetch failed');
    expect((await status(first)).status).toBe('stopped');
    const start = await home.sfp('server', 'start', '--tenant', first);
    expect(start.code, start.stderr).toBe(0);
    await healthy(first);
    expect(JSON.stringify(await home.json('project', 'list', '--context', first))).toContain('"app"');
  });

  it('knows nobody of another tenant beside it', async () => {
    await home.init(second);
    const ask = (tenant: string, path: string, headers: Record<string, string>): Promise<number> =>
      fetch(`${home.url(tenant)}${path}`, { headers }).then(({ status: code }) => code);
    for (const name of ['publishableKey', 'secretKey', 'anonKey', 'serviceRoleKey']) {
      const apikey = home.secret(first, name);
      expect(await ask(first, '/auth/v1/settings', { apikey }), name).toBe(200);
      expect(await ask(second, '/auth/v1/settings', { apikey }), name).toBe(401);
    }
    const signIn = await fetch(`${home.url(first)}/auth/v1/token?grant_type=password`, {
      method: 'POST',
      headers: { apikey: home.secret(first, 'publishableKey'), 'content-type': 'application/json' },
      body: JSON.stringify({ email: `admin@${first}.local`, password: home.secret(first, 'adminPassword') }),
    });
    const { access_token: token } = (await signIn.json()) as { access_token: string };
    expect(await ask(first, '/api/v1/accounts', { authorization: `Bearer ${token}` })).toBe(200);
    expect(await ask(second, '/api/v1/accounts', { authorization: `Bearer ${token}` })).toBe(401);
    const [one, other] = await Promise.all([first, second].map((tenant) => resourcesOf(tenant, {})));
    for (const kind of ['containers', 'networks', 'volumes'] as const) {
      expect(one?.[kind].filter((name) => other?.[kind].includes(name))).toEqual([]);
      expect(other?.[kind].length).toBeGreaterThan(0);
    }
  });

  it('has shown none of its secrets: no command line, no log, no image, no description of a container', async () => {
    const secrets = secretValues(home.layout(first));
    expect(Object.keys(secrets).length).toBeGreaterThan(15);
    const lines = [...watch.commandLines];
    expect(lines.some((line) => line.includes('/app/adapter.js') || line.includes('postgrest'))).toBe(true);
    expect(lines.flatMap((line) => secretsIn(line, secrets))).toEqual([]);

    const { containers } = await resourcesOf(first, {});
    for (const name of containers) {
      const described = await inspect(
        name,
        '{{json .Config.Cmd}}{{json .Config.Entrypoint}}{{json .Config.Labels}}{{json .Config.Healthcheck}}{{json .Args}}',
      );
      expect(secretsIn(described, secrets), name).toEqual([]);
      const { all: log } = await execa('docker', ['logs', name], { all: true });
      expect(secretsIn(log, secrets), `log of ${name}`).toEqual([]);
    }
    for (const tag of officialTags.filter((tag) => !tag.startsWith('caddy'))) {
      const image = await docker(['image', 'inspect', tag]);
      const history = await docker(['image', 'history', '--no-trunc', tag]);
      expect(secretsIn(image + history, secrets), tag).toEqual([]);
    }
    const { dir } = home.layout(first);
    for (const file of ['compose.yaml', 'journal.jsonl', 'state.json', 'server.json']) {
      expect(secretsIn(readFileSync(join(dir, file), 'utf8'), secrets), file).toEqual([]);
    }
  });

  it('is destroyed on request only, and then leaves nothing; the other one runs on', async () => {
    await git?.close();
    const { dir } = home.layout(first);
    const refused = await home.sfp('server', 'destroy', '--tenant', first);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--yes');
    expect((await status(first)).status).toBe('running');

    const volumes = await mountedVolumes(first, {});
    expect(volumes.length).toBeGreaterThan(4);
    const gone = await home.sfp('server', 'destroy', '--tenant', first, '--yes');
    expect(gone.code, gone.stderr).toBe(0);
    expect(await resourcesOf(first, {})).toEqual({ containers: [], networks: [], volumes: [] });
    const left = (await docker(['volume', 'ls', '--quiet'])).split('\n');
    expect(volumes.filter((volume) => left.includes(volume))).toEqual([]);
    expect(existsSync(dir)).toBe(false);
    expect((await status(second)).status).toBe('running');
  });
});
