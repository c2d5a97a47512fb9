import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asService, asUser, type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { makeWorld, type World } from './world.ts';

let database: CoreDatabase;
let world: World;
beforeAll(async () => {
  database = await startCoreDatabase();
});
afterAll(() => database.stop());
// An environment of its own for every test.
beforeEach(async () => {
  world = await makeWorld(database);
});

interface Ticket {
  id: string;
  status: string;
  ahead: number | null;
  lease_expires_at: string;
  estimated_wait_seconds: number | null;
  [column: string]: unknown;
}
const answer = async (user: string, sql: string, values: unknown[], claims: Record<string, string> = {}) =>
  (await database.as(asUser(user, claims), (client) => client.query(`select ${sql} as answer`, values))).rows[0]
    ?.answer as Ticket;
const take = (user: string, options: { reason?: string; lease?: number; wait?: number; key?: string } = {}) =>
  answer(user, 'public.take_environment_lock($1, $2, $3, $4, $5)', [
    world.environment,
    options.reason ?? null,
    options.lease ?? 3600,
    options.wait ?? 1800,
    options.key ?? null,
  ]);
const renew = (user: string, ticket: string, lease: number | null = null) =>
  answer(user, 'public.renew_environment_lock($1, $2)', [ticket, lease]);
const release = (user: string, ticket: string) => answer(user, 'public.release_environment_lock($1)', [ticket]);
const see = (user: string, ticket: string) => answer(user, 'public.environment_lock($1)', [ticket]);
const service = async (sql: string, values: unknown[] = []) =>
  (await database.as(asService, (client) => client.query(`select ${sql} as answer`, values))).rows[0]?.answer;
const acquire = (task: string, lease = 60) =>
  service('public.acquire_environment($1, $2, $3)', [world.environment, task, lease]) as Promise<{
    held: boolean;
    position: number;
  }>;
const end = (task: string) => service('public.release_environment($1, $2)', [world.environment, task]);
const sweep = () => service('public.sweep_environment_locks()');
const owned = async (sql: string, values: unknown[] = []) => (await database.owner.query(sql, values)).rows;
/** As if its time had passed. */
const runOut = (ticket: string) =>
  owned(`update public.environment_allocations set lease_expires_at = now() - interval '1 second' where id = $1`, [
    ticket,
  ]);
const secondsLeft = ({ lease_expires_at }: Ticket): number => (Date.parse(lease_expires_at) - Date.now()) / 1000;
const deployUnder = async (user: string, ticket: string): Promise<{ deployment: string; task: string }> => {
  const { rows } = await database.as(asUser(user), (client) =>
    client.query(
      `insert into public.deployments (environment_id, ref, lock_ticket) values ($1, 'main', $2) returning id, task_id`,
      [world.environment, ticket],
    ),
  );
  return { deployment: rows[0]?.id, task: rows[0]?.task_id };
};

