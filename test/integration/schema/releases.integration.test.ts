import { randomBytes } from 'node:crypto';
import type { ClientBase } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asService, asUser, type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { makeWorld, type World } from './world.ts';

let database: CoreDatabase;
let world: World;
let staging: string;
let production: string;
beforeAll(async () => {
  database = await startCoreDatabase();
  world = await makeWorld(database);
  staging = await environment(world.project, 'staging');
  production = await environment(world.project, 'production');
});
afterAll(() => database.stop());

type Row = Record<string, unknown>;
const owned = async (sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await database.owner.query(sql, values)).rows;
const id = async (sql: string, values: unknown[]): Promise<string> =>
  String((await owned(`${sql} returning id`, values))[0]?.id);
const by = async (user: string, sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await database.as(asUser(user, { email: 'who@example.test' }), (client) => client.query(sql, values))).rows;
const service = (work: (client: ClientBase) => Promise<unknown>) => database.as(asService, work);
const newName = (): string => `v-${randomBytes(6).toString('hex')}`;

const environment = (project: string, slug: string): Promise<string> =>
  id('insert into public.environments (project_id, slug, name) values ($1, $2, $2)', [project, slug]);
const project = (slug: string, account = world.account): Promise<string> =>
  id(`insert into public.projects (account_id, slug, name, repository_url) values ($1, $2, $2, '/repo')`, [
    account,
    slug,
  ]);

