import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { type Role, startRole } from '../../support/role.ts';
import { Claims } from '../support/claims.ts';
import { Report } from '../support/report.ts';
import { baseEnvironment } from './base-environment.ts';
import { makeKeys } from './keys.ts';
import { Player, type Target } from './player.ts';
import { readRecording } from './recording.ts';
import { setUps } from './scenario.ts';

const entry = new URL('../../../embedded/auth/main.ts', import.meta.url);
const external = process.env.SFP_CONTRACT_AUTH_URL;
const claims = new Claims('auth');
const report = new Report('auth', claims);
const keys = await makeKeys();
// A server that somebody else runs keeps its configuration: only scenarios with the usual one fit. It needs the base
// environment with autoconfirm, its secret in SFP_CONTRACT_AUTH_JWT_SECRET, and users that may be deleted: all of them are.
const plays = (scenario: string): boolean => {
  const { config } = readRecording(scenario);
  return external === undefined || (Object.keys(config).length === 1 && config.GOTRUE_MAILER_AUTOCONFIRM === 'true');
};

describe('auth answers as recorded', () => {
  let postgres: TestPostgres | undefined;
  let role: Role | undefined;

  beforeAll(async () => {
    if (external === undefined) {
      postgres = await startTestPostgres();
      await administer('create database pristine template postgres');
    }
  });
  afterEach(async () => {
    await role?.stop();
    role = undefined;
  });
  afterAll(async () => {
    await postgres?.stop();
    report.print();
  });

  test.each(claims.scenarios.filter(plays))('%s', async (scenario) => {
    const recording = readRecording(scenario);
    const target =
      external === undefined
        ? await startService(scenario, recording.config)
        : { url: external, shared: true, restart };
    const player = new Player(target, recording, setUps[scenario] ?? {}, keys);
    await player.play((exchange, differences) => report.record(scenario, exchange.index, exchange.step, differences));
    report.assert(scenario);
  });

  async function startService(scenario: string, config: Record<string, string>): Promise<Target> {
    if (postgres === undefined) throw new Error('no database was started');
    const database = `auth_${scenario}`;
    await administer(`create database ${database} template pristine`);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const environment = {
      ...baseEnvironment,
      ...Object.fromEntries(Object.entries(config).filter(([name]) => name !== 'GOTRUE_JWT_KEYS')),
      GOTRUE_API_PORT: String(port),
      GOTRUE_DB_DATABASE_URL: postgres.url('supabase_auth_admin', database),
    };
    const start = async (extra: Record<string, string>): Promise<void> => {
      await role?.stop();
      role = await startRole(
        entry,
        { ...environment, ...extra },
        { ready: async () => (await fetch(`${url}/health`)).ok },
      );
    };
    const form = setUps[scenario]?.keys?.[0];
    await start(form === undefined ? {} : { GOTRUE_JWT_KEYS: keys.environment(form) });
    return { url, shared: false, restart: (next) => start({ GOTRUE_JWT_KEYS: keys.environment(next) }) };
  }

  async function administer(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: postgres?.url('supabase_admin', 'template1') });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }
});

function restart(): Promise<void> {
  return Promise.reject(new Error('a server that somebody else runs is not restarted'));
}