describe('a ticket', () => {
  it('is taken by members and above, once for a key; viewers look, outsiders see nothing', async () => {
    const first = await take(world.member, { reason: 'smoke test', key: 'job-1' });
    expect(first).toMatchObject({ status: 'held', ahead: 0, reason: 'smoke test', user_id: world.member });
    expect(first.user_email).toContain('member-');
    expect(first).not.toHaveProperty('request_key');
    expect((await take(world.member, { reason: 'smoke test', key: 'job-1' })).id).toBe(first.id);
    await expect(take(world.member, { reason: 'another', key: 'job-1' })).rejects.toMatchObject({ code: 'PT422' });
    const second = await take(world.admin, { key: 'job-1' });
    expect(second).toMatchObject({ status: 'waiting', ahead: 1 });
    await expect(take(world.viewer)).rejects.toMatchObject({ code: 'PT403' });
    await expect(take(world.outsider)).rejects.toMatchObject({ code: 'PT404' });
    expect(await see(world.viewer, second.id)).toMatchObject({ status: 'waiting', ahead: 1 });
    await expect(see(world.outsider, second.id)).rejects.toMatchObject({ code: 'PT404' });
    for (const seconds of [59, 86_401]) {
      await expect(take(world.member, { lease: seconds })).rejects.toMatchObject({ message: 'lock_seconds' });
      await expect(take(world.member, { wait: seconds })).rejects.toMatchObject({ message: 'lock_seconds' });
    }
    const shown = await database.as(asUser(world.viewer), (client) =>
      client.query('select * from public.environment_locks($1)', [world.environment]),
    );
    expect(shown.rows.map(({ environment_locks: ticket }) => ticket.id)).toEqual([first.id, second.id]);
    const hidden = database.as(asUser(world.outsider), (client) =>
      client.query('select * from public.environment_locks($1)', [world.environment]),
    );
    await expect(hidden).rejects.toMatchObject({ code: 'PT404' });
  });

  it('is its taker’s to renew and release; an admin releases an orphan, nobody else’s is extended', async () => {
    const held = await take(world.member);
    const waiting = await take(world.admin);
    for (const user of [world.viewer, world.outsider]) {
      await expect(release(user, held.id)).rejects.toMatchObject({ code: user === world.viewer ? 'PT403' : 'PT404' });
    }
    await expect(release(world.member, waiting.id)).rejects.toMatchObject({ message: 'lock_not_yours' });
    await expect(renew(world.owner, held.id)).rejects.toMatchObject({ message: 'lock_not_yours' });
    expect(await release(world.owner, held.id)).toMatchObject({ status: 'released', ahead: null });
    expect(await release(world.member, held.id)).toMatchObject({ status: 'released' });
    expect(await see(world.viewer, waiting.id)).toMatchObject({ status: 'held', ahead: 0 });
    const third = await take(world.member);
    expect(await release(world.member, third.id)).toMatchObject({ status: 'cancelled' });
    await expect(renew(world.member, third.id, 60)).rejects.toMatchObject({ message: 'lock_ended' });
    expect(await renew(world.member, third.id)).toMatchObject({ status: 'cancelled' });
  });

  it('of an application token says so, and ends with nobody’s leave but its user’s', async () => {
    const made = await database.as(asUser(world.member), (client) =>
      client.query(`select id from public.create_application_token($1, 'ci', 'h', $2, null, 'deploy')`, [
        world.account,
        randomUUID().replaceAll('-', '').repeat(2),
      ]),
    );
    const claims = { app_account_id: world.account, app_token_id: String(made.rows[0]?.id) };
    const sql = 'public.take_environment_lock($1)';
    const held = await answer(world.member, sql, [world.environment], claims);
    expect(held).toMatchObject({ application_token_id: claims.app_token_id, user_id: world.member, status: 'held' });
    const readOnly = await database.as(asUser(world.member), (client) =>
      client.query(`select id from public.create_application_token($1, 'look', 'h', $2, null, 'read')`, [
        world.account,
        randomUUID().replaceAll('-', '').repeat(2),
      ]),
    );
    const looking = { ...claims, app_token_id: String(readOnly.rows[0]?.id) };
    await expect(answer(world.member, sql, [world.environment], looking)).rejects.toMatchObject({ code: 'PT403' });
    expect(await release(world.member, held.id)).toMatchObject({ status: 'released' });
  });

  it('makes no illegal move, whoever tries, and none at all through REST', async () => {
    const held = await take(world.member);
    const waiting = await take(world.member);
    for (const user of [world.member, world.owner]) {
      for (const sql of [
        `update public.environment_allocations set acquired_at = now() where id = '${waiting.id}'`,
        `update public.environment_allocations set released_at = now() where id = '${held.id}'`,
        `delete from public.environment_allocations where id = '${held.id}'`,
        `insert into public.environment_allocations (environment_id, account_id, user_email, lease_expires_at)
         values ('${world.environment}', '${world.account}', 'x', now())`,
      ]) {
        await expect(database.as(asUser(user), (client) => client.query(sql))).rejects.toMatchObject({ code: '42501' });
      }
    }
    const as = (sql: string, id: string) =>
      owned(`update public.environment_allocations set ${sql} where id = $1`, [id]);
    await expect(as('acquired_at = null', held.id)).rejects.toMatchObject({ message: 'illegal_transition' });
    await expect(as('acquired_at = now()', waiting.id)).rejects.toMatchObject({ code: '23505' });
    await expect(as(`status = 'held'`, waiting.id)).rejects.toMatchObject({ code: '428C9' });
    await release(world.member, waiting.id);
    await release(world.member, held.id);
    await expect(as('released_at = null', held.id)).rejects.toMatchObject({ message: 'illegal_transition' });
    await expect(as('expired = true', held.id)).rejects.toMatchObject({ message: 'illegal_transition' });
    await expect(as('acquired_at = null', held.id)).rejects.toMatchObject({ message: 'illegal_transition' });
  });

  it('is in the audit log when it is taken, held, extended and released; signs of life are not', async () => {
    const held = await take(world.member, { reason: 'look' });
    await renew(world.member, held.id);
    await renew(world.member, held.id, 3600);
    await release(world.owner, held.id);
    const rows = await owned(
      `select action, actor_user_id, detail ->> 'status' as status, detail ? 'extended_at' as extended
       from public.audit_log where subject_type = 'environment_lock' and subject_id = $1 order by id`,
      [held.id],
    );
    expect(
      rows.map(({ action, actor_user_id, status, extended }) => [action, actor_user_id, status, extended]),
    ).toEqual([
      ['insert', world.member, 'waiting', true],
      ['update', world.member, 'held', false],
      ['update', world.member, null, true],
      ['update', world.owner, 'released', false],
    ]);
  });
});

