import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { platformVersion } from '../cli/platform-version.ts';
import { stackId } from '../stack/layout.ts';
import type { Stack } from '../stack/stack.ts';
import { exampleStack, externalEngineStack, fullStack, vaultRootKey } from '../test/compose/example-stack.ts';
import { oldestFeatures } from './engine/engine-features.ts';
import { renderStackFiles } from './stack-files.ts';

const fileSchema = z.object({
  name: z.string(),
  services: z.record(
    z.string(),
    z.looseObject({
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
      networks: z.record(z.string(), z.unknown()).default({}),
      restart: z.string(),
      healthcheck: z.unknown().optional(),
      volumes: z.array(z.object({ source: z.string().optional() })).default([]),
      env_file: z.array(z.string()).default([]),
      labels: z.record(z.string(), z.string()),
    }),
  ),
  networks: z.record(z.string(), z.looseObject({ internal: z.boolean().optional() })),
  volumes: z.record(z.string(), z.unknown()),
});
function composeFile(stack: Stack, features = oldestFeatures) {
  const files = renderStackFiles(stack, { vaultRootKey, platformVersion: platformVersion(), digests: {}, features });
  const content = files.find(({ path }) => path === 'compose.yaml')?.content ?? '';
  return { ...fileSchema.parse(parse(content)), paths: files.map(({ path }) => `./${path}`) };
}

/** Everything that is done or healthy before the service starts. */
function before(file: ReturnType<typeof composeFile>, name: string): string[] {
  const direct = Object.keys(file.services[name]?.depends_on ?? {});
  return [...new Set(direct.flatMap((need) => [need, ...before(file, need)]))];
}

it.each([exampleStack(), fullStack(), externalEngineStack()])('refers only to what is there', (stack) => {
  const file = composeFile(stack);
  for (const [name, service] of Object.entries(file.services)) {
    for (const [need, { condition }] of Object.entries(service.depends_on)) {
      const needed = file.services[need];
      expect(needed, `${name} needs ${need}`).toBeDefined();
      const job = needed?.restart === 'no';
      // Our programs wait for the gateway by themselves.
      const ready =
        need === 'kong' && String(service.image).includes('platform') ? 'service_started' : 'service_healthy';
      expect(condition).toBe(job ? 'service_completed_successfully' : ready);
      if (!job) expect(needed?.healthcheck).toBeDefined();
    }
    for (const network of Object.keys(service.networks)) expect(file.networks).toHaveProperty(network);
    for (const { source } of service.volumes) if (source !== undefined) expect(file.volumes).toHaveProperty(source);
    for (const path of service.env_file) expect(file.paths).toContain(path);
  }
});

it('starts in the order of the design', () => {
  const file = composeFile(fullStack());
  const order = ['vault-key', 'db', 'db-setup', 'realtime', 'supabase-migrations', 'rest', 'kong', 'api'];
  order.forEach((name, index) => {
    expect(before(file, name)).toEqual(expect.arrayContaining(order.slice(0, index)));
  });
  expect(before(file, 'supabase-migrations')).toContain('auth');
  expect(before(file, 'api')).toContain('hatchet-token');
  expect(before(file, 'worker-long')).toEqual(expect.arrayContaining(['hatchet', 'kong', 'supabase-migrations']));
  expect(before(file, 'edge')).toContain('kong');
});

it('keeps the database off every way out, and workers off the database', () => {
  const file = composeFile(fullStack());
  expect(file.networks.data).toMatchObject({ internal: true });
  for (const name of ['db', 'db-setup', 'supabase-migrations', 'hatchet-token']) {
    expect(Object.keys(file.services[name]?.networks ?? {})).toEqual(['data']);
  }
  for (const name of ['worker-standard', 'worker-long']) {
    expect(Object.keys(file.services[name]?.networks ?? {})).toEqual(['tasks']);
  }
});

it('has an edge only with a domain, and no engine of its own when another is named', () => {
  expect(Object.keys(composeFile(exampleStack()).services)).not.toContain('edge');
  const external = composeFile(externalEngineStack());
  expect(Object.keys(external.services).filter((name) => name.startsWith('hatchet'))).toEqual([]);
  expect(Object.keys(external.volumes).filter((name) => name.startsWith('hatchet'))).toEqual([]);
});

it('gives every tenant a project of its own', () => {
  expect(composeFile(exampleStack({ tenant: 'globex' })).name).toBe('sfp-globex');
});

it('labels containers, networks and volumes with the directory of the stack, the same whatever its settings', () => {
  const labels = { 'sfp.stack': stackId('/srv/sfp/tenants/acme'), 'sfp.tenant': 'acme' };
  const file = composeFile(fullStack());
  for (const node of [file.services, file.networks, file.volumes].flatMap((nodes) => Object.values(nodes))) {
    expect(node).toMatchObject({ labels });
  }
});

it('tells the settings of a service by one label, which moves with its secrets and with nothing else', () => {
  const settingsOf = (stack: Stack, name: string) => composeFile(stack).services[name]?.labels['sfp.config'];
  const before = exampleStack();
  const after = exampleStack({}, { dispatchSecret: 'another' });
  expect(settingsOf(after, 'api')).not.toBe(settingsOf(before, 'api'));
  expect(settingsOf(after, 'auth')).toBe(settingsOf(before, 'auth'));
});

it('asks the health often until the first success and rarely afterwards, where the engine can', () => {
  const healthSchema = z.object({ interval: z.string(), retries: z.number(), start_interval: z.string().optional() });
  const healthOf = (startInterval: boolean, name: string) =>
    healthSchema.parse(composeFile(exampleStack(), { startInterval }).services[name]?.healthcheck);
  expect(healthOf(true, 'db')).toEqual({ interval: '10s', retries: 3, start_interval: '1s' });
  expect(healthOf(false, 'db')).toEqual({ interval: '2s', retries: 15 });
});
