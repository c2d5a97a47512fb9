import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiClient } from '../../../client/api/client.ts';
import { realtimeSource } from '../../../client/watch/realtime-source.ts';
import { watchTask } from '../../../client/watch/watch-task.ts';
import { startRetention } from '../../../server/services/retention.ts';
import { waitFor } from '../../support/wait.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let owner: User;
let account: string;
beforeAll(async () => {
  stack = await startServerStack(['api']);
  owner = await stack.user('owner');
  account = (await stack.call('POST', '/accounts', { token: owner.token, body: { slug: 'acme', name: 'Acme' } })).body
    .id;
});
afterAll(() => stack?.stop());

const oldTask = async (days: number): Promise<string> => {
  const { rows } = await stack.owner.query<{ id: string }>(
    `insert into public.tasks (account_id, type, status, created_at, finished_at)
     values ($1, 'noop', 'succeeded', now() - $2 * interval '1 day', now() - $2 * interval '1 day') returning id`,
    [account, days],
  );
  return rows[0]?.id ?? '';
};
const events = async (task: string) => (await stack.call('GET', `/tasks/${task}/events`, { token: owner.token })).body;

it('two servers keep the size together; who asks for a log that is gone is told so, and a watch of it ends', async () => {
  const [gone, kept] = [await oldTask(200), await oldTask(1)];
  expect(await events(gone)).toMatchObject({ items: [{ seq: 1 }], logRemoved: false });
  const retention = { taskEventsDays: 90, auditLogDays: 400, historyDays: undefined };
  const log = pino({ level: 'silent' });
  const jobs = [1, 2].map(() => startRetention({ db: stack.service, log, retention, firstMs: 0 }));
  try {
    await waitFor(async () => (await events(gone)).logRemoved === true, {
      timeoutMs: 30_000,
      what: 'the end of the log',
    });
    await waitFor(async () => (await stack.owner.query('select 1 from private.size_samples')).rows.length === 1, {
      timeoutMs: 30_000,
      what: 'a sample of the size',
    });
  } finally {
    await Promise.all(jobs.map((job) => job.stop()));
  }
  expect(await events(gone)).toEqual({ items: [], nextCursor: null, logRemoved: true });
  expect(await events(kept)).toMatchObject({ items: [{ seq: 1 }], logRemoved: false });
  // Past the end of a log that is there, and of a task that is not.
  const past = await stack.call('GET', `/tasks/${kept}/events?afterSeq=50`, { token: owner.token });
  expect(past.body).toEqual({ items: [], nextCursor: null, logRemoved: false });
  expect((await stack.call('GET', `/tasks/${randomUUID()}/events`, { token: owner.token })).status).toBe(404);
  expect((await stack.call('GET', '/audit?subject=retention', { token: owner.token })).body.items).toMatchObject([
    { action: 'delete', actor: { role: 'service_role' }, detail: { what: 'task_events', count: 1 } },
  ]);

  const credentials = {
    bearer: async () => owner.token,
    accessToken: async () => owner.token,
    renew: async () => false,
  };
  const connection = { url: stack.url, publishableKey: stack.context.secrets.publishableKey, credentials };
  const api = createApiClient({ url: stack.url, credentials, userAgent: 'test' });
  const seen: string[] = [];
  for await (const update of watchTask({ source: realtimeSource({ ...connection, api, taskId: gone }) })) {
    seen.push(update.type);
  }
  expect(seen.at(-1)).toBe('end');
  expect(seen).not.toContain('events');
});
