import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { freePort } from '../../support/free-port.ts';
import { startTestPostgres } from '../../support/postgres.ts';
import { type Role, startRole } from '../../support/role.ts';
import { fixtures } from './recording.ts';
import { Tokens } from './tokens.ts';

/** The service under test and its database. */
export interface Target {
  /** Without a trailing slash. */
  url: string;
  tokens: Tokens;
  /** A superuser of the database. */
  database: pg.Client;
  stop(): Promise<void>;
}

/**
 * Ours on a fresh database, or, with SFP_CONTRACT_REST_URL and SFP_CONTRACT_REST_DATABASE_URL (a superuser), any service
 * on any database that holds the fixtures; SFP_CONTRACT_REST_SECRET is then its HMAC secret.
 */
export async function startTarget(): Promise<Target> {
  const { SFP_CONTRACT_REST_URL: url, SFP_CONTRACT_REST_DATABASE_URL: databaseUrl } = process.env;
  if (url !== undefined && databaseUrl !== undefined) {
    const database = new pg.Client({ connectionString: databaseUrl });
    await database.connect();
    const tokens = new Tokens(process.env.SFP_CONTRACT_REST_SECRET);
    return { url: url.replace(/\/$/, ''), tokens, database, stop: () => database.end() };
  }
  return startOwnTarget();
}

/** The environment of our service for the recorded configuration. */
const recordedConfiguration = (jwks: string): Record<string, string> => ({
  PGRST_DB_SCHEMAS: 'public, ops',
  PGRST_DB_ANON_ROLE: 'anon',
  PGRST_DB_EXTRA_SEARCH_PATH: 'public',
  PGRST_DB_MAX_ROWS: '1000',
  PGRST_DB_POOL: '10',
  PGRST_JWT_SECRET: jwks,
  SFP_LOG_LEVEL: 'warn',
});

export interface OwnTarget extends Target {
  adminUrl: string;
  role: Role;
  /** A superuser's URL of another database of the same server. */
  otherDatabaseUrl: string;
  databaseName: string;
}

/** Our service, as a process of its own, on a fresh database with the fixtures. */
export async function startOwnTarget(settings: Record<string, string> = {}, sql = ''): Promise<OwnTarget> {
  const tokens = new Tokens();
  // A plain cluster: the recorded one had none of the image's roles and role settings.
  const postgres = await startTestPostgres({ bootstrap: false });
  try {
    const name = `rest_${randomUUID().slice(0, 8)}`;
    const admin = new pg.Client({ connectionString: postgres.url('supabase_admin') });
    await admin.connect();
    await admin.query(`CREATE DATABASE ${name}`);
    await admin.query('CREATE ROLE postgres SUPERUSER NOLOGIN');
    await admin.end();
    const database = new pg.Client({ connectionString: postgres.url('supabase_admin', name) });
    // A test that cuts all connections cuts this one too.
    database.on('error', () => undefined);
    await database.connect();
    await database.query(fixtures());
    await database.query(sql);
    const [port, adminPort] = [await freePort(), await freePort()];
    const role = await startRole(
      new URL('../../../embedded/rest/main.ts', import.meta.url),
      {
        ...recordedConfiguration(tokens.jwks),
        ...settings,
        PGRST_DB_URI: `postgres://authenticator:fixture-only@127.0.0.1:${postgres.port}/${name}`,
        PGRST_SERVER_HOST: '127.0.0.1',
        PGRST_SERVER_PORT: String(port),
        PGRST_ADMIN_SERVER_HOST: '127.0.0.1',
        PGRST_ADMIN_SERVER_PORT: String(adminPort),
      },
      { ready: async () => (await fetch(`http://127.0.0.1:${adminPort}/ready`)).ok },
    );
    return {
      url: `http://127.0.0.1:${port}`,
      adminUrl: `http://127.0.0.1:${adminPort}`,
      tokens,
      database,
      role,
      otherDatabaseUrl: postgres.url('supabase_admin'),
      databaseName: name,
      stop: async () => {
        await role.stop();
        await database.end().catch(() => undefined);
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
