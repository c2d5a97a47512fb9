import { describe, expect, it } from 'vitest';
import {
  abort,
  build,
  by,
  create,
  database,
  deployed,
  deployRelease,
  entries,
  environment,
  finalize,
  id,
  insert,
  type Made,
  newName,
  owned,
  production,
  project,
  promote,
  refusal,
  release,
  run,
  service,
  staging,
  world,
} from './release-world.ts';

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