describe('a lease', () => {
  it('begins when its holder knows of it; uncollected it lasts as long as a place is kept', async () => {
    const first = await take(world.member, { lease: 7200, wait: 60 });
    expect(secondsLeft(first)).toBeGreaterThan(7100);
    const second = await take(world.admin, { lease: 7200, wait: 120 });
    expect(secondsLeft(second)).toBeLessThan(121);
    await release(world.member, first.id);
    expect(secondsLeft(await see(world.viewer, second.id))).toBeLessThan(121);
    expect(secondsLeft(await renew(world.admin, second.id))).toBeGreaterThan(7100);
    // Asking again is no extension; asking for one is.
    await owned(`update public.environment_allocations set lease_expires_at = now() + interval '9 s' where id = $1`, [
      second.id,
    ]);
    expect(secondsLeft(await renew(world.admin, second.id))).toBeLessThan(10);
    expect(secondsLeft(await renew(world.admin, second.id, 600))).toBeGreaterThan(590);
  });

  it('that runs out hands over to the next who still waits, by whoever asks next', async () => {
    const [gone, forgotten, next, last] = [
      await take(world.member),
      await take(world.owner),
      await take(world.admin),
      await take(world.member),
    ];
    await runOut(gone.id);
    await runOut(forgotten.id);
    expect(await renew(world.member, last.id)).toMatchObject({ status: 'waiting', ahead: 1 });
    expect((await see(world.viewer, gone.id)).status).toBe('expired');
    expect((await see(world.viewer, forgotten.id)).status).toBe('expired');
    expect(await renew(world.admin, next.id)).toMatchObject({ status: 'held' });
    // What has run out is over for its holder too.
    await runOut(next.id);
    await expect(renew(world.admin, next.id, 60)).rejects.toMatchObject({ message: 'lock_ended' });
  });

  it('that runs out is handed over by the sweep when nobody asks, and told to who listens', async () => {
    const gone = await take(world.member);
    const next = await take(world.admin);
    // What the tests before have left.
    await sweep();
    expect(await sweep()).toBe(0);
    await runOut(gone.id);
    expect(await sweep()).toBe(1);
    expect(await sweep()).toBe(0);
    const told = await owned(
      `select payload ->> 'ticketId' as id, payload ->> 'status' as status, private
       from realtime.messages where topic = $1 and event = 'environment_lock'`,
      [`environment:${world.environment}`],
    );
    // A ticket is told of when it is taken, and at every change.
    expect(told.map(({ id, status }) => `${id} ${status}`).sort()).toEqual(
      [`${gone.id} waiting`, `${gone.id} held`, `${gone.id} expired`, `${next.id} waiting`, `${next.id} held`].sort(),
    );
    expect(told.every((message) => message.private)).toBe(true);
  });

  it('tells about how long the others wait', async () => {
    await take(world.member, { lease: 600 });
    await take(world.member, { lease: 900 });
    const third = await take(world.admin, { lease: 60 });
    expect(third.ahead).toBe(2);
    expect(Math.round((third.estimated_wait_seconds ?? 0) / 10)).toBe(150);
    const { task } = await world.deploy();
    await acquire(task);
    // Nothing is known of how long deployments take here.
    expect((await take(world.admin)).estimated_wait_seconds).toBeNull();
  });
});

