import { randomBytes } from 'node:crypto';
import type { ClientBase } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { asService, asUser, type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { makeWorld, type World } from './world.ts';

/** A world of its own for every file of tests that imports this. */
export let database: CoreDatabase;
export let world: World;
export let staging: string;
export let production: string;
beforeAll(async () => {
  database = await startCoreDatabase();
  world = await makeWorld(database);
  staging = await environment(world.project, 'staging');
  production = await environment(world.project, 'production');
});
afterAll(() => database.stop());

export type Row = Record<string, unknown>;
export const owned = async (sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await database.owner.query(sql, values)).rows;
export const id = async (sql: string, values: unknown[]): Promise<string> =>
  String((await owned(`${sql} returning id`, values))[0]?.id);
export const by = async (user: string, sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await database.as(asUser(user, { email: 'who@example.test' }), (client) => client.query(sql, values))).rows;
export const service = (work: (client: ClientBase) => Promise<unknown>) => database.as(asService, work);
export const newName = (): string => `v-${randomBytes(6).toString('hex')}`;

export const environment = (project: string, slug: string): Promise<string> =>
  id('insert into public.environments (project_id, slug, name) values ($1, $2, $2)', [project, slug]);
export const project = (slug: string, account = world.account): Promise<string> =>
  id(`insert into public.projects (account_id, slug, name, repository_url) values ($1, $2, $2, '/repo')`, [
    account,
    slug,
  ]);

export interface Commits {
  commit?: string;
  changelog?: string[];
  ref?: string;
}
const entry = (sha: string) => ({ sha, author: 'Ann', subject: `about ${sha}` });
/** A build that succeeded, with what it recorded. */
export async function build(
  of = world.project,
  { commit = 'c', changelog, ref = 'main' }: Commits = {},
): Promise<string> {
  const made = await id('insert into public.builds (project_id, ref) values ($1, $2)', [of, ref]);
  const metadata = { commit: entry(commit), ...(changelog === undefined ? {} : { changelog: changelog.map(entry) }) };
  await owned(`update public.builds set status = 'running' where id = $1`, [made]);
  await owned(`update public.builds set status = 'succeeded', commit_sha = $2, metadata = $3 where id = $1`, [
    made,
    commit,
    metadata,
  ]);
  return made;
}
export const create = async (builds: string[] = [], name = newName()): Promise<string> =>
  String(
    (
      await by(world.member, 'select id from public.create_release($1, $2, $3, $4, $5)', [
        world.account,
        name,
        '',
        {},
        builds,
      ])
    )[0]?.id,
  );
export const release = async (which: string): Promise<Row> =>
  (await owned('select * from public.releases where id = $1', [which]))[0] ?? {};
export const entries = async (which: string): Promise<unknown[]> =>
  (await owned('select build_id from public.release_builds where release_id = $1', [which])).map((row) => row.build_id);

export interface Made {
  id: string;
  task_id: string;
  build_id: string;
  origin: string;
}
export const insert = async (row: Row, user = world.member): Promise<Made> => {
  const columns = Object.keys(row);
  const sql = `insert into public.deployments (${columns.join(', ')}) values (${columns.map((_, n) => `$${n + 1}`).join(', ')}) returning *`;
  return (await by(user, sql, Object.values(row)))[0] as unknown as Made;
};
/** The task as a worker runs it, to this end. */
export async function run(task: string, status = 'succeeded'): Promise<void> {
  await service((client) => client.query(`select public.start_task($1, 'run', 'worker', 60)`, [task]));
  await service((client) => client.query(`select public.finish_task($1, 1, $2, null, '[]', '{}')`, [task, status]));
}
export async function deployed(row: Row): Promise<Made> {
  const made = await insert(row);
  await run(made.task_id);
  return made;
}
export const deployRelease = (which: string, slug: string, skip = false) =>
  by(world.member, 'select * from public.deploy_release($1, $2, $3)', [which, slug, skip]);
export const promote = async (again = false): Promise<Row> =>
  (await by(world.member, 'select public.promote_deployment($1, $2, $3) as answer', [staging, production, again]))[0]
    ?.answer as Row;
export const rollback = async (where: string, to: string | null = null): Promise<Row> =>
  (await by(world.member, 'select public.rollback_deployment($1, $2) as answer', [where, to]))[0]?.answer as Row;
export const finalize = (which: string, version: number | null = null, force = false, user = world.member) =>
  by(user, 'select * from public.finalize_release($1, $2, $3)', [which, version, force]);
export const abort = (which: string, version: number | null = null) =>
  by(world.member, `select * from public.abort_release($1, $2, 'no')`, [which, version]);
export const refusal = (status: number, message: string) => ({ code: `PT${status}`, message });
