import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';

interface SavedContexts {
  contexts: { url: string; session: { refreshToken: string; expiresAt: number } }[];
}

describe('what has run out', () => {
  const home = new Home();
  let stack: E2eStack;

  beforeAll(async () => {
    stack = await E2eStack.create(home, 'timely', 'version: 1\ndeploy:\n  - name: go\n    run: "true"\n');
  });
  afterAll(() => home[Symbol.asyncDispose]());

  const changeSession = (change: (session: SavedContexts['contexts'][number]['session']) => void): void => {
    const saved = JSON.parse(readFileSync(home.contextsFile, 'utf8')) as SavedContexts;
    for (const { session } of saved.contexts) change(session);
    writeFileSync(home.contextsFile, JSON.stringify(saved));
  };

  it('an access token is renewed without anybody noticing', async () => {
    changeSession((session) => {
      session.expiresAt = 0;
    });
    ok(await home.sfp('project', 'list', '--json'));
  });

  it('an application token is refused with the reason, and ends with 4', async () => {
    const soon = new Date(Date.now() + 3_000).toISOString();
    const created = ok(await home.sfp('token', 'create', 'short', '--expires', soon, '--json')).json();
    const { token } = created as { token: string };
    const { url } = await stack.status();
    const run = await waitFor(
      async () => {
        const attempt = await home.with({ SFP_URL: url, SFP_TOKEN: token }).sfp('project', 'list', '--json');
        return attempt.code === 0 ? undefined : attempt;
      },
      { timeoutMs: 60_000, what: 'the end of the token' },
    );
    expect(run.code).toBe(4);
    const { error } = JSON.parse(run.stderr) as { error: { message: string; suggestion: string } };
    expect(error.message).toMatch(/token/i);
    expect(error.suggestion).toContain('sfp token create');
  });

  it('a session that cannot be renewed says how to log in again, and ends with 4', async () => {
    changeSession((session) => {
      session.expiresAt = 0;
      session.refreshToken = 'aaaaaaaaaaaa';
    });
    const run = await home.sfp('project', 'list', '--json');
    expect(run.code).toBe(4);
    expect(JSON.parse(run.stderr)).toMatchObject({
      error: { code: 'session_expired', suggestion: expect.stringContaining('sfp login') },
    });
  });
});
