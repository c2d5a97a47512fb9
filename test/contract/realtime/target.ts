import { exportJWK, generateKeyPair } from 'jose';
import pg from 'pg';
import { startTestPostgres } from '../../support/postgres.ts';
import { startEngineProcess } from './engine-process.ts';
import { recordedSchema } from './recording.ts';
import { Tokens } from './tokens.ts';

/** The server under test and its database. */
export interface Target {
  /** http://host:port, without a gateway: paths are /socket/websocket and /api. */
  url: URL;
  tenantHost: string;
  db: pg.Client;
  tokens: Tokens;
  stop(): Promise<void>;
}

/**
 * Our engine on a database of its own; or, when SFP_CONTRACT_REALTIME_URL is set, any other server, with
 * SFP_CONTRACT_REALTIME_DB_URL (superuser) and SFP_CONTRACT_REALTIME_JWT_SECRET.
 */
export async function startTarget(): Promise<Target> {
  const given = process.env.SFP_CONTRACT_REALTIME_URL;
  const tenantHost = process.env.SFP_CONTRACT_REALTIME_HOST ?? 'realtime-dev.supabase-realtime';
  if (given !== undefined) {
    const keys = { secret: process.env.SFP_CONTRACT_REALTIME_JWT_SECRET ?? '' };
    const db = await connect(process.env.SFP_CONTRACT_REALTIME_DB_URL ?? '');
    await prepare(db);
    return { url: new URL(given), tenantHost, db, tokens: new Tokens(keys), stop: () => db.end() };
  }
  return startOwn(tenantHost);
}

async function startOwn(tenantHost: string): Promise<Target> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const es256 = await exportJWK(privateKey);
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'ec-1', alg: 'ES256' }] };
  const postgres = await startTestPostgres({ settings: { synchronous_commit: 'on' } });
  const { url, tokens, role } = await startEngineProcess(postgres, { jwks, keys: { es256 } }).catch(
    async (error: unknown) => {
      await postgres.stop();
      throw error;
    },
  );
  const db = await connect(postgres.url('supabase_admin'));
  await prepare(db, postgres.url('postgres'));
  return {
    url,
    tenantHost,
    db,
    tokens,
    stop: async () => {
      await db.end();
      await role.stop();
      await postgres.stop();
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

/** Loads the recorded tables and policies as the role that an application's migrations have. */
async function prepare(db: pg.Client, ownerUrl?: string): Promise<void> {
  const owner = ownerUrl === undefined ? db : await connect(ownerUrl);
  await owner.query(recordedSchema());
  if (owner !== db) await owner.end();
}

/** Every scenario was recorded on empty tables with fresh sequences. */
export async function resetTables(db: pg.Client): Promise<void> {
  await db.query(`truncate public.todos, public.todos_full, public.secure, public.secure_full, public.types, public.big,
    public."MixedCase", public.notes, public.nopk, public.nogrant, public.colgrant, public.compkey restart identity`);
}
