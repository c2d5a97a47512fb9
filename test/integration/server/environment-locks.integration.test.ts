import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, createApiClient } from '../../../client/api/client.ts';
import type { TicketOf } from '../../../client/api/resources/environment-lock.ts';
import type { Credentials } from '../../../client/auth/credentials.ts';
import { openTopic } from '../../../client/watch/realtime-source.ts';
import { waitForLock } from '../../../client/watch/wait-for-lock.ts';
import { environmentLockSchema, environmentLocksSchema } from '../../../contracts/environment-lock.ts';
import { waitFor } from '../../support/wait.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let owner: User;
let members: User[];
let viewer: User;
let outsider: User;
let account: string;
/** Tokens of the first member, of scope `deploy`: what the API gets, and what Realtime gets. */
const tokens: { api: string; user: string }[] = [];
let made = 0;

beforeAll(async () => {
  stack = await startServerStack(['api']);
  owner = await stack.user('owner');
  members = await Promise.all(['ann', 'ben', 'cid'].map((name) => stack.user(name)));
  viewer = await stack.user('viewer');
  outsider = await stack.user('outsider');
  const acme = await stack.call('POST', '/accounts', { token: owner.token, body: { slug: 'acme', name: 'Acme' } });
  account = acme.body.id;
  const rows = [...members.map(({ id }) => ({ user_id: id, role: 'member' })), { user_id: viewer.id, role: 'viewer' }];
  const { error } = await stack
    .as(owner.token)
    .from('accounts_memberships')
    .insert(rows.map((row) => ({ ...row, account_id: account })));
  if (error !== null) throw error;
  await stack.call('POST', '/projects', { token: owner.token, body: { slug: 'site', repositoryUrl: '/site' } });
  for (const name of ['one', 'two']) {
    const body = { name, scope: 'deploy', accountId: account };
    const { token } = (await stack.call('POST', '/tokens', { token: ann().token, body })).body;
    const exchanged = await stack.call('POST', '/auth/token', { body: { token } });
    tokens.push({ api: token, user: exchanged.body.accessToken });
  }
});
afterAll(() => stack?.stop());

const ann = (): User => members[0] as User;
const ben = (): User => members[1] as User;
/** An environment of its own for every test. */
const newEnvironment = async (): Promise<string> =>
  (
    await stack.owner.query(
      `insert into public.environments (account_id, project_id, slug, name)
     select account_id, id, $1, $1 from public.projects where slug = 'site' returning id`,
      [`e-${++made}`],
    )
  ).rows[0].id;
const call = (method: string, path: string, by: { token: string }, body?: unknown, headers = {}) =>
  stack.call(method, `/environments/${path}`, { token: by.token, headers, ...(body === undefined ? {} : { body }) });
const runOut = (ticket: string) =>
  stack.owner.query(
    `update public.environment_allocations set lease_expires_at = now() - interval '1 second' where id = $1`,
    [ticket],
  );

interface Caller {
  api: ApiClient;
  credentials: Credentials;
}
const callerOf = (bearer: string, user: string = bearer): Caller => {
  const credentials = { bearer: async () => bearer, accessToken: async () => user, renew: async () => false };
  return { credentials, api: createApiClient({ url: stack.url, credentials, timeoutMs: 30_000 }) };
};
/** As a client that does not give up: the same request again, until something answers. */
async function stubborn<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const status = error instanceof Error && 'status' in error ? Number(error.status) : 0;
      if (status >= 400 && status < 500) throw error;
      await delay(200);
    }
  }
}
const waiting = (caller: Caller, ticket: TicketOf, signal: AbortSignal) =>
  waitForLock({
    ...caller,
    ticket,
    signal,
    url: stack.url,
    publishableKey: stack.context.secrets.publishableKey,
  });

