import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { askDrain, askOutdated, askRestart, askStop } from '../../../embedded/supervisor/control-client.ts';
import type { Service } from '../../../embedded/supervisor/service.ts';
import { freePort } from '../../support/free-port.ts';
import { isProcess, SupervisorHarness, standIn } from './harness.ts';

let harness: SupervisorHarness;
let services: Service[];
let order: string;
const never = new AbortController().signal;
const env = () => ({ TERM_FILE: order });

beforeEach(async () => {
  harness = new SupervisorHarness();
  order = join(harness.dir, 'order');
  services = [
    standIn('worker', { needs: ['api', 'once'], port: await freePort(), env: env() }),
    standIn('api', { needs: ['database'], port: await freePort(), env: env() }),
    standIn('once', { needs: ['database'], task: true, env: { EXIT_AFTER_MS: '10' } }),
    standIn('database', { port: await freePort(), env: env() }),
  ];
  harness.supervise(services);
  await harness.running();
});
afterEach(() => harness.close());

const pid = async (name: string): Promise<number> => (await harness.service(name)).pid ?? 0;

/** The definitions with another port for one service: it is probed there, so only a reread makes it healthy. */
const moved = async (name: string): Promise<Service[]> => {
  const next = standIn(name, {
    needs: services.find((service) => service.name === name)?.needs.slice() ?? [],
    port: await freePort(),
    env: env(),
  });
  return services.map((service) => (service.name === name ? next : service));
};

it('restarts the named services in the order of needs, the others run on', async () => {
  const before = { worker: await pid('worker'), api: await pid('api'), database: await pid('database') };
  await askRestart(harness.supervisor, ['database', 'worker', 'once'], never);
  expect(readFileSync(order, 'utf8')).toBe('worker\ndatabase\n');
  const { services: after, phase } = await harness.status();
  expect(phase).toBe('running');
  expect(Object.fromEntries(after.map(({ name, status, restarts }) => [name, `${status} ${restarts}`]))).toEqual({
    database: 'running 0',
    api: 'running 0',
    once: 'completed 0',
    worker: 'running 0',
  });
  expect(await pid('api')).toBe(before.api);
  expect([before.worker, before.database].filter(isProcess)).toEqual([]);
});

it('tells which services run with old definitions, and starts them with the new ones', async () => {
  expect(await askOutdated(harness.supervisor)).toEqual([]);
  harness.define(await moved('api'));
  expect(await askOutdated(harness.supervisor)).toEqual(['api']);
  await askRestart(harness.supervisor, ['api'], never);
  expect(await askOutdated(harness.supervisor)).toEqual([]);
  expect((await harness.service('api')).status).toBe('running');
});

it('refuses what it does not know and definitions that cannot be read, and touches nothing', async () => {
  const before = await pid('api');
  await expect(askRestart(harness.supervisor, ['api', 'nope'], never)).rejects.toMatchObject({
    code: 'service_unknown',
    suggestion: 'Services are: database, api, once, worker.',
  });
  rmSync(join(harness.dir, 'services.json'));
  await expect(askRestart(harness.supervisor, ['api'], never)).rejects.toThrow(/services.json/);
  expect(await pid('api')).toBe(before);
});

it('says what a service died of that does not come back, and the stack can still be stopped', async () => {
  harness.define(
    services.map((service) =>
      service.name === 'api' && service.run.kind === 'process'
        ? { ...service, run: { ...service.run, env: { ...service.run.env, EXIT_AFTER_MS: '1', EXIT_CODE: '78' } } }
        : service,
    ),
  );
  await expect(askRestart(harness.supervisor, ['api'], never)).rejects.toMatchObject({
    code: 'stack_unhealthy',
    message: 'api exited with 78',
  });
  expect((await harness.service('worker')).status).toBe('running');
  const worker = await pid('worker');
  expect(await askStop(harness.socket)).toBe(true);
  await expect.poll(() => isProcess(worker) || existsSync(harness.socket), { timeout: 5_000 }).toBe(false);
});

it('drains in the order of needs and leaves ended what was drained, until a restart names it', async () => {
  const database = await pid('database');
  await askDrain(harness.supervisor, ['api', 'worker'], never);
  expect(readFileSync(order, 'utf8')).toBe('worker\napi\n');
  const { services: drained, phase } = await harness.status();
  expect(phase).toBe('running');
  expect(Object.fromEntries(drained.map(({ name, status }) => [name, status]))).toEqual({
    database: 'running',
    api: 'stopped',
    once: 'completed',
    worker: 'stopped',
  });
  await askDrain(harness.supervisor, ['worker'], never);
  await askRestart(harness.supervisor, ['worker', 'api'], never);
  expect((await harness.service('worker')).status).toBe('running');
  expect(await pid('database')).toBe(database);
});

it('a stack whose services were drained can be stopped', async () => {
  await askDrain(harness.supervisor, ['worker'], never);
  const database = await pid('database');
  expect(await askStop(harness.socket)).toBe(true);
  await expect.poll(() => isProcess(database) || existsSync(harness.socket), { timeout: 5_000 }).toBe(false);
});

it('answers a request of a newer sfp that it does not know, and ignores fields that it does not know', async () => {
  const say = async (request: object): Promise<unknown> => {
    const socket = connect(harness.socket);
    socket.write(`${JSON.stringify(request)}\n`);
    return JSON.parse((await socket.setEncoding('utf8').toArray()).join(''));
  };
  expect(await say({ command: 'fly' })).toEqual({ error: 'unknown request' });
  expect(await say({ command: 'progress', colour: 'blue' })).toMatchObject({ phase: 'running' });
});

it('a supervisor that knows less than who asks is named as the reason', async () => {
  const socket = join(harness.dir, 'older.sock');
  const older = createServer((connection) =>
    connection.on('data', () => connection.end('{"error":"unknown request"}\n')),
  );
  older.listen(socket);
  await once(older, 'listening');
  try {
    const asked = askDrain({ ...harness.supervisor, socket }, ['worker'], never);
    await expect(asked).rejects.toMatchObject({
      code: 'supervisor_outdated',
      suggestion: expect.stringContaining(`sfp server restart --tenant acme --base-dir ${harness.dir}`),
    });
  } finally {
    older.close();
  }
});
