import { HatchetClient } from '@hatchet-dev/typescript-sdk/v1/index.js';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { EngineProcess } from '../../test/contract/engine/support/engine-process.ts';
import { Scenario } from '../../test/contract/engine/support/scenario.ts';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { waitFor } from '../../test/support/wait.ts';

let postgres: TestPostgres;
let engine: EngineProcess;
let pool: Pool;
let scenario: Scenario;

beforeAll(async () => {
  postgres = await startTestPostgres();
  engine = await EngineProcess.create(postgres.url('hatchet', 'hatchet'));
  await engine.start();
  pool = new Pool({ connectionString: postgres.url('hatchet', 'hatchet'), max: 2 });
});
afterEach(() => scenario.end());
afterAll(async () => {
  await pool.end();
  await engine.stop();
  await postgres.stop();
});

const begin = (): Scenario => {
  scenario = new Scenario(engine.address);
  return scenario;
};
const count = async (sql: string): Promise<number> => {
  const { rows } = await pool.query(`select count(*)::int as n from ${sql}`);
  return z.object({ n: z.number() }).parse(rows[0]).n;
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('1000 bulk runs: each runs once, results come back in order', async () => {
  const s = begin();
  const client = await s.client('A');
  const ran: number[] = [];
  const task = client.task({
    name: 'bulk',
    fn: (input: { n: number }) => {
      ran.push(input.n);
      return { n: input.n };
    },
  });
  await s.worker('A', client, 'bulk-worker', { workflows: [task] });
  const results = await task.run(Array.from({ length: 1000 }, (_, n) => ({ n })));
  expect(results.map((result) => result.n)).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  expect(ran.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  expect(await count(`tasks where step = 'bulk' and retry_count > 0`)).toBe(0);
});

test('two workers never hold more tasks than they have slots, and all of them when there is work', async () => {
  const s = begin();
  const peak: Record<string, number> = { A: 0, B: 0 };
  const running: Record<string, number> = { A: 0, B: 0 };
  const make = async (label: string, slots: number) => {
    const client = await s.client(label);
    const task = client.task({
      name: 'slots',
      fn: async (_input: { n: number }) => {
        running[label] = (running[label] ?? 0) + 1;
        peak[label] = Math.max(peak[label] ?? 0, running[label]);
        await pause(30);
        running[label] -= 1;
        return {};
      },
    });
    await s.worker(label, client, `slots-${label}`, { workflows: [task], slots });
    return task;
  };
  const task = await make('A', 2);
  await make('B', 3);
  await task.run(Array.from({ length: 40 }, (_, n) => ({ n })));
  expect(peak).toEqual({ A: 2, B: 3 });
});

test('a killed worker: its task runs again elsewhere, though it has no retries', async () => {
  const s = begin();
  const w1 = await s.workerProcess('W1', { NAME: 'kill-1', WORKFLOWS: 'killed' });
  const client = await s.client('A');
  const task = client.task({ name: 'killed', fn: (_input: { n: number; ms: number }) => ({}) });
  const ref = await task.runNoWait({ n: 1, ms: 1_000 });
  const output = ref.output;
  await w1.until(/^START/);
  w1.process.kill('SIGKILL');
  await s.workerProcess('W2', { NAME: 'kill-2', WORKFLOWS: 'killed' });
  expect(await output).toMatchObject({ by: 'kill-2', retry: 1 });
});

test('a worker whose stream breaks keeps its tasks: nothing runs twice', { timeout: 60_000 }, async () => {
  const s = begin();
  const w1 = await s.workerProcess('W1', { NAME: 'cut-1', WORKFLOWS: 'cut' });
  const w2 = await s.workerProcess('W2', { NAME: 'cut-2', WORKFLOWS: 'cut' });
  const client = await s.client('A');
  const task = client.task({ name: 'cut', fn: (_input: { n: number; ms: number }) => ({}) });
  const ref = await task.runNoWait({ n: 1, ms: 14_000 });
  const output = ref.output;
  const holder = await waitFor(() => [w1, w2].find((worker) => worker.lines.some((line) => line.startsWith('START'))), {
    timeoutMs: 10_000,
    what: 'the task to start',
  });
  holder.relay.cut();
  expect(await output).toMatchObject({ retry: 0 });
  expect([...w1.lines, ...w2.lines].filter((line) => line.startsWith('START'))).toHaveLength(1);
});

test('the engine is killed with runs in flight: they end, each once, and waiting ones start', {
  timeout: 60_000,
}, async () => {
  const s = begin();
  const worker = await s.workerProcess('W1', { NAME: 'restart', WORKFLOWS: 'restart', SLOTS: '3' });
  const client = await s.client('A');
  const task = client.task({ name: 'restart', fn: (_input: { n: number; ms: number }) => ({}) });
  const refs = [];
  for (let n = 0; n < 6; n += 1) refs.push(await task.runNoWait({ n, ms: 2_000 }));
  const outputs = refs.map((ref) => ref.output);
  await waitFor(() => worker.lines.filter((line) => line.startsWith('START')).length === 3, {
    timeoutMs: 10_000,
    what: 'three tasks in three slots',
  });
  await engine.kill();
  await engine.start();
  await Promise.all(outputs);
  const starts = worker.lines.filter((line) => line.startsWith('START'));
  expect(starts.toSorted()).toEqual([0, 1, 2, 3, 4, 5].map((n) => `START restart {"n":${n},"retry":0}`));
});

test('a cancel reaches the worker, and a cancelled run is not retried', async () => {
  const s = begin();
  const client = await s.client('A');
  let cancelled = 0;
  const task = client.task({
    name: 'cancelled',
    retries: 3,
    fn: async (_input, context) => {
      await new Promise((resolve) => context.abortController.signal.addEventListener('abort', resolve));
      cancelled += 1;
      throw new Error('after the cancel');
    },
  });
  await s.worker('A', client, 'cancel-worker', { workflows: [task] });
  const ref = await task.runNoWait({});
  const id = await ref.getWorkflowRunId();
  const output = ref.output;
  await waitFor(async () => (await client.runs.get_status(id)) === 'RUNNING', { timeoutMs: 5_000, what: 'the start' });
  await ref.cancel();
  await output;
  expect(await client.runs.get_status(id)).toBe('CANCELLED');
  await waitFor(() => cancelled === 1, { timeoutMs: 5_000, what: 'the abort on the worker' });
  expect(await count(`tasks where step = 'cancelled' and retry_count > 0`)).toBe(0);
});

test('a DAG: parents before children, outputs handed on, failure cancels what follows and runs the hook', async () => {
  const s = begin();
  const client = await s.client('A');
  const order: string[] = [];
  const workflow = client.workflow<{ fail: boolean }>({ name: 'dag' });
  const first = workflow.task({
    name: 'first',
    fn: () => {
      order.push('first');
      return { x: 2 };
    },
  });
  const second = workflow.task({
    name: 'second',
    parents: [first],
    fn: async (input, context) => {
      order.push('second');
      if (input.fail) throw new Error('second failed');
      return { y: (await context.parentOutput(first)).x * 21 };
    },
  });
  workflow.task({
    name: 'third',
    parents: [second],
    fn: async (_input, context) => {
      order.push('third');
      return { z: (await context.parentOutput(second)).y };
    },
  });
  workflow.onFailure({
    fn: (_input, context) => {
      order.push(`hook ${Object.keys(context.errors()).join()}`);
      return {};
    },
  });
  await s.worker('A', client, 'dag-worker', { workflows: [workflow] });
  expect(await workflow.run({ fail: false })).toMatchObject({ third: { z: 42 } });
  expect(order).toEqual(['first', 'second', 'third']);
  order.length = 0;
  await expect(workflow.run({ fail: true })).rejects.toBeDefined();
  expect(order).toEqual(['first', 'second', 'hook second']);
});

test('concurrency keys: one at a time in order, newest wins, oldest wins', async () => {
  const s = begin();
  const client = await s.client('A');
  const { ConcurrencyLimitStrategy } = await import('@hatchet-dev/typescript-sdk/v1/index.js');
  let running = 0;
  let peak = 0;
  const done: Record<string, number[]> = {};
  const make = (name: string, limitStrategy: number) =>
    client.task({
      name,
      concurrency: { expression: 'input.key', maxRuns: 1, limitStrategy },
      fn: async (input: { key: string; n: number }, context) => {
        running += 1;
        peak = Math.max(peak, running);
        const until = Date.now() + 150;
        while (Date.now() < until && !context.cancelled) await pause(10);
        running -= 1;
        if (!context.cancelled) done[name] = [...(done[name] ?? []), input.n];
        return {};
      },
    });
  const robin = make('robin', ConcurrencyLimitStrategy.GROUP_ROUND_ROBIN);
  const newest = make('newest-wins', ConcurrencyLimitStrategy.CANCEL_IN_PROGRESS);
  const oldest = make('oldest-wins', ConcurrencyLimitStrategy.CANCEL_NEWEST);
  await s.worker('A', client, 'key-worker', { workflows: [robin, newest, oldest] });
  for (const task of [robin, newest, oldest]) {
    const refs = await task.runManyNoWait([1, 2, 3, 4].map((n) => ({ input: { key: 'k', n } })));
    await Promise.all(refs.map((ref) => ref.output));
  }
  expect(done).toEqual({ robin: [1, 2, 3, 4], 'newest-wins': [4], 'oldest-wins': [1] });
  expect(await count('slots')).toBe(0);
});

test('a client without a token, and one with a forged one, get nothing', async () => {
  const s = begin();
  const { hostPort, apiUrl } = await s.relay('raw');
  const [head, body] = engine.address.token.split('.');
  const forged = `${head}.${body}.${'A'.repeat(43)}`;
  const client = HatchetClient.init({
    token: forged,
    host_port: hostPort,
    api_url: apiUrl,
    tls_config: { tls_strategy: 'none' },
    logger: () => ({ debug() {}, info() {}, warn() {}, green() {}, error() {}, util() {} }),
    retrier: { maxAttempts: 1 },
  });
  await expect(client.events.push('any', {})).rejects.toThrow(/invalid auth token/);
  expect((await fetch(`${apiUrl}/api/v1/tenants/707d0855-80ab-4e1f-a156-f1c4546cbf52/worker`)).status).toBe(403);
});
