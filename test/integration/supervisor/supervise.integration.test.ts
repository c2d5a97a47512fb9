import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askStatus, askStop } from '../../../embedded/supervisor/control-client.ts';
import { freePort } from '../../support/free-port.ts';
import { waitFor } from '../../support/wait.ts';
import { isProcess, SupervisorHarness, standIn } from './harness.ts';

let harness: SupervisorHarness;
beforeEach(() => {
  harness = new SupervisorHarness();
});
afterEach(() => harness.close());

const pidOf = async (name: string): Promise<number> => (await harness.service(name)).pid ?? 0;

describe('supervisor', () => {
  it('starts in the order of needs, stops in the reverse order, leaves no process', async () => {
    const order = join(harness.dir, 'order');
    const child = harness.supervise([
      standIn('last', { needs: ['middle'], port: await freePort(), env: { TERM_FILE: order } }),
      standIn('middle', { needs: ['first', 'once'], port: await freePort(), env: { TERM_FILE: order } }),
      standIn('once', { needs: ['first'], task: true, env: { EXIT_AFTER_MS: '10' } }),
      standIn('first', { port: await freePort(), env: { HEALTHY_AFTER_MS: '300', TERM_FILE: order } }),
    ]);
    const { services } = await harness.running();
    const since = new Map(services.map((service) => [service.name, service.since]));
    expect([...since.keys()].sort((a, b) => ((since.get(a) ?? '') < (since.get(b) ?? '') ? -1 : 1))).toEqual([
      'first',
      'once',
      'middle',
      'last',
    ]);
    expect(services.find(({ name }) => name === 'once')?.status).toBe('completed');
    const pids = services.flatMap(({ pid }) => (pid === null ? [] : [pid]));
    const exited = once(child, 'exit');
    expect(await askStop(harness.socket)).toBe(true);
    expect((await exited)[0]).toBe(0);
    expect(readFileSync(order, 'utf8')).toBe('last\nmiddle\nfirst\n');
    expect(pids.filter(isProcess)).toEqual([]);
    expect(harness.leftovers()).toEqual([]);
  });

  it('starts a killed child again and counts it', async () => {
    harness.supervise([standIn('web', { port: await freePort() })]);
    await harness.running();
    const before = await pidOf('web');
    process.kill(before, 'SIGKILL');
    await waitFor(
      async () => {
        const { status, pid } = await harness.service('web');
        return status === 'running' && pid !== before;
      },
      { timeoutMs: 10_000, what: 'a new process' },
    );
    expect((await harness.service('web')).restarts).toBe(1);
    expect(harness.log('web').match(/^web \d+$/gm)).toHaveLength(2);
  });

  it('backs off longer and longer from a service that keeps crashing', async () => {
    harness.supervise([standIn('flaky', { env: { EXIT_AFTER_MS: '1000', EXIT_CODE: '1' } })]);
    await harness.running();
    const seen = await waitFor(
      async () => {
        const service = await harness.service('flaky');
        return service.restarts >= 2 && service.status === 'backoff' && service;
      },
      { timeoutMs: 20_000, what: 'the third backoff' },
    );
    expect(seen).toMatchObject({ pid: null, detail: 'exited with 1' });
  });

  it.each([
    { exit: '78', restarts: 'at once: its configuration is wrong' },
    { exit: '1', restarts: 'after some restarts' },
  ])('gives a start up $restarts (exit $exit), tells why, and leaves nothing', async ({ exit }) => {
    const env = { HEALTHY_AFTER_MS: '100000', EXIT_AFTER_MS: '1', EXIT_CODE: exit, SAY: 'GOOD_NAME is missing' };
    const child = harness.supervise([
      standIn('good', { port: await freePort() }),
      standIn('broken', { needs: ['good'], port: await freePort(), env }),
    ]);
    await once(child, 'exit');
    expect(child.exitCode).toBe(1);
    expect(harness.failure()).toMatchObject({
      code: 'stack_unhealthy',
      message: `broken exited with ${exit}`,
      detail: expect.stringContaining('GOOD_NAME is missing'),
    });
    expect(harness.log('broken').match(/GOOD_NAME/g)).toHaveLength(exit === '78' ? 1 : 6);
    expect(harness.leftovers()).toEqual([]);
  });

  it('fails the start with the last log lines when a task fails', async () => {
    const child = harness.supervise([
      standIn('migrations', {
        task: true,
        env: { EXIT_AFTER_MS: '20', EXIT_CODE: '1', SAY: 'relation "x" is missing' },
      }),
      standIn('web', { needs: ['migrations'], port: await freePort() }),
    ]);
    await once(child, 'exit');
    expect(child.exitCode).toBe(1);
    expect(harness.failure()).toMatchObject({
      code: 'stack_unhealthy',
      message: 'migrations exited with 1',
      detail: expect.stringContaining('relation "x" is missing'),
      suggestion: expect.stringContaining('migrations.log'),
    });
    expect(harness.leftovers()).toEqual([]);
  });

  it('kills what does not end in its time, with what it started', async () => {
    const grandchild = join(harness.dir, 'grandchild');
    const child = harness.supervise([
      standIn('stubborn', {
        port: await freePort(),
        stopTimeoutMs: 300,
        env: { IGNORE_TERM: '1', GRANDCHILD: grandchild },
      }),
    ]);
    await harness.running();
    const exited = once(child, 'exit');
    await askStop(harness.socket);
    await exited;
    expect(isProcess(Number(readFileSync(grandchild, 'utf8')))).toBe(false);
    expect(harness.leftovers()).toEqual([]);
  });

  it('sees a service that runs but does not answer', async () => {
    harness.supervise([standIn('web', { port: await freePort() })]);
    await harness.running();
    process.kill(await pidOf('web'), 'SIGUSR2');
    const seen = await waitFor(
      async () => {
        const service = await harness.service('web');
        return service.status === 'unhealthy' && service;
      },
      { timeoutMs: 20_000, what: 'unhealthy' },
    );
    expect(seen.detail).toContain('503');
    process.kill(await pidOf('web'), 'SIGUSR2');
    await waitFor(async () => (await harness.service('web')).status === 'running', {
      timeoutMs: 10_000,
      what: 'healthy again',
    });
  });

  it('is taken over after kill -9: children run on, the next supervisor ends them first', async () => {
    const port = await freePort();
    const grandchild = join(harness.dir, 'grandchild');
    const services = [standIn('web', { port, env: { GRANDCHILD: grandchild } })];
    const first = harness.supervise(services);
    await harness.running();
    const old = await pidOf('web');
    const oldGrandchild = Number(readFileSync(grandchild, 'utf8'));
    const exited = once(first, 'exit');
    first.kill('SIGKILL');
    await exited;
    expect(isProcess(old)).toBe(true);
    expect(await askStatus(harness.socket)).toBeNull();
    expect(harness.leftovers().map(({ pid }) => pid)).toContain(old);

    harness.supervise(services);
    await harness.running();
    expect(isProcess(old)).toBe(false);
    expect(isProcess(oldGrandchild)).toBe(false);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe(String(await pidOf('web')));
  });

  it('asks the health of a service that runs elsewhere and starts nothing for it', async () => {
    const port = await freePort();
    harness.supervise([
      standIn('there', { port }),
      {
        ...standIn('remote', { port, needs: ['there'] }),
        run: { kind: 'remote', url: `http://127.0.0.1:${port}` },
      },
    ]);
    const { services } = await harness.running();
    expect(services.find(({ name }) => name === 'remote')).toMatchObject({ status: 'running', pid: null });
    process.kill(await pidOf('there'), 'SIGUSR2');
    await waitFor(async () => (await harness.service('remote')).status === 'unhealthy', {
      timeoutMs: 20_000,
      what: 'the remote to be seen',
    });
  });
});
