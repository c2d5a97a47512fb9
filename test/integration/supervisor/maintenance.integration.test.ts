import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endMaintenance, maintenancePid } from '../../../embedded/maintenance.ts';
import { EmbeddedRuntime } from '../../../embedded/runtime.ts';
import { supervisorPid } from '../../../embedded/supervisor-process.ts';
import { processStart } from '../../../stack/process-identity.ts';
import { openStack, type Stack } from '../../../stack/stack.ts';
import { StackCli } from '../../support/stack-cli.ts';

const cli = new StackCli();
const tenant = 'acme';
const runtime = new EmbeddedRuntime('0.0.0-test');
const told: string[] = [];
const options = { signal: new AbortController().signal, report: (message: string) => void told.push(message) };
let stack: Stack;
let url: string;

beforeAll(async () => {
  await cli.json(['server', 'init', '--tenant', tenant]);
  stack = openStack(cli.baseDir, tenant);
  url = `http://127.0.0.1:${stack.settings.ports.gateway}`;
});
afterAll(async () => {
  await endMaintenance(cli.layout(tenant));
  await cli.close();
});

const states = async (): Promise<Record<string, string>> => {
  const { services } = await runtime.status(stack);
  return Object.fromEntries(services.map(({ name, state }) => [name, state]));
};
const answer = async (): Promise<{ status: number; retryAfter: string | null }> => {
  const response = await fetch(`${url}/api/v1/health/live`);
  return { status: response.status, retryAfter: response.headers.get('retry-after') };
};
const maintenance = { status: 503, retryAfter: '30' };

describe('what an update asks of a running stack', () => {
  it('drain ends the workers and nothing else; they stay ended until a start', async () => {
    const before = await runtime.status(stack);
    await runtime.drain(stack, options);
    const drained = await runtime.status(stack);
    expect(drained.status).toBe('partial');
    expect(drained.services.filter(({ state }) => state === 'stopped').map(({ name }) => name)).toEqual([
      'worker-standard',
      'worker-long',
    ]);
    const pids = ({ services }: typeof before) =>
      services.flatMap(({ name, pid }) => (name.startsWith('worker') ? [] : [`${name} ${pid}`]));
    expect(pids(drained)).toEqual(pids(before));
    await runtime.start(stack, options);
    expect((await runtime.status(stack)).status).toBe('running');
    expect(supervisorPid(stack.layout)).toBe(before.supervisor?.pid);
  });

  it('the answer takes the place of the gateway at once, and hiding it gives the place back', async () => {
    await runtime.showMaintenance(stack, options);
    expect(await answer()).toEqual(maintenance);
    expect(await states()).toMatchObject({ gateway: 'stopped', api: 'running' });
    const pid = maintenancePid(stack.layout);
    await runtime.showMaintenance(stack, options);
    expect(maintenancePid(stack.layout)).toBe(pid);
    await runtime.hideMaintenance(stack);
    expect((await answer()).status).toBe(200);
    expect(maintenancePid(stack.layout)).toBeNull();
    await runtime.hideMaintenance(stack);
  });

  it('it outlives the stop, disturbs no check, and the start ends it', async () => {
    await runtime.drain(stack, options);
    await runtime.showMaintenance(stack, options);
    await runtime.stopForUpdate(stack, { files: [], images: [], services: [] }, options);
    expect(await answer()).toEqual(maintenance);
    expect((await runtime.status(stack)).status).toBe('stopped');
    expect(cli.leftovers(tenant)).toEqual([]);
    const checks = await Promise.all(runtime.checks(stack).map(async ({ id, run }) => [id, (await run()).ok]));
    expect(checks).toEqual([
      ['postgres-binaries', true],
      ['ports', true],
      ['services', true],
    ]);
    await runtime.start(stack, options);
    expect((await answer()).status).toBe(200);
    expect(maintenancePid(stack.layout)).toBeNull();
    expect((await runtime.status(stack)).status).toBe('running');
  });

  it('after kill -9 of the supervisor it is still shown, found and ended', async () => {
    await runtime.showMaintenance(stack, options);
    process.kill(supervisorPid(stack.layout) ?? 0, 'SIGKILL');
    expect(await answer()).toEqual(maintenance);
    expect((await cli.run(['server', 'start', '--tenant', tenant])).exitCode).toBe(0);
    expect((await answer()).status).toBe(200);
  });

  it('is shown in the place of a stopped stack, and destroy ends it', async () => {
    await runtime.stop(stack, options);
    await runtime.showMaintenance(stack, options);
    expect(await answer()).toEqual(maintenance);
    const pid = maintenancePid(stack.layout) ?? 0;
    expect(readFileSync(join(stack.layout.runDir, 'maintenance.log'), 'utf8')).toContain('listening');
    await runtime.drain(stack, options);
    expect((await cli.run(['server', 'destroy', '--tenant', tenant, '--yes'])).exitCode).toBe(0);
    expect(processStart(pid)).toBeNull();
  });
});