describe('locks in the API', () => {
  it('are taken once for a key, also at the same moment, shown to viewers, given back', async () => {
    const environment = await newEnvironment();
    const key = { 'idempotency-key': randomUUID() };
    const body = { reason: 'smoke test' };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => call('POST', `${environment}/locks`, ann(), body, key)),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => answer.body.ticketId)).size).toBe(1);
    const held = environmentLockSchema.parse(answers[0]?.body);
    expect(held).toMatchObject({
      status: 'held',
      position: 0,
      leaseSeconds: 3600,
      keepSeconds: 1800,
      reason: 'smoke test',
    });
    expect(held.holder).toEqual({ userId: ann().id, email: ann().email, applicationTokenId: null, taskId: null });
    const reused = await call('POST', `${environment}/locks`, ann(), { reason: 'another' }, key);
    expect([reused.status, reused.body.code]).toEqual([422, 'idempotency_key_reused']);

    const second = await call('POST', `${environment}/locks`, { token: tokens[0]?.api ?? '' }, { leaseSeconds: 60 });
    expect(second.body).toMatchObject({ status: 'waiting', position: 1, leaseSeconds: 60 });
    expect(second.body.holder.applicationTokenId).not.toBeNull();
    const list = environmentLocksSchema.parse((await call('GET', `${environment}/locks`, viewer)).body);
    expect(list.holder?.ticketId).toBe(held.ticketId);
    expect(list.queue.map(({ ticketId }) => ticketId)).toEqual([second.body.ticketId]);
    expect(list.queue[0]?.estimatedWaitSeconds).toBeGreaterThan(3500);
    const lock = { ticketId: held.ticketId, email: ann().email, reason: 'smoke test', taskId: null };
    expect((await call('GET', environment, viewer)).body.lock).toMatchObject(lock);
    const all = await stack.call('GET', '/projects/site/environments', { token: viewer.token });
    expect(all.body.items.find(({ id }: { id: string }) => id === environment).lock).toMatchObject(lock);

    expect((await call('DELETE', `${environment}/locks/${held.ticketId}`, ann())).body.status).toBe('released');
    expect((await call('DELETE', `${environment}/locks/${held.ticketId}`, ann())).body).toMatchObject({
      status: 'released',
      position: null,
      expiresAt: null,
    });
    const seen = await stack.call('GET', `/locks/${second.body.ticketId}`, { token: viewer.token });
    expect(seen.body).toMatchObject({ status: 'held', environmentId: environment });
    // By the user whose token took it.
    expect((await call('DELETE', `${environment}/locks/${second.body.ticketId}`, ann())).body.status).toBe('released');
    expect((await call('GET', environment, viewer)).body.lock).toBeNull();
  });

  it('refuse with problems that say what to do', async () => {
    const [environment, other] = [await newEnvironment(), await newEnvironment()];
    const refused = async (method: string, path: string, by: { token: string }, body?: unknown) => {
      const answer = await call(method, path, by, body);
      return [answer.status, answer.body.code, answer.body.suggestion];
    };
    const { ticketId } = (await call('POST', `${environment}/locks`, ann(), {})).body;
    expect(await refused('POST', `${environment}/locks`, viewer, {})).toEqual([403, 'forbidden', expect.any(String)]);
    expect((await refused('POST', `${environment}/locks`, outsider, {}))[0]).toBe(404);
    expect((await refused('GET', `${environment}/locks/${ticketId}`, outsider))[0]).toBe(404);
    expect(await refused('GET', `${other}/locks/${ticketId}`, ann())).toEqual([
      404,
      'not_found',
      `See who holds and waits: sfp environment locks ${other}`,
    ]);
    expect(await refused('DELETE', `${environment}/locks/${ticketId}`, ben())).toEqual([
      403,
      'lock_not_yours',
      expect.stringContaining('an admin of the account'),
    ]);
    expect((await refused('PATCH', `${environment}/locks/${ticketId}`, owner, { leaseSeconds: 60 }))[1]).toBe(
      'lock_not_yours',
    );
    const invalid = await call('POST', `${environment}/locks`, ann(), { leaseSeconds: 59 });
    expect([invalid.status, invalid.body.errors[0].path]).toEqual([422, 'leaseSeconds']);
    expect((await call('DELETE', `${environment}/locks/${ticketId}`, owner)).body.status).toBe('released');
    expect(await refused('PATCH', `${environment}/locks/${ticketId}`, ann(), { leaseSeconds: 60 })).toEqual([
      409,
      'lock_ended',
      'Take a new one: sfp environment lock',
    ]);
  });

  it('carry deployments inside them', async () => {
    const environment = await newEnvironment();
    const { ticketId } = (await call('POST', `${environment}/locks`, ann(), {})).body;
    const deploy = (by: User, lockTicket?: string) =>
      stack.call('POST', '/deployments', { token: by.token, body: { project: 'site', environment, lockTicket } });
    expect((await deploy(ann(), ticketId)).body).toMatchObject({ status: 'queued', lockTicket: ticketId });
    expect((await deploy(ben())).body).toMatchObject({ status: 'queued', lockTicket: null });
    expect((await deploy(ben(), ticketId)).body.code).toBe('lock_not_yours');
    await runOut(ticketId);
    expect((await deploy(ann(), ticketId)).body).toMatchObject({
      code: 'lock_not_held',
      suggestion: `Take a new one: sfp environment lock ${environment}`,
    });
  });

  it('that run out are handed over by the server’s sweep, and who waits is told', async () => {
    const environment = await newEnvironment();
    const { ticketId } = (await call('POST', `${environment}/locks`, ann(), {})).body;
    const next = (await call('POST', `${environment}/locks`, ben(), { leaseSeconds: 900 })).body;
    const told: number[] = [];
    const waiter = waitForLock({
      ...callerOf(ben().token),
      url: stack.url,
      publishableKey: stack.context.secrets.publishableKey,
      ticket: { environmentId: environment, ticketId: next.ticketId },
      signal: AbortSignal.timeout(30_000),
      onWaiting: ({ position }) => told.push(position ?? -1),
    });
    await waitFor(() => told.length > 0, { timeoutMs: 10_000, what: 'the waiter to wait' });
    await runOut(ticketId);
    const held = await waiter;
    expect(held).toMatchObject({ status: 'held', position: 0 });
    expect(Date.parse(held.expiresAt ?? '') - Date.now()).toBeGreaterThan(890_000);
    expect(new Set(told)).toEqual(new Set([1]));
  });
});

