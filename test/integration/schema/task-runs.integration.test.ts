import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asService, asUser, type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { makeWorld, type World } from './world.ts';

let database: CoreDatabase;
let world: World;
beforeAll(async () => {
  database = await startCoreDatabase();
  world = await makeWorld(database);
});
afterAll(() => database.stop());

const rpc = async (name: string, ...values: unknown[]): Promise<Row> => {
  const marks = values.map((_, n) => `$${n + 1}`).join(', ');
  const { rows } = await database.as(asService, (client) =>
    client.query(
      `select public.${name}(${marks}) as answer`,
      values.map((value) => (typeof value === 'object' ? JSON.stringify(value) : value)),
    ),
  );
  return rows[0]?.answer;
};
type Row = Record<string, unknown>;
const one = async (table: string, id: string): Promise<Row> =>
  (await database.owner.query(`select * from public.${table} where id = $1`, [id])).rows[0];
const events = async (task: string): Promise<Row[]> =>
  (await database.owner.query('select * from public.task_events where task_id = $1 order by seq', [task])).rows;
const outbox = async (task: string): Promise<string[]> =>
  (await database.owner.query('select kind from private.outbox where task_id = $1 order by id', [task])).rows.map(
    ({ kind }) => kind,
  );
const log = (position: number, text = `line ${position}`) => ({
  position,
  kind: 'log',
  at: new Date().toISOString(),
  data: { stage: 'build', lines: [{ stream: 'stdout', text }] },
});

