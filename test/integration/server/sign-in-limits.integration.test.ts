import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let ann: User;
beforeAll(async () => {
  stack = await startServerStack(['hatchet', 'api'], { limited: true });
  ann = await stack.user('ann');
}, 120_000);
afterAll(() => stack?.stop());

const headers = { 'content-type': 'application/json' };
const guessAtAuth = () =>
  fetch(`${stack.url}/auth/v1/token?grant_type=password`, {
    method: 'POST',
    headers: { ...headers, apikey: stack.context.secrets.publishableKey, 'x-forwarded-for': '198.51.100.7' },
    body: JSON.stringify({ email: ann.email, password: 'guessed' }),
  });
/** As the gateway asks the API server for somebody at this address. */
const login = (address: string, { email, password }: { email: string; password: string }) =>
  fetch(`${stack.context.urls.api}/api/v1/auth/login`, {
    method: 'POST',
    headers: { ...headers, 'x-forwarded-for': address },
    body: JSON.stringify({ email, password }),
  });

/** Statuses until the first 429, or of two hundred tries: one in two seconds comes back meanwhile. */
async function untilLimited(ask: (count: number) => Promise<Response>): Promise<number[]> {
  const statuses: number[] = [];
  while (statuses.at(-1) !== 429 && statuses.length < 200) {
    const answer = await ask(statuses.length);
    await answer.body?.cancel();
    statuses.push(answer.status);
  }
  return statuses;
}

describe('guessing passwords', () => {
  it('at auth itself is limited by the address, whatever the caller says about it', async () => {
    const statuses = await untilLimited(guessAtAuth);
    expect([statuses.at(-1), statuses.length > 30]).toEqual([429, true]);
    expect(new Set(statuses.slice(0, -1))).toEqual(new Set([400]));
  });

  it('through the API is limited by the address of who asks, not by that of the API server', async () => {
    // Another user each time: the API's own limit is one for each user.
    const statuses = await untilLimited((count) =>
      login('198.51.100.8', { email: `nobody-${count}@example.test`, password: 'guessed' }),
    );
    expect([statuses.at(-1), statuses.length > 30]).toEqual([429, true]);
    expect(new Set(statuses.slice(0, -1))).toEqual(new Set([401]));
    expect((await login('198.51.100.9', ann)).status).toBe(200);
  });
});
