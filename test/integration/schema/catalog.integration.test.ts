import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemaVersion } from '../../../contracts/schema-version.ts';
import { readMigrations } from '../../../migrations/migration-file.ts';
import { type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { dumpSchema } from './dump.ts';

let database: CoreDatabase;
beforeAll(async () => {
  database = await startCoreDatabase();
});
afterAll(() => database.stop());

const list = async (sql: string): Promise<string[]> => {
  const { rows } = await database.owner.query<{ name: string }>(sql);
  return rows.map(({ name }) => name);
};

describe('what the catalog says about the core schema', () => {
  it('the version that API and workers expect is the newest migration', async () => {
    expect(schemaVersion).toBe((await readMigrations()).length);
  });

  it('every table has row level security', async () => {
    expect(
      await list(`select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') and not c.relrowsecurity`),
    ).toEqual([]);
  });

  it('every function has a fixed search_path, and PUBLIC executes none', async () => {
    const functions = `from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('public', 'private')`;
    expect(
      await list(
        `select p.oid::regprocedure::text as name ${functions} and not coalesce(p.proconfig::text like '%search_path=%', false)`,
      ),
    ).toEqual([]);
    expect(
      await list(`select p.oid::regprocedure::text as name ${functions} and exists (
        select 1 from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0)`),
    ).toEqual([]);
  });

  it('anon executes one function and reaches no table', async () => {
    expect(
      await list(`select p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname in ('public', 'private') and has_function_privilege('anon', p.oid, 'execute')`),
    ).toEqual(['platform_schema']);
    expect(
      await list(`select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'private') and c.relkind = 'r'
        and has_table_privilege('anon', c.oid, 'select, insert, update, delete, truncate, references, trigger')`),
    ).toEqual([]);
  });

  it('signed-in users execute the RPCs meant for them and the policies’ helpers, nothing else', async () => {
    expect(
      (
        await list(`select p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname in ('public', 'private') and has_function_privilege('authenticated', p.oid, 'execute')`)
      ).sort(),
    ).toEqual([
      'cancel_task',
      'create_account',
      'create_application_token',
      'may_join_topic',
      'member_account_ids',
      'platform_schema',
      'retry_deployment',
      'revoke_application_token',
    ]);
  });

  it('every foreign key is covered by an index', async () => {
    expect(
      await list(`select conrelid::regclass || '.' || conname as name from pg_constraint c
        where contype = 'f' and connamespace::regnamespace::text in ('public', 'private') and not exists (
          select 1 from pg_index i where i.indrelid = c.conrelid and i.indpred is null
          and (string_to_array(i.indkey::text, ' ')::int2[])[1] = any (c.conkey))`),
    ).toEqual([]);
  });

  it('nothing of the private schema or of vault is published', async () => {
    expect(
      await list(`select schemaname || '.' || tablename as name from pg_publication_tables
        where pubname = 'supabase_realtime' order by 1`),
    ).toEqual(['public.deployments', 'public.environments', 'public.projects', 'public.task_events', 'public.tasks']);
  });

  it('is the schema in the repository, so that every change of it is seen in review', async () => {
    await expect(await dumpSchema(database.owner)).toMatchFileSnapshot('./schema.snapshot.txt');
  });
});