describe('a deployment row', () => {
  it('makes task, event, outbox row and both wake-ups in its transaction, or nothing', async () => {
    const before = await database.owner.query('select count(*) from public.tasks');
    await expect(
      database.as(asUser(world.member), async (client) => {
        await client.query(`insert into public.deployments (environment_id, ref) values ($1, 'main')`, [
          world.environment,
        ]);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect((await database.owner.query('select count(*) from public.tasks')).rows).toEqual(before.rows);

    await database.owner.query(`select private.set_dispatch('http://127.0.0.1:9/dispatch', 'a secret')`);
    const { deployment, task } = await world.deploy();
    expect(await one('deployments', deployment)).toMatchObject({
      status: 'queued',
      task_id: task,
      requested_by: world.member,
    });
    expect(await one('tasks', task)).toMatchObject({ status: 'queued', type: 'deployment', last_seq: 1, input: {} });
    expect(await events(task)).toMatchObject([{ seq: 1, kind: 'task', data: { status: 'queued' }, position: null }]);
    expect(await outbox(task)).toEqual(['task.dispatch']);
    const { rows: requests } = await database.owner.query(
      'select url, headers from net.http_request_queue order by id desc limit 1',
    );
    expect(requests).toMatchObject([{ url: 'http://127.0.0.1:9/dispatch', headers: { 'x-sfp-dispatch': 'a secret' } }]);
    const { rows: sent } = await database.owner.query<{ topic: string }>(
      `select topic from realtime.messages where topic = 'dispatch' or payload ->> 'taskId' = $1`,
      [task],
    );
    expect(new Set(sent.map(({ topic }) => topic))).toEqual(
      new Set([
        'dispatch',
        `task:${task}`,
        `environment:${world.environment}`,
        `project:${world.project}`,
        `account:${world.account}`,
      ]),
    );
    await database.owner.query('select private.set_dispatch(null, null)');
  });

  it('is made even when the wake-up cannot be sent', async () => {
    await database.owner.query(`select private.set_dispatch('no url at all', null)`);
    const { task } = await world.deploy();
    expect(await outbox(task)).toEqual(['task.dispatch']);
    await database.owner.query('select private.set_dispatch(null, null)');
  });
});

describe('the outbox', () => {
  const claim = async (lease: number) =>
    (await database.as(asService, (client) => client.query('select * from public.claim_outbox(100, $1)', [lease])))
      .rows;

  it('gives a row to one claimer, again after its lease or a failure, and forgets it when done', async () => {
    await database.owner.query('delete from private.outbox');
    const { deployment, task } = await world.deploy();
    const both = (await Promise.all([claim(60), claim(60)])).flat();
    expect(both).toMatchObject([
      { kind: 'task.dispatch', task_id: task, payload: { type: 'deployment', pool: 'standard' }, attempts: 1 },
    ]);
    const id = both[0]?.id;
    await rpc('fail_outbox', id, 'engine away', 0);
    expect(await claim(0)).toMatchObject([{ id, attempts: 2 }]);
    expect(await claim(60)).toMatchObject([{ id, attempts: 3 }]);
    await rpc('complete_outbox', id, 'run-1');
    expect(await claim(60)).toEqual([]);
    expect(await one('tasks', task)).toMatchObject({ run_id: 'run-1', status: 'queued' });
    expect(await one('deployments', deployment)).toMatchObject({ queue_status: 'dispatched', status: 'queued' });
  });

  it('a worker that starts, a person who cancels and a dispatcher that completes do not lock each other out', async () => {
    for (let round = 0; round < 25; round += 1) {
      await database.owner.query('delete from private.outbox');
      const { task } = await world.deploy();
      const [row] = await claim(60);
      const cancel = () =>
        database.as(asUser(world.member), (client) => client.query('select public.cancel_task($1)', [task]));
      await Promise.all([
        rpc('complete_outbox', row?.id, 'run'),
        rpc('start_task', task, 'run', 'worker', 60),
        cancel(),
      ]);
    }
  });
});

describe('a run', () => {
  it('appends each event once, numbers without a hole, and refuses a stale attempt', async () => {
    const { deployment, task } = await world.deploy();
    const started = await rpc('start_task', task, 'run-1', 'worker-1', 60);
    expect(started).toMatchObject({
      outcome: 'started',
      attempt: 1,
      task: { id: task, status: 'running' },
      deployment: { id: deployment },
      project: { id: world.project },
      environment: { id: world.environment },
      previousSuccess: null,
    });
    expect(await rpc('start_task', task, 'run-2', 'worker-2', 60)).toMatchObject({ outcome: 'busy', attempt: 1 });

    const first = await rpc(
      'append_task_events',
      task,
      1,
      [log(1), log(2)],
      { stages: { checkout: 'running' }, progress: { percent: 10 } },
      60,
    );
    expect(first).toEqual({ lastSeq: 4, cancelRequested: false });
    // The same batch again (its answer was lost), grown by one, out of order.
    expect(await rpc('append_task_events', task, 1, [log(3), log(2), log(1), log(3)], {}, 60)).toEqual({
      lastSeq: 5,
      cancelRequested: false,
    });
    expect((await events(task)).map(({ seq, position }) => [seq, position])).toEqual([
      [1, null],
      [2, null],
      [3, 1],
      [4, 2],
      [5, 3],
    ]);
    expect(await one('tasks', task)).toMatchObject({ last_seq: 5, progress: { percent: 10 } });

    // A heartbeat appends nothing.
    expect(await rpc('append_task_events', task, 1, [], {}, -1)).toEqual({ lastSeq: 5, cancelRequested: false });
    expect(await rpc('start_task', task, 'run-3', 'worker-3', 60)).toMatchObject({ outcome: 'started', attempt: 2 });
    // The lost attempt's stage begins again.
    expect(await one('deployments', deployment)).toMatchObject({ checkout_status: 'pending' });
    await expect(rpc('append_task_events', task, 1, [log(4)], {}, 60)).rejects.toMatchObject({
      code: 'PT409',
      message: 'stale_attempt',
    });
    await expect(rpc('finish_task', task, 1, 'succeeded', null, [], {})).rejects.toMatchObject({
      message: 'stale_attempt',
    });
    expect(await rpc('append_task_events', task, 2, [log(1)], {}, 60)).toMatchObject({ lastSeq: 7 });
  });

  it('takes parallel appends of one attempt without losing or doubling an event', async () => {
    const { task } = await world.deploy();
    await rpc('start_task', task, 'run', 'worker', 60);
    const batches = Array.from({ length: 20 }, (_, n) => [log(n + 1), log(n + 2), log(n + 3)]);
    await Promise.all(batches.map((batch) => rpc('append_task_events', task, 1, batch, {}, 60)));
    const found = await events(task);
    expect(found.map(({ seq }) => seq)).toEqual(found.map((_, n) => n + 1));
    expect(
      found
        .filter(({ kind }) => kind === 'log')
        .map(({ position }) => position)
        .sort((a, b) => Number(a) - Number(b)),
    ).toEqual(Array.from({ length: 22 }, (_, n) => n + 1));
  });

  it('ends with its deployment, also when asked twice', async () => {
    const { deployment, task } = await world.deploy();
    await rpc('start_task', task, 'run', 'worker', 60);
    const stages = { checkout: 'succeeded', deploy: 'succeeded' };
    const patch = { stages, commitSha: 'abc', metadata: { resultUrl: 'http://x' } };
    const end = await rpc('finish_task', task, 1, 'succeeded', null, [log(1)], patch);
    expect(end).toEqual({ lastSeq: 4 });
    expect(await rpc('finish_task', task, 1, 'succeeded', null, [log(1)], patch)).toEqual(end);
    expect(await one('deployments', deployment)).toMatchObject({
      status: 'succeeded',
      build_status: 'skipped',
      rollback_status: 'skipped',
      commit_sha: 'abc',
      metadata: { resultUrl: 'http://x' },
    });
    expect((await events(task)).at(-1)).toMatchObject({ kind: 'task', data: { status: 'succeeded', failure: null } });
    expect(await rpc('start_task', task, 'run', 'worker', 60)).toMatchObject({ outcome: 'finished' });
    const next = await world.deploy();
    expect(await rpc('start_task', next.task, 'run', 'worker', 60)).toMatchObject({
      previousSuccess: { commitSha: 'abc' },
    });
  });

  it('fails with its deployment, whichever stage it was in', async () => {
    const failure = { code: 'step_failed', message: 'exit 1' };
    for (const stages of [
      {},
      { checkout: 'running' },
      { checkout: 'succeeded' },
      { checkout: 'succeeded', build: 'failed' },
    ]) {
      const { deployment, task } = await world.deploy();
      await rpc('start_task', task, 'run', 'worker', 60);
      await rpc('finish_task', task, 1, 'failed', failure, [], { stages });
      expect(await one('deployments', deployment)).toMatchObject({ status: 'failed', failure });
      expect(await one('tasks', task)).toMatchObject({ status: 'failed', failure });
    }
  });

  it('refuses an illegal move of a stage and keeps nothing of the call', async () => {
    const { deployment, task } = await world.deploy();
    await rpc('start_task', task, 'run', 'worker', 60);
    await rpc('append_task_events', task, 1, [], { stages: { checkout: 'succeeded' } }, 60);
    await expect(
      rpc('append_task_events', task, 1, [log(1)], { stages: { checkout: 'running' } }, 60),
    ).rejects.toMatchObject({ code: 'PT409', message: 'illegal_transition' });
    expect(await events(task)).toHaveLength(2);
    expect(await one('deployments', deployment)).toMatchObject({ checkout_status: 'succeeded' });
  });

  it('is handed back by a draining worker and dispatched again', async () => {
    const { deployment, task } = await world.deploy();
    await rpc('start_task', task, 'run', 'worker', 60);
    await rpc('append_task_events', task, 1, [], { stages: { checkout: 'succeeded', build: 'running' } }, 60);
    await rpc('finish_task', task, 1, 'queued', null, [], {});
    expect(await one('tasks', task)).toMatchObject({ status: 'queued', run_id: null, worker: null });
    expect(await one('deployments', deployment)).toMatchObject({
      checkout_status: 'succeeded',
      build_status: 'pending',
    });
    expect(await outbox(task)).toEqual(['task.dispatch']);
    expect(await rpc('start_task', task, 'run-2', 'worker', 60)).toMatchObject({ outcome: 'started', attempt: 2 });
  });

  it('is recovered when its worker was lost, and cancelled when that was asked for', async () => {
    const [lost, cancelled] = [await world.deploy(), await world.deploy()];
    for (const { task } of [lost, cancelled]) await rpc('start_task', task, 'run', 'worker', -100);
    await database.as(asUser(world.member), (client) =>
      client.query('select public.cancel_task($1)', [cancelled.task]),
    );
    await rpc('recover_tasks', 60);
    expect(await one('tasks', lost.task)).toMatchObject({ status: 'queued' });
    expect(await outbox(lost.task)).toEqual(['task.dispatch']);
    expect(await one('tasks', cancelled.task)).toMatchObject({ status: 'cancelled' });
    expect(await one('deployments', cancelled.deployment)).toMatchObject({ status: 'cancelled' });
  });
});

describe('cancel and retry', () => {
  const asMember = (sql: string, ...values: unknown[]) =>
    database.as(asUser(world.member), (client) => client.query(sql, values));

  it('cancels a queued task at once and asks a running one', async () => {
    const queued = await world.deploy();
    await asMember('select public.cancel_task($1)', queued.task);
    expect(await one('tasks', queued.task)).toMatchObject({ status: 'cancelled' });
    expect(await one('deployments', queued.deployment)).toMatchObject({
      status: 'cancelled',
      deploy_status: 'cancelled',
    });
    expect(await outbox(queued.task)).toEqual([]);
    expect(await rpc('start_task', queued.task, 'run', 'worker', 60)).toMatchObject({ outcome: 'cancelled' });

    const running = await world.deploy();
    await rpc('start_task', running.task, 'run', 'worker', 60);
    await asMember('select public.cancel_task($1)', running.task);
    await asMember('select public.cancel_task($1)', running.task);
    expect(await outbox(running.task)).toEqual(['task.cancel']);
    expect(await rpc('append_task_events', running.task, 1, [], {}, 60)).toMatchObject({ cancelRequested: true });
    await rpc('finish_task', running.task, 1, 'cancelled', null, [], {});
    expect(await one('deployments', running.deployment)).toMatchObject({ status: 'cancelled' });
  });

  it('is refused for viewers, outsiders and finished tasks', async () => {
    const { task } = await world.deploy();
    const cancel = (user: string) =>
      database.as(asUser(user), (client) => client.query('select public.cancel_task($1)', [task]));
    await expect(cancel(world.viewer)).rejects.toMatchObject({ code: 'PT403' });
    await expect(cancel(world.outsider)).rejects.toMatchObject({ code: 'PT404' });
    await rpc('start_task', task, 'run', 'worker', 60);
    await rpc('finish_task', task, 1, 'succeeded', null, [], {});
    await expect(cancel(world.member)).rejects.toMatchObject({ code: 'PT409', message: 'task_finished' });
  });

  it('retries what did not succeed, as a new task', async () => {
    const { deployment, task } = await world.deploy();
    await expect(asMember('select public.retry_deployment($1)', deployment)).rejects.toMatchObject({
      message: 'deployment_not_retryable',
    });
    await rpc('start_task', task, 'run', 'worker', 60);
    await rpc('finish_task', task, 1, 'failed', { code: 'x', message: 'x' }, [], {
      stages: { checkout: 'succeeded', build: 'failed' },
    });
    await asMember('select public.retry_deployment($1)', deployment);
    const retried = await one('deployments', deployment);
    expect(retried).toMatchObject({
      checkout_status: 'succeeded',
      build_status: 'pending',
      deploy_status: 'pending',
      failure: null,
    });
    expect(retried.task_id).not.toBe(task);
    expect(await outbox(String(retried.task_id))).toEqual(['task.dispatch']);
  });
});

describe('environment allocations', () => {
  it('are first come first served, also when everybody asks at once, and pass on when a lease ends', async () => {
    const tasks = await Promise.all(Array.from({ length: 8 }, () => world.deploy()));
    const acquire = (task: string, lease = 60) => rpc('acquire_environment', world.environment, task, lease);
    const first = await Promise.all(tasks.map(({ task }) => acquire(task)));
    expect(first.filter(({ held }) => held)).toHaveLength(1);
    expect(first.map(({ position }) => Number(position)).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const line = tasks
      .map(({ task }, n) => ({ task, position: Number(first[n]?.position) }))
      .sort((a, b) => a.position - b.position);
    for (const [n, { task }] of line.entries()) {
      expect(await acquire(task)).toEqual({ held: true, position: 0 });
      const next = line[n + 1];
      if (next !== undefined) expect(await acquire(next.task)).toEqual({ held: false, position: 1 });
      // Every other holder dies instead of releasing.
      if (n % 2 === 0) await rpc('release_environment', world.environment, task);
      else await acquire(task, -1);
    }
  });
});
