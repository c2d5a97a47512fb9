import { describe, expect, it } from 'vitest';
import { asService } from './core-database.ts';
import {
  build,
  by,
  create,
  database,
  deployed,
  deployRelease,
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
  type Row,
  refusal,
  release,
  rollback,
  run,
  service,
  staging,
  world,
} from './release-world.ts';

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

  it('of a build that its writer may not see says nothing of it', async () => {
    const failed = await id('insert into public.builds (project_id, ref) values ($1, $2)', [world.project, 'main']);
    const row = { environment_id: world.environment, project_id: world.project, account_id: world.account };
    await expect(insert({ ...row, build_id: failed }, world.outsider)).rejects.toMatchObject({ code: '42501' });
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