describe('people and deployments in one line', () => {
  it('pass nobody, also when everybody asks at once', async () => {
    const tasks = await Promise.all(Array.from({ length: 6 }, () => world.deploy()));
    const users = [world.member, world.admin, world.owner, world.member, world.admin, world.owner];
    await Promise.all([...tasks.map(({ task }) => acquire(task)), ...users.map((user) => take(user))]);
    const line = await owned(
      `select id, task_id, user_id, status from public.environment_allocations where environment_id = $1 order by place`,
      [world.environment],
    );
    expect(line.map(({ status }) => status)).toEqual(['held', ...Array(11).fill('waiting')]);
    const held: string[] = [];
    for (const [n, ticket] of line.entries()) {
      const now = await owned(
        `select id from public.environment_allocations where environment_id = $1 and status = 'held'`,
        [world.environment],
      );
      held.push(...now.map(({ id }) => id));
      if (n % 3 === 2) {
        // Vanishes.
        await runOut(ticket.id);
        await sweep();
      } else if (ticket.task_id !== null) await end(ticket.task_id);
      else await release(ticket.user_id, ticket.id);
    }
    expect(held).toEqual(line.map(({ id }) => id));
  });

  it('a deployment learns who holds the lock; its own ticket is not a person’s to release', async () => {
    await take(world.member, { reason: 'smoke test' });
    const { task } = await world.deploy();
    expect(await acquire(task)).toMatchObject({
      held: false,
      position: 1,
      holder: expect.stringContaining('member-'),
      reason: 'smoke test',
    });
    const [{ id }] = await owned('select id from public.environment_allocations where task_id = $1', [task]);
    await expect(release(world.owner, id)).rejects.toMatchObject({ message: 'lock_of_task' });
    // The end of its task ends its ticket; a late worker of it takes none.
    await answer(world.member, 'to_jsonb(public.cancel_task($1))', [task]);
    expect(await see(world.viewer, id)).toMatchObject({ status: 'cancelled' });
    await expect(acquire(task)).rejects.toMatchObject({ message: 'stale_attempt' });
  });

  it('the end of a task hands over in its own transaction', async () => {
    const { task } = await world.deploy();
    await service(`public.start_task($1, 'run', 'worker', 60)`, [task]);
    expect(await acquire(task)).toEqual({ held: true, position: 0 });
    const next = await take(world.member);
    expect(next.status).toBe('waiting');
    await service(`public.finish_task($1, 1, 'succeeded', null, '[]', '{}')`, [task]);
    expect((await see(world.viewer, next.id)).status).toBe('held');
  });

  it('the end of tasks and renewals at the same moment wait for each other without a deadlock', async () => {
    const tasks = await Promise.all(Array.from({ length: 12 }, () => world.deploy()));
    for (const { task } of tasks) {
      await service(`public.start_task($1, 'run', 'worker', 60)`, [task]);
      await acquire(task);
    }
    const person = await take(world.member);
    await Promise.all(
      tasks.flatMap(({ task }, n) => [
        service(`public.finish_task($1, 1, 'succeeded', null, '[]', '{}')`, [task]),
        acquire(task).catch((error: { message: string }) => expect(error.message).toBe('stale_attempt')),
        n % 2 === 0 ? end(task) : renew(world.member, person.id),
      ]),
    );
    expect(await see(world.viewer, person.id)).toMatchObject({ status: 'held', ahead: 0 });
  });
});

