import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OwnTarget, startOwnTarget } from '../../test/contract/rest/target.ts';
import { waitFor } from '../../test/support/wait.ts';

test('a bad environment ends it with 78 and names the variables', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url))], {
    env: { PGRST_SERVER_PORT: 'x' },
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const exit: unknown[] = await once(child, 'exit');
  expect(exit[0]).toBe(78);
  expect(text).toContain('PGRST_DB_URI');
  expect(text).toContain('PGRST_SERVER_PORT');
});

describe('a small pool', () => {
  let target: OwnTarget;
  beforeAll(async () => {
    target = await startOwnTarget({ PGRST_DB_POOL: '2', PGRST_DB_POOL_ACQUISITION_TIMEOUT: '1' });
  });
  afterAll(() => target.stop());

  const nap = (seconds: number): Promise<Response> =>
    fetch(`${target.url}/rpc/nap`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${target.tokens.of('svc')}` },
      body: JSON.stringify({ s: seconds }),
    });
  const napping = async (): Promise<number> => {
    const { rows } = await target.database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'authenticator' AND state = 'active' AND query LIKE '%nap%'`,
    );
    return rows[0]?.n ?? 0;
  };

  test('who finds no free connection in time gets 504, the others their answer', async () => {
    const busy = Promise.all([nap(4), nap(4)]);
    await waitFor(async () => (await napping()) === 2, { timeoutMs: 3_000, what: 'both connections to be busy' });
    const refused = await nap(0);
    expect(refused.status).toBe(504);
    expect(await refused.json()).toMatchObject({ code: 'PGRST003' });
    expect((await busy).map(({ status }) => status)).toEqual([200, 200]);
  });

  // Last: it ends the service.
  test('SIGTERM: what is in flight is answered, then it exits with 0', async () => {
    const running = nap(1);
    await waitFor(async () => (await napping()) === 1, { timeoutMs: 5000, what: 'the request to run' });
    const stopped = target.role.stop();
    expect((await running).status).toBe(200);
    expect(await stopped).toBe(0);
    expect(target.role.output()).not.toContain('fixture-only');
  });
});