interface Commits {
  commit?: string;
  changelog?: string[];
  ref?: string;
}
const entry = (sha: string) => ({ sha, author: 'Ann', subject: `about ${sha}` });
/** A build that succeeded, with what it recorded. */
async function build(of = world.project, { commit = 'c', changelog, ref = 'main' }: Commits = {}): Promise<string> {
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
const create = async (builds: string[] = [], name = newName()): Promise<string> =>
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
const release = async (which: string): Promise<Row> =>
  (await owned('select * from public.releases where id = $1', [which]))[0] ?? {};
const entries = async (which: string): Promise<unknown[]> =>
  (await owned('select build_id from public.release_builds where release_id = $1', [which])).map((row) => row.build_id);

interface Made {
  id: string;
  task_id: string;
  build_id: string;
  origin: string;
}
const insert = async (row: Row, user = world.member): Promise<Made> => {
  const columns = Object.keys(row);
  const sql = `insert into public.deployments (${columns.join(', ')}) values (${columns.map((_, n) => `$${n + 1}`).join(', ')}) returning *`;
  return (await by(user, sql, Object.values(row)))[0] as unknown as Made;
};
/** The task as a worker runs it, to this end. */
async function run(task: string, status = 'succeeded'): Promise<void> {
  await service((client) => client.query(`select public.start_task($1, 'run', 'worker', 60)`, [task]));
  await service((client) => client.query(`select public.finish_task($1, 1, $2, null, '[]', '{}')`, [task, status]));
}
async function deployed(row: Row): Promise<Made> {
  const made = await insert(row);
  await run(made.task_id);
  return made;
}
const deployRelease = (which: string, slug: string, skip = false) =>
  by(world.member, 'select * from public.deploy_release($1, $2, $3)', [which, slug, skip]);
const promote = async (again = false): Promise<Row> =>
  (await by(world.member, 'select public.promote_deployment($1, $2, $3) as answer', [staging, production, again]))[0]
    ?.answer as Row;
const rollback = async (where: string, to: string | null = null): Promise<Row> =>
  (await by(world.member, 'select public.rollback_deployment($1, $2) as answer', [where, to]))[0]?.answer as Row;
const finalize = (which: string, version: number | null = null, force = false, user = world.member) =>
  by(user, 'select * from public.finalize_release($1, $2, $3)', [which, version, force]);
const abort = (which: string, version: number | null = null) =>
  by(world.member, `select * from public.abort_release($1, $2, 'no')`, [which, version]);
const refusal = (status: number, message: string) => ({ code: `PT${status}`, message });

describe('the definition of a release', () => {
  it('is made all or nothing, has one build a project, and a new version with each change', async () => {
    const [first, second] = [await build(), await build()];
    const other = await build(await project(newName().slice(0, 12)));
    const made = await create([first, other]);
    expect(await release(made)).toMatchObject({ status: 'pending', requested_by: world.member, version: 3 });
    const changed = await by(world.member, 'select * from public.set_release_build($1, $2, 3)', [made, second]);
    expect(changed).toMatchObject([{ version: 4 }]);
    expect((await entries(made)).sort()).toEqual([second, other].sort());
    await expect(by(world.member, 'select public.set_release_build($1, $2, 3)', [made, first])).rejects.toMatchObject({
      ...refusal(409, 'version_conflict'),
      detail: expect.stringMatching(/version 3.*version 4/),
    });
    await by(world.member, 'select public.remove_release_build($1, $2, 4)', [made, world.project]);
    expect(await entries(made)).toEqual([other]);
    const name = newName();
    await expect(create([first, second], name)).rejects.toMatchObject(refusal(422, 'release_two_builds'));
    expect(await owned('select id from public.releases where name = $1', [name])).toEqual([]);
    await expect(
      by(world.member, 'insert into public.release_builds (release_id, build_id) values ($1, $2), ($1, $3)', [
        await create(),
        first,
        second,
      ]),
    ).rejects.toMatchObject({ code: '23505' });
  });

  it('takes only builds that can be deployed, of its own account', async () => {
    const made = await create();
    const add = (which: string, user = world.member, more = '') =>
      by(
        user,
        `insert into public.release_builds (release_id, build_id${more === '' ? '' : ', project_id, account_id'}) values ($1, $2${more})`,
        [made, which],
      );
    const queued = await id('insert into public.builds (project_id) values ($1)', [world.project]);
    await expect(add(queued)).rejects.toMatchObject(refusal(409, 'build_not_deployable'));
    const expired = await build();
    await owned(`update public.builds set status = 'expired' where id = $1`, [expired]);
    await expect(add(expired)).rejects.toMatchObject(refusal(409, 'build_expired'));
    const elsewhere = await project('elsewhere', world.otherAccount);
    const foreign = await build(elsewhere);
    for (const more of ['', `, '${elsewhere}', '${world.otherAccount}'`, `, '${world.project}', '${world.account}'`]) {
      await expect(add(foreign, world.member, more)).rejects.toMatchObject(refusal(404, 'not_found'));
    }
    await expect(by(world.member, 'select public.set_release_build($1, $2)', [made, foreign])).rejects.toMatchObject(
      refusal(404, 'not_found'),
    );
    // Nor does its owner get it in.
    await expect(add(foreign, world.outsider)).rejects.toMatchObject(refusal(404, 'not_found'));
    await expect(
      service((client) =>
        client.query('insert into public.release_builds (release_id, build_id) values ($1, $2)', [made, foreign]),
      ),
    ).rejects.toMatchObject(refusal(404, 'not_found'));
    await add(await build());
    await expect(
      by(world.member, 'update public.release_builds set build_id = $2 where release_id = $1', [made, foreign]),
    ).rejects.toMatchObject(refusal(404, 'not_found'));
    expect(await by(world.outsider, 'select id from public.releases')).toEqual([]);
    expect(await by(world.outsider, 'select id from public.release_builds')).toEqual([]);
  });

  it('viewers read it, members change it, and nobody its bookkeeping', async () => {
    const made = await create([await build()]);
    expect(await by(world.viewer, 'select id from public.releases where id = $1', [made])).toHaveLength(1);
    for (const call of [
      `create_release('${world.account}', '${newName()}')`,
      `set_release_build('${made}', '${await build()}')`,
      `remove_release_build('${made}', '${world.project}')`,
      `finalize_release('${made}')`,
      `abort_release('${made}')`,
      `deploy_release('${made}', 'staging')`,
      `promote_deployment('${staging}', '${production}')`,
      `rollback_deployment('${production}')`,
    ]) {
      await expect(by(world.viewer, `select public.${call}`)).rejects.toMatchObject(refusal(403, 'forbidden'));
      await expect(by(world.outsider, `select public.${call}`)).rejects.toMatchObject({ code: 'PT404' });
    }
    for (const column of ['status', 'version', 'changelog', 'ended_at', 'account_id', 'requested_by']) {
      await expect(
        by(world.owner, `update public.releases set ${column} = ${column} where id = $1`, [made]),
      ).rejects.toMatchObject({ code: '42501' });
    }
    await expect(by(world.owner, 'delete from public.releases where id = $1', [made])).rejects.toMatchObject({
      code: '42501',
    });
    await expect(
      by(world.member, `insert into public.releases (account_id, name, status) values ($1, 'x', 'finalized')`, [
        world.account,
      ]),
    ).rejects.toMatchObject({ code: '42501' });
    const forged = await service(async (client) =>
      client.query(
        `insert into public.releases (account_id, name, status, version) values ($1, $2, 'finalized', 9) returning status, version`,
        [world.account, newName()],
      ),
    );
    expect(forged).toMatchObject({ rows: [{ status: 'pending', version: 1 }] });
  });

  it('is frozen from its first deployment on, whoever writes', async () => {
    const [first, second] = [await build(), await build()];
    const made = await create([first]);
    await insert({ environment_id: staging, release_id: made });
    expect(await release(made)).toMatchObject({ status: 'in_progress' });
    const other = await build(await project(newName().slice(0, 12)));
    const writes: [string, unknown[]][] = [
      ['insert into public.release_builds (release_id, build_id) values ($1, $2)', [made, other]],
      ['update public.release_builds set build_id = $2 where release_id = $1', [made, second]],
      ['delete from public.release_builds where release_id = $1', [made]],
      [`update public.releases set name = 'renamed' where id = $1`, [made]],
      ['select public.set_release_build($1, $2)', [made, second]],
    ];
    for (const [sql, values] of writes) {
      await expect(by(world.owner, sql, values)).rejects.toMatchObject(refusal(409, 'release_frozen'));
      await expect(service((client) => client.query(sql, values))).rejects.toMatchObject(
        refusal(409, 'release_frozen'),
      );
      await expect(
        owned(
          sql.replace('select public.set_release_build($1, $2)', writes[0]?.[0] ?? ''),
          sql.startsWith('select') ? writes[0]?.[1] : values,
        ),
      ).rejects.toMatchObject(refusal(409, 'release_frozen'));
    }
    expect(await entries(made)).toEqual([first]);
    await by(world.member, `update public.releases set description = 'for the fair' where id = $1`, [made]);
  });

  it('holds its builds: they are not deleted, and the end of a project or an account takes all', async () => {
    const held = await build();
    await create([held]);
    await expect(owned('delete from public.builds where id = $1', [held])).rejects.toMatchObject({ code: '23503' });
    const user = await database.user(`${newName()}@example.test`);
    const account = String(
      (await by(user, 'select id from public.create_account($1, $1)', [newName().slice(0, 12)]))[0]?.id,
    );
    const [one, two] = [await project('one', account), await project('two', account)];
    const both = await environment(one, 'dev');
    const made = String(
      (
        await by(user, `select id from public.create_release($1, 'v1', '', '{}', $2)`, [
          account,
          [await build(one), await build(two)],
        ])
      )[0]?.id,
    );
    await insert({ environment_id: both, release_id: made }, user);
    await by(user, 'delete from public.projects where id = $1', [two]);
    expect(await entries(made)).toHaveLength(1);
    await owned('delete from auth.users where id = $1', [await database.user(`${newName()}@example.test`)]);
    await by(user, 'delete from public.accounts where id = $1', [account]);
    expect(await owned('select 1 from public.releases where account_id = $1', [account])).toEqual([]);
  });
});

describe('the moves of a release', () => {
  const statuses = ['pending', 'in_progress', 'finalized', 'aborted'];
  it('are those of the table, for the platform too; who ended it and when is kept', async () => {
    const into: Record<string, string[]> = {
      pending: [],
      in_progress: ['in_progress'],
      finalized: ['in_progress', 'finalized'],
      aborted: ['aborted'],
    };
    const legal = ['pending in_progress', 'pending aborted', 'in_progress finalized', 'in_progress aborted'];
    for (const from of statuses) {
      for (const to of statuses.filter((status) => status !== from)) {
        const made = await create();
        for (const status of into[from] ?? [])
          await owned('update public.releases set status = $2 where id = $1', [made, status]);
        const move = service((client) =>
          client.query('update public.releases set status = $2 where id = $1', [made, to]),
        );
        if (legal.includes(`${from} ${to}`)) await move;
        else await expect(move).rejects.toMatchObject(refusal(409, 'illegal_transition'));
      }
    }
    const made = await create();
    await abort(made);
    expect(await release(made)).toMatchObject({
      status: 'aborted',
      ended_by: world.member,
      ended_at: expect.any(Date),
      end_reason: 'no',
    });
    await expect(
      by(world.owner, `update public.releases set description = 'x' where id = $1`, [made]),
    ).rejects.toMatchObject(refusal(409, 'release_ended'));
  });

  it('to finalized needs a successful deployment of every build, or an admin who insists', async () => {
    const second = await project(newName().slice(0, 12));
    const there = await environment(second, 'staging');
    const made = await create([await build(), await build(second)]);
    await expect(finalize(made)).rejects.toMatchObject(refusal(409, 'illegal_transition'));
    await deployed({ environment_id: staging, release_id: made });
    await expect(finalize(made)).rejects.toMatchObject({
      ...refusal(409, 'release_incomplete'),
      detail: expect.stringContaining('build 1'),
    });
    const failed = await insert({ environment_id: there, release_id: made });
    await run(failed.task_id, 'failed');
    await expect(finalize(made)).rejects.toMatchObject(refusal(409, 'release_incomplete'));
    await expect(finalize(made, null, true)).rejects.toMatchObject(refusal(403, 'forbidden'));
    const version = Number((await release(made)).version);
    await expect(finalize(made, version - 1)).rejects.toMatchObject(refusal(409, 'version_conflict'));
    expect(await finalize(made, version, true, world.admin)).toMatchObject([
      { status: 'finalized', ended_by: world.admin },
    ]);
    await expect(abort(made)).rejects.toMatchObject(refusal(409, 'illegal_transition'));
    // A finalized release goes on being deployed.
    expect(await deployRelease(made, 'staging')).toHaveLength(2);
  });

  it('to aborted cancels what has not begun; it is deployed, promoted and retried no more, but gone back to', async () => {
    const made = await create([await build()]);
    const done = await deployed({ environment_id: staging, release_id: made });
    const failed = await insert({ environment_id: staging, release_id: made });
    await run(failed.task_id, 'failed');
    const running = await insert({ environment_id: staging, release_id: made });
    await service((client) => client.query(`select public.start_task($1, 'run', 'worker', 60)`, [running.task_id]));
    const waiting = await insert({ environment_id: production, release_id: made });
    await abort(made);
    const status = async (of: Made) =>
      (await owned('select status from public.tasks where id = $1', [of.task_id]))[0]?.status;
    expect([await status(done), await status(running), await status(waiting)]).toEqual([
      'succeeded',
      'running',
      'cancelled',
    ]);
    const aborted = refusal(409, 'release_aborted');
    await expect(deployRelease(made, 'staging')).rejects.toMatchObject(aborted);
    await expect(insert({ environment_id: staging, release_id: made })).rejects.toMatchObject(aborted);
    await expect(insert({ environment_id: production, source_deployment_id: done.id })).rejects.toMatchObject(aborted);
    await expect(by(world.member, 'select public.retry_deployment($1)', [failed.id])).rejects.toMatchObject(aborted);
    expect(await insert({ environment_id: staging, source_deployment_id: done.id })).toMatchObject({
      origin: 'rollback',
    });
  });
});

describe('at the same moment', () => {
  it('of two who finalize one does', async () => {
    for (let round = 0; round < 100; round += 1) {
      const made = await create();
      await owned(`update public.releases set status = 'in_progress' where id = $1`, [made]);
      const version = Number((await release(made)).version);
      const both = await Promise.allSettled([finalize(made, version), finalize(made, version, false, world.admin)]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: refusal(409, 'version_conflict'),
      });
      expect(await release(made)).toMatchObject({ status: 'finalized', version: version + 1 });
    }
  });

  it('a change and the first deployment: what is deployed is what the release then has', async () => {
    const [first, second] = [await build(), await build()];
    let changed = 0;
    for (let round = 0; round < 100; round += 1) {
      const made = await create([first]);
      const change = () =>
        round % 2 === 0
          ? by(world.member, 'select public.set_release_build($1, $2)', [made, second])
          : by(world.member, 'update public.release_builds set build_id = $2 where release_id = $1', [made, second]);
      const deploy = () => insert({ environment_id: staging, release_id: made });
      const [outcome, deployment] = await Promise.allSettled(
        round % 4 < 2 ? [change(), deploy()] : [deploy(), change()].reverse(),
      );
      if (outcome?.status === 'fulfilled') changed += 1;
      else expect(outcome).toMatchObject({ reason: refusal(409, 'release_frozen') });
      expect(deployment).toMatchObject({ status: 'fulfilled', value: { build_id: (await entries(made))[0] } });
      expect(await release(made)).toMatchObject({ status: 'in_progress' });
    }
    expect(changed).toBeGreaterThan(0);
  });

  it('the end and a deployment: an aborted release has none that goes on', async () => {
    const content = await build();
    for (let round = 0; round < 50; round += 1) {
      const made = await create([content]);
      await insert({ environment_id: staging, release_id: made });
      const [end, late] = await Promise.allSettled([
        abort(made),
        insert({ environment_id: staging, release_id: made }),
      ]);
      expect(end?.status).toBe('fulfilled');
      if (late?.status === 'rejected') expect(late.reason).toMatchObject(refusal(409, 'release_aborted'));
      const left = await owned(
        `select status from public.deployments where release_id = $1 and status <> 'cancelled'`,
        [made],
      );
      expect(left).toEqual([]);
    }
  });

  it('the end, a promotion and a worker that begins: none waits for another for good', async () => {
    const content = await build();
    for (let round = 0; round < 30; round += 1) {
      const made = await create([content]);
      await deployed({ environment_id: staging, release_id: made });
      const queued = await insert({ environment_id: production, release_id: made });
      const start = service(async (client) => {
        await client.query(`select public.start_task($1, 'run', 'worker', 60)`, [queued.task_id]);
        await client.query('select public.acquire_environment($1, $2, 60)', [production, queued.task_id]);
      });
      const outcomes = await Promise.allSettled([abort(made), promote(true), start]);
      // What came too late is told so; nobody is ended as the victim of a deadlock.
      const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.message] : []));
      expect(['release_aborted', 'stale_attempt']).toEqual(expect.arrayContaining([...new Set(refusals)]));
      expect(outcomes[0]?.status).toBe('fulfilled');
      const [task] = await owned('select status from public.tasks where id = $1', [queued.task_id]);
      expect(['running', 'cancelled']).toContain(task?.status);
      if (task?.status === 'running')
        await service((client) =>
          client.query(`select public.finish_task($1, 1, 'failed', null, '[]', '{}')`, [queued.task_id]),
        );
    }
  });

  it('two who promote make one deployment', async () => {
    await deployed({ environment_id: staging, build_id: await build() });
    const both = await Promise.all([promote(), promote()]);
    expect(both.map(({ made }) => made).sort()).toEqual([false, true]);
    expect(both[0]?.deployment_id).toBe(both[1]?.deployment_id);
  });
});

