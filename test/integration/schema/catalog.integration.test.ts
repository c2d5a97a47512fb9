import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functions } from '../../../contracts/permissions/functions.ts';
import { tables } from '../../../contracts/permissions/tables.ts';
import { schemaVersion } from '../../../contracts/schema-version.ts';
import { readMigrations } from '../../../migrations/migration-file.ts';
import { asUser, type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { dumpSchema } from './dump.ts';

/** Function calls outside of a subquery: `(select f())` is an init plan, `f()` is called for each row. */
function callsPerRow(expression: string): string[] {
  let text = expression;
  // Innermost first; a subquery that has a name of its own stays text only as long as it holds another one.
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(/\( SELECT (?:[^()]|\([^()]*\))*\)/g, 'once');
  }
  return text.match(/[a-z_.]+\((?=[^ ])|[a-z_.]+\(\)/g)?.map((call) => call.replace(/\)$/, '')) ?? [];
}

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
        where n.nspname in ('public', 'private', 'partitions') and c.relkind in ('r', 'p') and not c.relrowsecurity`),
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

  it('anon reaches no table', async () => {
    expect(
      await list(`select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'private', 'partitions') and c.relkind in ('r', 'p')
        and has_table_privilege('anon', c.oid, 'select, insert, update, delete, truncate, references, trigger')`),
    ).toEqual([]);
  });

  it('functions are executed by whom the permission table names, and by nobody else', async () => {
    const { rows } = await database.owner.query<{ name: string; roles: string[] }>(`
      select n.nspname || '.' || p.proname as name, array_agg(distinct r.rolname::text order by r.rolname::text) as roles
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      join pg_roles r on r.rolname in ('anon', 'authenticated', 'service_role') and has_function_privilege(r.oid, p.oid, 'execute')
      where n.nspname in ('public', 'private') group by 1`);
    expect(Object.fromEntries(rows.map(({ name, roles }) => [name, roles]))).toEqual(
      Object.fromEntries(Object.entries(functions).map(([name, roles]) => [name, [...roles].sort()])),
    );
  });

  it('no view, materialized view or foreign table goes past the rights of who asks', async () => {
    expect(
      await list(`select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'private') and (c.relkind in ('m', 'f')
          or c.relkind = 'v' and not coalesce(c.reloptions::text like '%security_invoker=true%', false))`),
    ).toEqual([]);
  });

  it('no policy calls a function once a row', async () => {
    const { rows } = await database.owner.query<{ name: string; text: string }>(`
      select format('%s %s', polrelid::regclass, polname) as name,
        concat_ws(' ', pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) as text
      from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace::regnamespace::text in ('public', 'realtime')`);
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.flatMap(({ name, text }) => callsPerRow(text).map((call) => `${name}: ${call}`))).toEqual([]);
    expect(callsPerRow('(account_id = auth.uid())')).toEqual(['auth.uid(']);
  });

  it('and the planner agrees: reading a table asks who is asking once, before the rows', async () => {
    for (const table of Object.keys(tables)) {
      const { rows } = await database.as(asUser(randomUUID()), (client) =>
        client.query<{ 'QUERY PLAN': string }>(`explain (verbose, costs off) select * from public.${table}`),
      );
      const filters = rows
        .map((row) => row['QUERY PLAN'].trim())
        .filter((line) => /^(Filter|Index Cond|Join Filter):/.test(line));
      expect(filters.length, table).toBeGreaterThan(0);
      // A hashed subplan or an init plan is run once, whatever the number of rows.
      for (const filter of filters) {
        expect(`${table} ${filter.replaceAll(/\(hashed SubPlan \d+\)|\(InitPlan \d+\)\.col\d+/g, 'once')}`).not.toMatch(
          /SubPlan|\b(auth|private)\.\w+\(/,
        );
      }
    }
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
    ).toEqual(
      ['builds', 'deployments', 'environments', 'projects', 'releases', 'tasks'].map((table) => `public.${table}`),
    );
  });

  it('is the schema in the repository, so that every change of it is seen in review', async () => {
    await expect(await dumpSchema(database.owner)).toMatchFileSnapshot('./schema.snapshot.txt');
  });
});