describe('two hundred at once, people, tokens and deployments', () => {
  it('hold in the order of asking, each once, over killed servers and holders that vanish', async () => {
    const environment = await newEnvironment();
    const callers = [
      ...members.map(({ token }) => callerOf(token)),
      ...tokens.map(({ api, user }) => callerOf(api, user)),
    ];
    const ending = new AbortController();
    // One ear for most of them: two hundred sockets of one process would be what is measured. Every tenth has its own.
    const ears = new Map<string, () => void>();
    const close = openTopic({
      url: stack.url,
      publishableKey: stack.context.secrets.publishableKey,
      credentials: callerOf(owner.token).credentials,
      kind: 'environment',
      id: environment,
      presence: false,
      handlers: {
        joined: () => undefined,
        lost: () => undefined,
        batch: () => undefined,
        watchers: () => undefined,
        lock: ({ ticketId, taskId, status }) => {
          if (status !== 'waiting') ears.get(taskId ?? ticketId)?.();
        },
      },
    });
    /** Asks at the beginning, when it is told that something happened to it, and now and then. */
    const untilTurn = async (who: string, ask: () => Promise<boolean>): Promise<void> => {
      for (;;) {
        const told = new Promise<void>((resolve) => ears.set(who, resolve));
        if (await stubborn(ask)) return;
        await Promise.race([told, delay(10_000, undefined, { signal: ending.signal })]);
      }
    };
    /** As each learnt that it is its turn. */
    const heldBy: string[] = [];
    let inside = 0;
    let together = 0;
    const enter = (who: string): void => {
      heldBy.push(who);
      inside += 1;
      together = Math.max(together, inside);
    };

    const person = async (caller: Caller, n: number): Promise<string> => {
      const idempotencyKey = `job-${environment}-${n}`;
      const body = { leaseSeconds: 600, keepSeconds: 600 };
      const { ticketId } = await stubborn(() => caller.api.locks.take(environment, body, { idempotencyKey }));
      const ticket = { environmentId: environment, ticketId };
      if (n % 10 === 0) expect((await waiting(caller, ticket, ending.signal)).status).toBe('held');
      else await untilTurn(ticketId, async () => (await caller.api.locks.renew(ticket)).status === 'held');
      enter(ticketId);
      inside -= 1;
      // Some are never heard of again.
      if (n % 20 === 9) await runOut(ticketId);
      else expect((await stubborn(() => caller.api.locks.release(ticket))).status).toBe('released');
      return ticketId;
    };
    const deployment = async (): Promise<string> => {
      const { rows } = await stack.owner.query(
        `insert into public.deployments (account_id, project_id, environment_id, ref)
         select account_id, project_id, id, 'main' from public.environments where id = $1 returning task_id`,
        [environment],
      );
      const task = String(rows[0]?.task_id);
      const rpc = async (name: string, more: Record<string, unknown> = {}) => {
        const args = { p_environment_id: environment, p_task_id: task, ...more };
        const { data, error } = await stack.service.rpc(name, args);
        if (error !== null) throw new Error(error.message);
        return data;
      };
      await untilTurn(task, async () => (await rpc('acquire_environment', { p_lease_seconds: 600 })).held);
      enter(task);
      inside -= 1;
      await stubborn(() => rpc('release_environment'));
      return task;
    };

    const everybody = Array.from({ length: 200 }, (_, n) => {
      const caller = callers[n % callers.length];
      return n % 10 === 4 || caller === undefined ? deployment() : person(caller, n);
    });
    const all = Promise.all(everybody);
    // A failure of one is a failure of the test at once.
    const failed = new Promise<never>((_, reject) => all.catch(reject));
    const until = (count: number) =>
      Promise.race([waitFor(() => heldBy.length >= count, { timeoutMs: 180_000, what: `${count} holders` }), failed]);
    try {
      for (const [count, role] of [
        [3, 'api'],
        [60, 'rest'],
        [120, 'api'],
        [160, 'rest'],
      ] as const) {
        await until(count);
        await stack.roles.get(role)?.kill();
        await stack.start(role, { probeMs: 10_000, readyMs: 90_000 });
      }
      await all;
    } finally {
      ending.abort();
      await close();
    }
    const { rows: line } = await stack.owner.query(
      `select coalesce(task_id, id) as who, status, acquired_at, released_at,
         acquired_at >= lag(released_at) over (order by place) as after_the_one_before
       from public.environment_allocations where environment_id = $1 order by place`,
      [environment],
    );
    expect(line).toHaveLength(200);
    expect(heldBy).toEqual(line.map(({ who }) => who));
    expect(line.slice(1).filter(({ after_the_one_before }) => after_the_one_before !== true)).toEqual([]);
    expect(line.filter(({ status }) => status === 'expired')).toHaveLength(10);
    expect(together).toBe(1);
  }, 300_000);
});