describe('a deployment of a release, a build or another deployment', () => {
  it('says where it comes from and what it is, whatever its writer said', async () => {
    const content = await build(world.project, { commit: 'abc', ref: 'feature' });
    const made = await create([content]);
    const first = await insert({ environment_id: staging, release_id: made, ref: 'nonsense' });
    expect(first).toMatchObject({ origin: 'release', build_id: content, ref: 'feature', commit_sha: 'abc' });
    expect(await insert({ environment_id: staging, build_id: content })).toMatchObject({
      origin: 'build',
      ref: 'feature',
    });
    await expect(insert({ environment_id: production, source_deployment_id: first.id })).rejects.toMatchObject(
      refusal(409, 'source_not_succeeded'),
    );
    await run(first.task_id);
    const promoted = await insert({ environment_id: production, source_deployment_id: first.id });
    expect(promoted).toMatchObject({ origin: 'promotion', build_id: content, release_id: made, commit_sha: 'abc' });
    await expect(
      insert({ environment_id: staging, build_id: content, source_deployment_id: first.id }),
    ).rejects.toMatchObject(refusal(422, 'one_content'));
    expect(await insert({ environment_id: staging, ref: 'main' })).toMatchObject({ origin: 'ref', build_id: null });
  });

  it('is refused when it has no build, is of another project or of another account', async () => {
    const elsewhere = await project(newName().slice(0, 12));
    const foreign = await build(elsewhere);
    const [theirs] = await owned(`insert into public.releases (account_id, name) values ($1, 'theirs') returning id`, [
      world.otherAccount,
    ]);
    const notFound = refusal(404, 'not_found');
    await expect(insert({ environment_id: staging, build_id: foreign })).rejects.toMatchObject(notFound);
    await expect(insert({ environment_id: staging, release_id: theirs?.id })).rejects.toMatchObject(notFound);
    await expect(insert({ environment_id: staging, release_id: await create([foreign]) })).rejects.toMatchObject(
      refusal(409, 'release_without_project'),
    );
    const old = await deployed({ environment_id: staging, ref: 'main' });
    await expect(insert({ environment_id: production, source_deployment_id: old.id })).rejects.toMatchObject(
      refusal(409, 'source_without_build'),
    );
    // Who may not deploy learns nothing of what there is.
    const made = await create([await build()]);
    await expect(insert({ environment_id: staging, release_id: made }, world.viewer)).rejects.toMatchObject({
      code: '42501',
    });
    await expect(insert({ environment_id: staging, release_id: made }, world.outsider)).rejects.toMatchObject({
      code: '42501',
    });
    expect(await release(made)).toMatchObject({ status: 'pending' });
  });

  it('of a release is made in every project or in none', async () => {
    const second = await project(newName().slice(0, 12));
    const made = await create([await build(), await build(second)]);
    await expect(deployRelease(made, 'staging')).rejects.toMatchObject(refusal(409, 'release_environment_missing'));
    expect(await release(made)).toMatchObject({ status: 'pending' });
    expect(await owned('select 1 from public.deployments where release_id = $1', [made])).toEqual([]);
    expect(await deployRelease(made, 'staging', true)).toMatchObject([{ environment_id: staging, origin: 'release' }]);
    const there = await environment(second, 'staging');
    expect((await deployRelease(made, 'staging')).map((row) => row.environment_id).sort()).toEqual(
      [staging, there].sort(),
    );
    await expect(deployRelease(await create(), 'staging')).rejects.toMatchObject(refusal(409, 'release_empty'));
  });
});