describe('a deployment under a ticket', () => {
  const held = async (user = world.member): Promise<Ticket> => take(user);

  it('runs inside the lock, two of them in turn, while others wait', async () => {
    const lock = await held();
    const other = await world.deploy();
    expect(await acquire(other.task)).toMatchObject({ held: false, position: 1 });
    const [one, two] = [await deployUnder(world.member, lock.id), await deployUnder(world.member, lock.id)];
    expect(await acquire(one.task)).toEqual({ held: true, position: 0 });
    expect(await acquire(two.task)).toEqual({ held: false, position: 1 });
    await end(one.task);
    expect(await acquire(two.task)).toEqual({ held: true, position: 0 });
    expect(await acquire(other.task)).toMatchObject({ held: false, position: 1 });
    // The lock ends under it: the environment stays its own until it is done.
    await release(world.member, lock.id);
    expect(await acquire(other.task)).toMatchObject({ held: false, position: 1 });
    await end(two.task);
    expect(await acquire(other.task)).toEqual({ held: true, position: 0 });
  });

  it('that still waited when the lock ended takes its turn by when it asked', async () => {
    const lock = await held();
    const [one, two] = [await deployUnder(world.member, lock.id), await deployUnder(world.member, lock.id)];
    await acquire(one.task);
    const before = await take(world.admin);
    await acquire(two.task);
    const after = await take(world.owner);
    await runOut(lock.id);
    await sweep();
    expect((await see(world.viewer, before.id)).status).toBe('waiting');
    await end(one.task);
    expect((await see(world.viewer, before.id)).status).toBe('held');
    await release(world.admin, before.id);
    expect(await acquire(two.task)).toEqual({ held: true, position: 0 });
    await end(two.task);
    expect((await see(world.viewer, after.id)).status).toBe('held');
  });

  it('whose lock has ended before it begins stands in the line as every other', async () => {
    const lock = await held();
    const { task } = await deployUnder(world.member, lock.id);
    await release(world.member, lock.id);
    const other = await take(world.admin);
    expect(await acquire(task)).toMatchObject({ held: false, position: 1 });
    await release(world.admin, other.id);
    expect(await acquire(task)).toEqual({ held: true, position: 0 });
  });

  it('is refused under what is not held, not one’s own, of another environment, or no ticket of a person', async () => {
    const lock = await held();
    const waiting = await take(world.member);
    await expect(deployUnder(world.admin, lock.id)).rejects.toMatchObject({ message: 'lock_not_yours' });
    await expect(deployUnder(world.member, waiting.id)).rejects.toMatchObject({ message: 'lock_not_held' });
    await expect(deployUnder(world.member, randomUUID())).rejects.toMatchObject({ code: 'PT404' });
    await runOut(lock.id);
    await expect(deployUnder(world.member, lock.id)).rejects.toMatchObject({ message: 'lock_not_held' });
    const { task } = await world.deploy();
    await acquire(task);
    const [{ id }] = await owned('select id from public.environment_allocations where task_id = $1', [task]);
    await expect(deployUnder(world.member, id)).rejects.toMatchObject({ code: 'PT404' });
    const foreign = await makeWorld(database);
    const sql = `insert into public.deployments (environment_id, ref, lock_ticket) values ($1, 'main', $2)`;
    const elsewhere = database.as(asUser(foreign.member), (client) =>
      client.query(sql, [foreign.environment, waiting.id]),
    );
    await expect(elsewhere).rejects.toMatchObject({ code: 'PT404' });
  });
});

it('a ticket whose end is not committed yet is neither passed nor waited for', async () => {
  const { task } = await world.deploy();
  await service(`public.start_task($1, 'run', 'worker', 60)`, [task]);
  const held = await take(world.member);
  await acquire(task);
  const after = await take(world.admin);
  const ending = new Client({ connectionString: database.postgres.url('postgres') });
  await ending.connect();
  try {
    await ending.query('begin');
    // Holds the row of the task's ticket, as the end of a task does before it has the environment's.
    await ending.query('select 1 from public.environment_allocations where task_id = $1 for update', [task]);
    await release(world.member, held.id);
    expect((await see(world.viewer, after.id)).status).toBe('waiting');
    await ending.query('rollback');
    expect(await sweep()).toBe(1);
    expect(await acquire(task)).toEqual({ held: true, position: 0 });
  } finally {
    await ending.end();
  }
});
