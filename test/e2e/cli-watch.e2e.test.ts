import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../client/api/client.ts';
import { createApiClient } from '../../client/api/client.ts';
import { applicationTokenCredentials } from '../../client/auth/application-token-credentials.ts';
import { createAuthApi } from '../../client/auth/auth-api.ts';
import type { Credentials } from '../../client/auth/credentials.ts';
import { realtimeSource } from '../../client/watch/realtime-source.ts';
import { watchThroughCuts } from '../integration/client/cut-watch.ts';
import { CuttingProxy } from '../integration/client/cutting-proxy.ts';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';

// Talks until it is told to stop: some lines, a pause shorter than a reconnect, and again.
const projectFile = `version: 1
deploy:
  - name: talk
    run: while [ ! -e "$STOP" ]; do echo one; echo two; echo three; sleep 0.04; done
    timeout: 10m
`;

describe('a watch of a real deployment', () => {
  const home = new Home();
  const stop = home.path('gate', 'stop');
  let stack: E2eStack;
  let proxy: CuttingProxy;
  let api: ApiClient;
  let credentials: Credentials;

  beforeAll(async () => {
    mkdirSync(home.path('gate'));
    stack = await E2eStack.create(home, 'talker', projectFile, { STOP: stop });
    const made = ok(await home.sfp('token', 'create', 'watch', '--json', '--context', 'talker')).json();
    const { url } = await stack.status();
    proxy = await CuttingProxy.start(Number(new URL(url).port));
    credentials = applicationTokenCredentials({
      token: (made as { token: string }).token,
      exchange: createAuthApi({ url }).exchange,
    });
    api = createApiClient({ url, credentials });
  });
  afterAll(async () => {
    await proxy?.stop();
    await home[Symbol.asyncDispose]();
  });

  /** The log as the database has it. */
  async function truth(taskId: string): Promise<{ seq: number; data: unknown }[]> {
    const all: { seq: number; data: unknown }[] = [];
    for (;;) {
      const { items } = await api.tasks.events(taskId, { afterSeq: all.length, limit: 1_000 });
      all.push(...items);
      if (items.length < 1_000) return all;
    }
  }

  it('loses and doubles no event over 200 cuts of its connections', { timeout: 300_000 }, async () => {
    const { taskId } = await api.deployments.create({ project: 'app', environment: 'dev' });
    if (taskId === null) throw new Error('the deployment has no task');
    const { publishableKey } = await api.config();
    const through = createApiClient({ url: proxy.url, credentials });
    const result = await watchThroughCuts({
      source: realtimeSource({ url: proxy.url, publishableKey, credentials, api: through, taskId }),
      proxy,
      cuts: 200,
      // The worker talks by itself.
      append: async () => expect(existsSync(stop)).toBe(false),
      finish: async () => writeFileSync(stop, ''),
    });
    const log = await truth(taskId);
    expect(proxy.cuts).toBe(200);
    expect(result.seqs).toEqual(log.map(({ seq }) => seq));
    expect(result.seqs).toEqual(log.map((_, index) => index + 1));
    expect(result.status).toBe('succeeded');
    expect(result.phases.live).toBeGreaterThan(50);
  });
});
