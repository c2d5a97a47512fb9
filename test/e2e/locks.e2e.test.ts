import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { resultOf } from './support/feed.ts';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';

interface Lock {
  ticketId: string;
  status: string;
  position: number | null;
  expiresAt: string | null;
}

describe('two users and an environment', () => {
  const home = new Home();
  let stack: E2eStack;
  /** The second user's environment variables: an application token is how she comes. */
  let hers: Record<string, string>;
  const place = ['--project', 'app'];
  const his = (...args: string[]) => home.sfp(...args, '--context', stack.tenant);
  const she = (...args: string[]) => home.with(hers).sfp(...args);
  const json = <Value>(run: { json(): unknown }): Value => run.json() as Value;

  beforeAll(async () => {
    const file = `version: 1
deploy:
  - name: go
    run: touch "$SEEN.$(git log -1 --format=%s)"; while [ ! -e "$GATE" ]; do sleep 0.1; done
`;
    const variables = { GATE: home.path('gate'), SEEN: home.path('seen') };
    stack = await E2eStack.create(home, 'locked', file, variables);
    const invited = ok(await his('invitation', 'create', 'eve@example.test', '--role', 'member', '--json'));
    const [link, password] = [home.path('link'), home.path('password')];
    writeFileSync(link, json<{ link: string }>(invited).link, { mode: 0o600 });
    writeFileSync(password, 'the password of eve', { mode: 0o600 });
    const files = ['--code-file', link, '--password-file', password];
    ok(await home.sfp('invitation', 'accept', ...files, '--name', 'eve', '--json'));
    const token = json<{ token: string }>(
      ok(await home.sfp('token', 'create', 'ci', '--scope', 'deploy', '--json', '--context', 'eve')),
    );
    hers = { SFP_URL: (await stack.status()).url, SFP_TOKEN: token.token };
  });
  afterAll(() => home[Symbol.asyncDispose]());

  it('hold it in turn: lock, wait, extend, deploy inside, unlock', async () => {
    const first = json<Lock>(ok(await his('env', 'lock', 'dev', ...place, '--reason', 'load test', '--json')));
    expect(first).toMatchObject({ status: 'held', position: 0 });
    const shown = json<{ lock: unknown }>(ok(await his('environment', 'get', 'dev', ...place, '--json')));
    expect(shown.lock).toMatchObject({ ticketId: first.ticketId, reason: 'load test' });
    expect(ok(await his('env', 'list', ...place)).stdout).toContain('LOCKED BY');

    const second = json<Lock>(ok(await she('env', 'lock', 'dev', ...place, '--json')));
    expect(second).toMatchObject({ status: 'waiting', position: 1 });
    const late = await she('env', 'wait', second.ticketId, '--wait-timeout', '1s');
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('Its place is kept until')]);
    const denied = await she('env', 'unlock', first.ticketId);
    expect([denied.code, denied.stderr]).toEqual([4, expect.stringContaining('Ask for it, or an admin')]);

    const extended = json<Lock>(ok(await his('env', 'extend', 'dev', ...place, '--duration', '2h', '--json')));
    expect(Date.parse(extended.expiresAt ?? '') - Date.now()).toBeGreaterThan(7_100_000);

    // Hers waits behind the lock, his runs inside it.
    const behind = home.with(hers).sfp('deploy', '--environment', 'dev', ...place, '--detach', '--json');
    ok(await behind);
    stack.repository.commit('inside', {});
    const inside = stack.deploy('dev', '--ticket', first.ticketId);
    await waitFor(() => existsSync(home.path('seen.inside')), { timeoutMs: 60_000, what: 'the deployment inside' });
    const table = ok(await his('env', 'locks', 'dev', ...place)).stdout;
    expect(table).toMatch(/held .*load test/);
    expect(table).toMatch(/> held .*\(deployment\)/);
    expect(table).toContain('(token)');
    const waiter = home.with(hers).sfp('env', 'wait', second.ticketId, '--json');
    ok(await his('env', 'unlock', 'dev', ...place));
    // The deployment inside keeps the environment until it ends.
    expect(json<Lock>(ok(await she('env', 'locks', 'dev', ...place, '--json')))).toMatchObject({ holder: null });
    writeFileSync(home.path('gate'), '');
    expect(await inside.exit, inside.stderr).toBe(0);
    expect(resultOf<{ task: { status: string } }>(inside).task.status).toBe('succeeded');
    expect(json<Lock>(ok(await waiter))).toMatchObject({ ticketId: second.ticketId, status: 'held', position: 0 });
    expect(ok(await she('env', 'unlock', second.ticketId)).stdout).toContain('given back');
    expect(ok(await she('env', 'unlock', second.ticketId)).code).toBe(0);
  });

  it('give a place back when they stop waiting, and fail when time is over', async () => {
    await waitFor(
      async () => json<{ holder: unknown }>(await his('env', 'locks', 'dev', ...place, '--json')).holder === null,
      {
        timeoutMs: 60_000,
        what: 'the line to be empty',
        everyMs: 300,
      },
    );
    const held = json<Lock>(ok(await she('env', 'lock', 'dev', ...place, '--json')));
    const waiter = home.start('env', 'lock', 'dev', ...place, '--wait', '--json=stream', '--context', stack.tenant);
    const { ticketId } = await waiter.line('its place', ({ type }) => type === 'lock');
    waiter.child.kill('SIGINT');
    expect(await waiter.exit).toBe(3);
    expect(waiter.stderr).toContain(`the ticket ${String(ticketId)} was given back`);
    const late = await his('env', 'lock', 'dev', ...place, '--wait', '--wait-timeout', '1s');
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('was given back')]);
    const { holder, queue } = json<{ holder: Lock; queue: Lock[] }>(
      ok(await his('env', 'locks', 'dev', ...place, '--json')),
    );
    expect([holder.ticketId, queue]).toEqual([held.ticketId, []]);
    // An owner releases an orphan.
    ok(await his('env', 'unlock', held.ticketId));
    const lost = await she('env', 'wait', held.ticketId);
    expect([lost.code, lost.stderr]).toEqual([1, expect.stringContaining('The ticket is released')]);
  });
});
