import { expect, it } from 'vitest';
import { parseEnv } from './env.ts';

const key = { kty: 'EC', crv: 'P-256', kid: 'k', x: 'x', y: 'y', d: 'very-private' };
const good = {
  SUPABASE_URL: 'http://127.0.0.1:8000/',
  SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_x',
  SUPABASE_SECRET_KEY: 'sb_secret_x',
  SFP_PUBLIC_URL: 'http://127.0.0.1:8000',
  SFP_TENANT: 'demo',
  SFP_API_PORT: '3029',
  SFP_JWT_SIGNING_KEY: JSON.stringify(key),
  SFP_DISPATCH_SECRET: 'a-secret-of-sixteen',
  SFP_ARTIFACTS_DIR: '/artifacts',
  HATCHET_CLIENT_TOKEN: 'a.b.c',
  HATCHET_CLIENT_HOST_PORT: '127.0.0.1:7070',
  HATCHET_CLIENT_API_URL: 'http://127.0.0.1:8888',
  HATCHET_CLIENT_TLS_STRATEGY: 'none',
};

it('reads the names of contracts/env', () => {
  expect(parseEnv(good)).toMatchObject({
    supabaseUrl: 'http://127.0.0.1:8000',
    port: 3029,
    engine: { tls: false, hostPort: '127.0.0.1:7070' },
  });
});

it('keeps logs for 90 days, the audit log for 400 and history for good, if nothing else is said', () => {
  expect(parseEnv(good).retention).toEqual({ taskEventsDays: 90, auditLogDays: 400, historyDays: undefined });
  const said = {
    SFP_RETENTION_TASK_EVENTS_DAYS: '7',
    SFP_RETENTION_AUDIT_LOG_DAYS: '90',
    SFP_RETENTION_HISTORY_DAYS: '365',
  };
  expect(parseEnv({ ...good, ...said }).retention).toEqual({ taskEventsDays: 7, auditLogDays: 90, historyDays: 365 });
  expect(() => parseEnv({ ...good, SFP_RETENTION_AUDIT_LOG_DAYS: '89' })).toThrow('SFP_RETENTION_AUDIT_LOG_DAYS');
});

it('names what is wrong and shows no value', () => {
  const bad = {
    ...good,
    SFP_API_PORT: 'many',
    SFP_JWT_SIGNING_KEY: '{"d":"very-private"}',
    SUPABASE_SECRET_KEY: undefined,
  };
  let message = '';
  try {
    parseEnv(bad);
  } catch (error) {
    message = String(error);
  }
  for (const name of ['SFP_API_PORT', 'SFP_JWT_SIGNING_KEY', 'SUPABASE_SECRET_KEY']) expect(message).toContain(name);
  expect(message).not.toContain('very-private');
});
