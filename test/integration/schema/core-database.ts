import { Client, type ClientBase, Pool } from 'pg';
import { pino } from 'pino';
import { migrate as migrateAuth } from '../../../embedded/auth/migrate.ts';
import { migrate as migrateRealtime } from '../../../embedded/realtime/database/migrate.ts';
import { readMigrations } from '../../../migrations/migration-file.ts';
import { migrateUp } from '../../../migrations/migrator.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const log = pino({ level: process.env.SFP_TEST_LOG_LEVEL ?? 'silent' });

/** A database as the platform's migrations find it: the image's, then auth's and Realtime's own migrations. */
export async function startPlatformDatabase(): Promise<TestPostgres> {
  const postgres = await startTestPostgres();
  try {
    await migrateAuth(postgres.url('supabase_auth_admin'), log);
    const pool = new Pool({ connectionString: postgres.url('supabase_admin'), max: 1 });
    await migrateRealtime(pool, log);
    await pool.end();
    return postgres;
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

export interface CoreDatabase {
  postgres: TestPostgres;
  /** The migrations' role: sees everything, bypasses RLS. */
  owner: Client;
  /** A user in auth.users. */
  user(email: string): Promise<string>;
  /** Runs statements as an API role with these claims, in one transaction, as REST does. */
  as<T>(who: Claims, work: (client: ClientBase) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export interface Claims {
  role: 'anon' | 'authenticated' | 'service_role';
  sub?: string;
  [claim: string]: string | undefined;
}

/** Applies what is missing of the first `until` migrations; the files it applied. */
export async function migrateTo(postgres: TestPostgres, until = Number.POSITIVE_INFINITY): Promise<string[]> {
  const migrations = (await readMigrations()).filter(({ version }) => version <= until);
  return migrateUp(postgres.url('postgres'), migrations, { log });
}

/** The platform database with the core schema, as the migrations up to `until` make it. */
export async function startCoreDatabase(until = Number.POSITIVE_INFINITY): Promise<CoreDatabase> {
  const postgres = await startPlatformDatabase();
  await migrateTo(postgres, until);
  const owner = new Client({ connectionString: postgres.url('postgres') });
  await owner.connect();
  const authenticator = new Pool({ connectionString: postgres.url('authenticator'), max: 10 });
  // At the end the server may close a connection that the pool is just ending.
  authenticator.on('error', () => undefined);
  return {
    postgres,
    owner,
    async user(email) {
      const { rows } = await owner.query<{ id: string }>(
        `insert into auth.users (id, email, aud, role) values (gen_random_uuid(), $1, 'authenticated', 'authenticated') returning id`,
        [email],
      );
      return rows[0]?.id ?? '';
    },
    async as(claims, work) {
      const client = await authenticator.connect();
      try {
        await client.query('begin');
        await client.query(`select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)`, [
          claims.role,
          JSON.stringify(claims),
        ]);
        const result = await work(client);
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback');
        throw error;
      } finally {
        client.release();
      }
    },
    async stop() {
      await authenticator.end();
      await owner.end();
      await postgres.stop();
    },
  };
}

export const asUser = (sub: string, claims: Record<string, string> = {}): Claims => ({
  role: 'authenticated',
  sub,
  ...claims,
});
export const asService: Claims = { role: 'service_role' };
