import type { RealtimeChannel } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TaskEventsPayload, taskEventsPayloadSchema, topic } from '../../../contracts/topic.ts';
import { waitFor } from '../../support/wait.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let owner: User;
let outsider: User;
let deployment: { id: string; taskId: string; projectId: string; environmentId: string; accountId: string };
const left: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  stack = await startServerStack(['api']);
  owner = await stack.user('owner');
  outsider = await stack.user('outsider');
  await stack.call('POST', '/accounts', { token: owner.token, body: { slug: 'acme', name: 'Acme' } });
  await stack.call('POST', '/accounts', { token: outsider.token, body: { slug: 'other', name: 'Other' } });
  await stack.call('POST', '/projects', { token: owner.token, body: { slug: 'site', repositoryUrl: '/x' } });
  await stack.call('POST', '/projects/site/environments', { token: owner.token, body: { slug: 'dev' } });
  const made = await stack.call('POST', '/deployments', {
    token: owner.token,
    body: { project: 'site', environment: 'dev' },
  });
  deployment = made.body;
  await rpc('start_task', { p_task_id: deployment.taskId, p_run_id: 'run', p_worker: 'test', p_lease_seconds: 600 });
});
afterAll(async () => {
  for (const leave of left) await leave();
  await stack?.stop();
});

const rpc = async (name: string, args: Record<string, unknown>): Promise<unknown> => {
  const { data, error } = await stack.service.rpc(name, args);
  if (error !== null) throw new Error(error.message);
  return data;
};

let position = 0;
const append = (texts: string[], progress?: Record<string, unknown>) =>
  rpc('append_task_events', {
    p_task_id: deployment.taskId,
    p_attempt: 1,
    p_lease_seconds: 600,
    p_patch: progress === undefined ? {} : { progress },
    p_events: texts.map((text) => ({
      position: ++position,
      kind: 'log',
      at: new Date().toISOString(),
      data: { stage: 'build', lines: [{ stream: 'stdout', text }] },
    })),
  });

interface Joined {
  status: string;
  channel: RealtimeChannel;
  received: TaskEventsPayload[];
}
/** Joins a private topic with this token; resolves when Realtime has said yes or no. */
async function join(token: string, name: string): Promise<Joined> {
  const client = stack.as(token);
  await client.realtime.setAuth();
  left.push(async () => {
    await client.removeAllChannels();
    await client.realtime.disconnect();
  });
  const received: TaskEventsPayload[] = [];
  const channel = client.channel(name, { config: { private: true } });
  channel.on('broadcast', { event: 'task_events' }, ({ payload }) =>
    received.push(taskEventsPayloadSchema.parse(payload)),
  );
  const status = await new Promise<string>((resolve) => {
    channel.subscribe((found) => resolve(found));
  });
  return { status, channel, received };
}
const kinds = () =>
  [
    topic('task', deployment.taskId),
    topic('environment', deployment.environmentId),
    topic('project', deployment.projectId),
    topic('account', deployment.accountId),
  ] as const;

describe('task events, live', () => {
  it('arrive on every topic of the task, in batches, with the state after them', async () => {
    const joined = await Promise.all(kinds().map((name) => join(owner.token, name)));
    expect(joined.map(({ status }) => status)).toEqual(joined.map(() => 'SUBSCRIBED'));
    await append(['one', 'two'], { percent: 40 });
    for (const { received } of joined) {
      // One sent just before the join may come first; watchers tell them apart by seq.
      const isNewest = ({ toSeq }: TaskEventsPayload): boolean => toSeq === 4;
      const payload = await waitFor(async () => received.find(isNewest), { timeoutMs: 5_000, what: 'the batch' });
      expect(payload).toMatchObject({ taskId: deployment.taskId, status: 'running', progress: { percent: 40 } });
      expect(payload.events?.map(({ seq }) => seq)).toEqual([payload.fromSeq, payload.toSeq]);
    }
  });

  it('are announced without their body when too large for a frame', async () => {
    const { received } = await join(owner.token, topic('task', deployment.taskId));
    await append(['x'.repeat(250_000)]);
    const payload = await waitFor(async () => received.find(({ events }) => events === null), {
      timeoutMs: 5_000,
      what: 'the batch',
    });
    const { body } = await stack.call('GET', `/tasks/${deployment.taskId}/events?afterSeq=${payload.fromSeq - 1}`, {
      token: owner.token,
    });
    expect(body.items[0].data.lines[0].text).toHaveLength(250_000);
  });

  it('reach an application token’s user, and nobody outside the account', async () => {
    const made = await stack.call('POST', '/tokens', { token: owner.token, body: { name: 'watcher' } });
    const exchanged = await stack.call('POST', '/auth/token', { body: { token: made.body.token } });
    expect((await join(exchanged.body.accessToken, topic('task', deployment.taskId))).status).toBe('SUBSCRIBED');
    for (const name of [...kinds(), 'dispatch']) {
      expect([name, (await join(outsider.token, name)).status]).toEqual([name, 'CHANNEL_ERROR']);
    }
    expect((await join(owner.token, 'dispatch')).status).toBe('CHANNEL_ERROR');
    await stack.call('DELETE', `/tokens/${made.body.id}`, { token: owner.token });
    expect((await join(exchanged.body.accessToken, topic('task', deployment.taskId))).status).toBe('CHANNEL_ERROR');
  });

  it('come from the database only: a member’s own broadcast goes nowhere, also over HTTP', async () => {
    const name = topic('task', deployment.taskId);
    const [sender, listener] = [await join(owner.token, name), await join(owner.token, name)];
    await sender.channel.send({ type: 'broadcast', event: 'task_events', payload: { forged: true } });
    await sender.channel.httpSend('task_events', { forged: true }).catch(() => undefined);
    await append(['after the forgery']);
    await waitFor(async () => listener.received[0], { timeoutMs: 5_000, what: 'the real batch' });
    // taskEventsPayloadSchema would have thrown on the forged one.
    expect(listener.received).toHaveLength(1);
  });

  it('rows come through postgres_changes too, under the same rights', async () => {
    const changes: Record<string, string[]> = { owner: [], outsider: [] };
    for (const [who, user] of Object.entries({ owner, outsider })) {
      const client = stack.as(user.token);
      await client.realtime.setAuth();
      left.push(async () => {
        await client.removeAllChannels();
        await client.realtime.disconnect();
      });
      let ready = false;
      client
        .channel(`changes-${who}`)
        .on(
          'postgres_changes',
          { event: 'UPDATE', schema: 'public', table: 'tasks', filter: `id=eq.${deployment.taskId}` },
          ({ new: row }) => changes[who]?.push(row.status),
        )
        .on('system', {}, ({ status }) => {
          ready = status === 'ok';
        })
        .subscribe();
      await waitFor(async () => ready, { timeoutMs: 10_000, what: 'the subscription' });
    }
    await rpc('finish_task', {
      p_task_id: deployment.taskId,
      p_attempt: 1,
      p_status: 'succeeded',
      p_failure: null,
      p_events: [],
      p_patch: {},
    });
    await waitFor(async () => changes.owner?.includes('succeeded'), { timeoutMs: 10_000, what: 'the change' });
    expect(changes.outsider).toEqual([]);
  });
});
