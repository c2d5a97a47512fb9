import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createApp } from './app.ts';
import { parseEnv } from './env.ts';
import { createRateLimit } from './http/rate-limit.ts';
import { createApplicationTokens } from './services/application-tokens.ts';
import { createDatabases } from './services/database.ts';
import { createSignIn } from './services/sign-in.ts';

const nobody = 'http://127.0.0.1:9';
const databases = createDatabases({ url: nobody, publishableKey: 'none', secretKey: 'none' });
const broken = (): Promise<never> => Promise.reject(new Error('a bug, with details'));

/** The API of the stack acme, in which everything behind the routes is broken. */
const app = createApp({
  env: parseEnv({
    SUPABASE_URL: nobody,
    SUPABASE_PUBLISHABLE_KEY: 'none',
    SUPABASE_SECRET_KEY: 'none',
    SFP_PUBLIC_URL: 'https://deploy.example.com',
    SFP_TENANT: 'acme',
    SFP_API_PORT: '9',
    SFP_JWT_SIGNING_KEY: JSON.stringify({ kty: 'EC', crv: 'P-256', kid: 'none', x: '', y: '', d: '' }),
    SFP_DISPATCH_SECRET: 'nobody-is-dispatched',
    SFP_ARTIFACTS_DIR: '/nowhere',
    HATCHET_CLIENT_TOKEN: 'none',
    HATCHET_CLIENT_HOST_PORT: '127.0.0.1:9',
    HATCHET_CLIENT_API_URL: nobody,
  }),
  log: pino({ level: 'silent' }),
  databases,
  verifyUserToken: broken,
  applicationTokens: createApplicationTokens(databases, { mint: broken }),
  signIn: createSignIn(databases),
  loginLimit: createRateLimit({ tries: 1, windowMs: 1 }),
  loginCodes: { give: broken, exchange: broken },
  health: broken,
  wakeDispatcher: () => undefined,
  wakeScheduler: () => undefined,
  wakeCollectionMover: () => undefined,
  sealingKey: Buffer.alloc(32),
});

describe('a failure that nobody expected', () => {
  it('tells the request’s id and the command that shows the log, and nothing of the inside', async () => {
    const answer = await app.request('/api/v1/health', { headers: { 'x-request-id': 'request-1' } });
    const body = await answer.text();
    expect(answer.status).toBe(500);
    expect(JSON.parse(body)).toMatchObject({
      code: 'internal_error',
      requestId: 'request-1',
      suggestion: 'Look for request request-1 in its log: sfp server logs -t acme -s api',
    });
    expect(body).not.toContain('details');
  });
});
