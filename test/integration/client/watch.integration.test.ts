import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApiClient } from '../../../client/api/client.ts';
import type { Credentials } from '../../../client/auth/credentials.ts';
import { sessionCredentials } from '../../../client/auth/session-credentials.ts';
import { realtimeSource } from '../../../client/watch/realtime-source.ts';
import type { WatchUpdate } from '../../../client/watch/watch-task.ts';
import { watchTask } from '../../../client/watch/watch-task.ts';
import { watchThroughCuts } from './cut-watch.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { FakeStack } from './fake-stack.ts';

let stack: FakeStack;
let proxy: CuttingProxy;
let credentials: Credentials;

beforeEach(async () => {
  stack = await FakeStack.start();
  proxy = await CuttingProxy.start(stack.port);
  credentials = sessionCredentials({
    session: stack.session(),
    refresh: async () => stack.session(),
  });
});
afterEach(async () => {
  await proxy.stop();
  await stack.stop();
});

const sourceOf = (taskId: string) => {
  const api = createApiClient({ url: proxy.url, credentials });
  return realtimeSource({ url: proxy.url, publishableKey: 'sb_publishable_test', credentials, api, taskId });
};
const note = (text: string) => ({ kind: 'note' as const, data: { text } });
const last = { kind: 'task' as const, data: { status: 'succeeded', failure: null } };

describe('a watch', () => {
  it('shows what was, what comes, and who else looks, and leaves no socket behind', async () => {
    const task = stack.newTask();
    stack.append(task.id, [note('before')]);
    const updates: WatchUpdate[] = [];
    for await (const update of watchTask({ source: sourceOf(task.id) })) {
      updates.push(update);
      if (update.type === 'watchers') stack.append(task.id, [note('after'), last]);
    }
    const events = updates.flatMap((update) => (update.type === 'events' ? update.events : []));
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(updates.find(({ type }) => type === 'watchers')).toMatchObject({
      watchers: [{ name: 'ada@example.com', self: true }],
    });
    expect(updates.at(-1)).toEqual({ type: 'end', status: 'succeeded' });
    await expect.poll(() => stack.sockets).toBe(0);
  });

  it('ends when it is told to, without an end', async () => {
    const task = stack.newTask();
    const stop = new AbortController();
    const types: string[] = [];
    for await (const update of watchTask({ source: sourceOf(task.id), signal: stop.signal })) {
      types.push(update.type);
      if (update.type === 'events') stop.abort();
    }
    expect(types).not.toContain('end');
    await expect.poll(() => stack.sockets).toBe(0);
  });

  it('says why when there is nothing to watch', async () => {
    const watching = (async () => {
      for await (const _ of watchTask({ source: sourceOf('018f3c1e-0000-4000-8000-00000000dead') })) void _;
    })();
    await expect(watching).rejects.toMatchObject({ name: 'SfpError', code: 'task_not_found', status: 404 });
  });

  it('goes on by polling while nothing but the API gets through', async () => {
    const task = stack.newTask();
    const api = createApiClient({ url: stack.url, credentials });
    // The socket goes through a door that is shut.
    proxy.open = false;
    const source = { ...realtimeSource({ url: proxy.url, publishableKey: 'x', credentials, api, taskId: task.id }) };
    const phases: string[] = [];
    let seen = 0;
    for await (const update of watchTask({ source })) {
      if (update.type === 'phase') phases.push(update.phase);
      if (update.type === 'events') {
        seen += update.events.length;
        if (seen === 1) stack.append(task.id, [note('polled'), last]);
      }
    }
    expect(seen).toBe(3);
    expect(phases).toEqual(['polling', 'done']);
  });

  it('loses and doubles nothing over 50 cuts of its connections', { timeout: 180_000 }, async () => {
    const task = stack.newTask();
    const result = await watchThroughCuts({
      source: sourceOf(task.id),
      proxy,
      cuts: 50,
      append: async () => stack.append(task.id, [note('a'), note('b')]),
      finish: async () => stack.append(task.id, [last]),
    });
    const total = stack.events.get(task.id)?.length ?? 0;
    expect(proxy.cuts).toBe(50);
    expect(result.seqs).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    expect(result.status).toBe('succeeded');
    expect(result.phases.live).toBeGreaterThan(10);
    await expect.poll(() => stack.sockets).toBe(0);
  });
});
