import { expect, it } from 'vitest';
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
  expect(localUrl(settings('compose'), { DOCKER_HOST: engine })).toBe(expected);
});

it('processes of this machine are here whatever DOCKER_HOST says', () => {
  expect(localUrl(settings('embedded'), { DOCKER_HOST: 'ssh://far.example' })).toBe('http://127.0.0.1:20000');
});