describe('promotion and rollback', () => {
  const buildOf = async (answer: Row): Promise<Row> =>
    (
      await owned('select d.build_id, d.origin, d.task_id, d.commit_sha from public.deployments d where id = $1', [
        answer.deployment_id,
      ])
    )[0] ?? {};
  const finish = async (answer: Row): Promise<void> => run(String((await buildOf(answer)).task_id));

  it('takes what the one environment has to the other, once', async () => {
    const content = await build();
    const source = await deployed({ environment_id: staging, build_id: content });
    // Newer, but not successful: not what staging has.
    await run((await insert({ environment_id: staging, build_id: await build() })).task_id, 'failed');
    // Its last stage is done, and its worker is not.
    const ending = await insert({ environment_id: staging, build_id: await build() });
    const stages = {
      checkout: 'skipped',
      build: 'skipped',
      validate: 'skipped',
      deploy: 'succeeded',
      verify: 'skipped',
    };
    await service((client) => client.query(`select public.start_task($1, 'run', 'worker', 60)`, [ending.task_id]));
    await service((client) =>
      client.query(`select public.append_task_events($1, 1, '[]', $2, 60)`, [ending.task_id, { stages }]),
    );
    expect(await owned('select status, finished_at from public.deployments where id = $1', [ending.id])).toEqual([
      { status: 'succeeded', finished_at: null },
    ]);
    const first = await promote();
    expect(first).toMatchObject({ made: true, source_id: source.id });
    expect(await buildOf(first)).toMatchObject({ build_id: content, origin: 'promotion' });
    await finish(first);
    expect(await promote()).toEqual({ made: false, source_id: source.id, deployment_id: first.deployment_id });
    const again = await promote(true);
    expect(again.made).toBe(true);
    await finish(again);
    const same = by(world.member, 'select public.promote_deployment($1, $1)', [staging]);
    await expect(same).rejects.toMatchObject(refusal(422, 'same_environment'));
    const empty = await environment(world.project, 'empty');
    await expect(by(world.member, 'select public.promote_deployment($1, $2)', [empty, staging])).rejects.toMatchObject(
      refusal(409, 'nothing_deployed'),
    );
    const elsewhere = await environment(await project(newName().slice(0, 12)), 'dev');
    await expect(
      by(world.member, 'select public.promote_deployment($1, $2)', [staging, elsewhere]),
    ).rejects.toMatchObject(refusal(404, 'not_found'));
  });

  it('goes back step by step, to any earlier one, and says what was there for the changelog', async () => {
    const where = await environment(world.project, 'steps');
    const builds = [
      await build(world.project, { commit: 'c1' }),
      await build(world.project, { commit: 'c2' }),
      await build(world.project, { commit: 'c3' }),
    ];
    const deployments: Made[] = [];
    for (const content of builds) deployments.push(await deployed({ environment_id: where, build_id: content }));
    const back = await rollback(where);
    expect(await buildOf(back)).toMatchObject({ build_id: builds[1], origin: 'rollback', commit_sha: 'c2' });
    // Pressed twice: it is on its way.
    expect(await rollback(where)).toMatchObject({ made: false, deployment_id: back.deployment_id });
    await finish(back);
    const { rows } = (await service((client) =>
      client.query(`select public.start_task($1, 'run', 'worker', 60) as started`, [
        String((deployments[0] as Made).task_id),
      ]),
    )) as { rows: Row[] };
    expect(rows[0]?.started).toMatchObject({ previousSuccess: { commitSha: 'c2' } });
    const further = await rollback(where);
    expect(await buildOf(further)).toMatchObject({ build_id: builds[0] });
    await finish(further);
    await expect(rollback(where)).rejects.toMatchObject(refusal(409, 'nothing_earlier'));
    const forward = await rollback(where, deployments[2]?.id ?? null);
    expect(await buildOf(forward)).toMatchObject({ build_id: builds[2], origin: 'rollback' });
    await finish(forward);
    await expect(rollback(staging, deployments[0]?.id ?? null)).rejects.toMatchObject(refusal(404, 'not_found'));
    await owned(`update public.builds set status = 'expired' where id = $1`, [builds[1]]);
    await expect(rollback(where, deployments[1]?.id ?? null)).rejects.toMatchObject(refusal(409, 'build_expired'));
  });
});

