import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localUrl } from './local-url.ts';
import { blockPorts } from './ports.ts';
import { serverSettingsSchema } from './server-settings.ts';

const settings = (runtime: 'compose' | 'embedded') =>
  serverSettingsSchema.parse({
    version: 1,
    tenant: 'acme',
    mode: 'prod',
    runtime,
    ports: blockPorts(0),
    domain: 'deploy.acme.example',
  });

let empty = '';
beforeAll(() => {
  empty = mkdtempSync(join(tmpdir(), 'sfp-local-url-'));
});
afterAll(() => rmSync(empty, { recursive: true, force: true }));

it.each([
  [undefined, 'http://127.0.0.1:20000'],
  ['', 'http://127.0.0.1:20000'],
  ['unix:///run/user/1000/docker.sock', 'http://127.0.0.1:20000'],
  ['tcp://127.0.0.1:2375', 'http://127.0.0.1:20000'],
  ['tcp://localhost:2375', 'http://127.0.0.1:20000'],
  ['ssh://ops@build.acme.example', 'https://deploy.acme.example'],
  ['tcp://10.0.0.5:2376', 'https://deploy.acme.example'],
  ['tcp://127.0.0.1.acme.example:2376', 'https://deploy.acme.example'],
])('containers of the engine %s', (engine, expected) => {
  expect(localUrl(settings('compose'), { DOCKER_HOST: engine, DOCKER_CONFIG: empty })).toBe(expected);
});

it('containers of the engine that a Docker context names', () => {
  const config = join(empty, 'used');
  const meta = join(config, 'contexts', 'meta', createHash('sha256').update('far').digest('hex'));
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(config, 'config.json'), JSON.stringify({ currentContext: 'far', auths: {} }));
  const host = 'ssh://ops@far.example';
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: 'far', Endpoints: { docker: { Host: host } } }));
  const at = (env: NodeJS.ProcessEnv): string => localUrl(settings('compose'), { DOCKER_CONFIG: config, ...env });
  expect(at({})).toBe('https://deploy.acme.example');
  expect(at({ DOCKER_CONTEXT: 'default' })).toBe('http://127.0.0.1:20000');
  expect(at({ DOCKER_CONTEXT: 'nothing' })).toBe('http://127.0.0.1:20000');
  expect(at({ DOCKER_HOST: 'unix:///var/run/docker.sock' })).toBe('http://127.0.0.1:20000');
});

it('processes of this machine are here whatever DOCKER_HOST says', () => {
  expect(localUrl(settings('embedded'), { DOCKER_HOST: 'ssh://far.example' })).toBe('http://127.0.0.1:20000');
});