describe('the changelog of a release', () => {
  it('has the commits between its build and that of the finalized release before it, as far as builds recorded them', async () => {
    const of = await project(newName().slice(0, 12));
    const where = await environment(of, 'dev');
    const shas = async (which: string): Promise<unknown> => {
      const changes = ((await release(which)).changelog as Record<string, { since: Row | null; commits: Row[] }>)[of];
      return [changes?.since?.commitSha ?? null, changes?.commits.map(({ sha }) => sha)];
    };
    const first = await build(of, { commit: 'a2', changelog: ['a2', 'a1'] });
    const one = await create([first]);
    expect(await shas(one)).toEqual([null, ['a2', 'a1']]);
    // What was built meanwhile, on this branch and another one; a list that reaches behind the first release.
    await build(of, { commit: 'a3', changelog: ['a3', 'a2', 'a1'] });
    await build(of, { commit: 'x1', changelog: ['x1'], ref: 'other' });
    const last = await build(of, { commit: 'a5', changelog: ['a5', 'a4'] });
    const two = await create([last]);
    expect(await shas(two)).toEqual([null, ['a5', 'a4', 'a3', 'a2', 'a1']]);
    await deployed({ environment_id: where, release_id: one });
    await finalize(one);
    // Against what is finalized when it begins, and fixed from then on.
    await insert({ environment_id: where, release_id: two });
    expect(await shas(two)).toEqual(['a2', ['a5', 'a4', 'a3']]);
    const kept = await owned('select (private.get_document($1, $2, $3)).value', [
      world.account,
      'changelogs',
      String((await release(two)).name),
    ]);
    expect(kept).toMatchObject([{ value: { releaseId: two, projects: (await release(two)).changelog } }]);
    expect(((await release(two)).changelog as Row)[of]).toMatchObject({ since: { releaseId: one, build: 1 } });
    const older = await create([first]);
    expect(await shas(older)).toEqual(['a2', []]);
  });

  it('begins, in a build, with the build of its ref before it', async () => {
    const of = await project(newName().slice(0, 12));
    const previous = async (ref: string): Promise<unknown> => {
      const made = await id('insert into public.builds (project_id, ref) values ($1, $2)', [of, ref]);
      const [row] = await owned('select task_id from public.builds where id = $1', [made]);
      const { rows } = await database.as(asService, (client) =>
        client.query(`select public.start_task($1, 'run', 'worker', 60) as started`, [row?.task_id]),
      );
      return rows[0]?.started.previousSuccess;
    };
    expect(await previous('main')).toBeNull();
    await build(of, { commit: 'a1' });
    await build(of, { commit: 'x1', ref: 'other' });
    expect(await previous('main')).toEqual({ commitSha: 'a1' });
  });
});
