import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../support/wait.ts';
import { asService, asUser, type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { makeWorld, type World } from './world.ts';

let database: CoreDatabase;
let world: World;
beforeAll(async () => {
  database = await startCoreDatabase();
  world = await makeWorld(database);
});
afterAll(() => database.stop());

const owned = async (sql: string, values: unknown[] = []) => (await database.owner.query(sql, values)).rows;
const call = async (name: string, ...values: unknown[]) => {
  const parameters = values.map((_, index) => `$${index + 1}`).join(', ');
  const { rows } = await database.as(asService, (client) =>
    client.query(`select public.${name}(${parameters}) as answer`, values),
  );
  return rows[0]?.answer;
};
const start = (task: string) => call('start_task', task, 'run', 'worker-1', 60);
const newDigest = (): string => randomBytes(32).toString('hex');

interface Kept {
  kind: 'source' | 'file';
  path: string;
  digest: string;
  sizeBytes: number;
  executable: boolean;
}
const file = (path: string, digest = newDigest()): Kept => ({
  kind: 'file',
  path,
  digest,
  sizeBytes: 10,
  executable: false,
});
const reserve = (task: string, artifacts: readonly Kept[], attempt = 1) =>
  call('reserve_artifacts', task, attempt, JSON.stringify(artifacts));
const record = (task: string, artifacts: readonly Kept[], complete = true, attempt = 1) =>
  call(
    'record_build',
    task,
    attempt,
    JSON.stringify({ commitSha: 'c0ffee', complete, metadata: { commit: null }, artifacts }),
  );
const finish = (task: string) => call('finish_task', task, 1, 'succeeded', null, '[]', '{}');

async function newBuild(project = world.project): Promise<{ build: string; task: string }> {
  const { rows } = await database.as(asUser(world.member), (client) =>
    client.query(
      `insert into public.builds (account_id, project_id, ref) values ($1, $2, 'main') returning id, task_id`,
      [world.account, project],
    ),
  );
  return { build: rows[0].id, task: rows[0].task_id };
}
async function succeeded(project = world.project, artifacts = [file('a')], complete = true): Promise<string> {
  const { build, task } = await newBuild(project);
  await start(task);
  await reserve(task, artifacts);
  await record(task, artifacts, complete);
  await finish(task);
  return build;
}
const buildOf = async (id: string) => (await owned('select * from public.builds where id = $1', [id]))[0];
const age = (id: string, days = 200) =>
  owned('update public.builds set finished_at = now() - make_interval(days => $2) where id = $1', [id, days]);
async function deploy(build: string, environment = world.environment): Promise<string> {
  const { rows } = await database.as(asUser(world.member), (client) =>
    client.query(
      'insert into public.deployments (account_id, project_id, environment_id, build_id) values ($1, $2, $3, $4) returning id',
      [world.account, world.project, environment, build],
    ),
  );
  return rows[0].id;
}
async function newPlace(slug: string): Promise<{ project: string; environment: string }> {
  const [project] = await owned(
    `insert into public.projects (account_id, slug, name, repository_url) values ($1, $2, 'P', '/repo') returning id`,
    [world.account, slug],
  );
  const [environment] = await owned(
    `insert into public.environments (account_id, project_id, slug, name) values ($1, $2, 'dev', 'Dev') returning id`,
    [world.account, project.id],
  );
  return { project: project.id, environment: environment.id };
}
/** A second connection, held open in a transaction. */
async function session(): Promise<Client> {
  const client = new Client({ connectionString: database.postgres.url('postgres') });
  await client.connect();
  return client;
}

describe('a build that was asked for', () => {
  it('is a row with a number and a queued task, whatever else its writer sent', async () => {
    const first = await newBuild();
    const second = await newBuild();
    const [a, b] = [await buildOf(first.build), await buildOf(second.build)];
    expect(b.number - a.number).toBe(1);
    expect(a).toMatchObject({ status: 'queued', task_id: first.task, requested_by: world.member, complete: true });
    const [task] = await owned('select type, status, build_id from public.tasks where id = $1', [first.task]);
    expect(task).toEqual({ type: 'build', status: 'queued', build_id: first.build });
    expect(await owned('select kind from private.outbox where task_id = $1', [first.task])).toEqual([
      { kind: 'task.dispatch' },
    ]);
    const forged = database.as(asUser(world.member), (client) =>
      client.query(
        `insert into public.builds (account_id, project_id, ref, status, complete) values ($1, $2, 'main', 'succeeded', true)`,
        [world.account, world.project],
      ),
    );
    await expect(forged).rejects.toMatchObject({ code: '42501' });
    const outside = database.as(asUser(world.outsider), (client) =>
      client.query(`insert into public.builds (account_id, project_id, ref) values ($1, $2, 'main')`, [
        world.otherAccount,
        world.project,
      ]),
    );
    await expect(outside).rejects.toMatchObject({ code: '23503' });
  });

  it('gets its numbers without a gap or a double, also from many at the same moment', async () => {
    const { project } = await newPlace('numbers');
    const made = await Promise.all(Array.from({ length: 12 }, () => newBuild(project)));
    expect(made).toHaveLength(12);
    const numbers = await owned('select number from public.builds where project_id = $1 order by 1', [project]);
    expect(numbers.map(({ number }) => number)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  });

  it('goes where its task goes', async () => {
    const { build, task } = await newBuild();
    await start(task);
    expect((await buildOf(build)).status).toBe('running');
    await call('finish_task', task, 1, 'queued', null, '[]', '{}');
    expect((await buildOf(build)).status).toBe('queued');
    await start(task);
    await call('finish_task', task, 2, 'failed', JSON.stringify({ code: 'x', message: 'm' }), '[]', '{}');
    expect(await buildOf(build)).toMatchObject({ status: 'failed', failure: { code: 'x', message: 'm' } });
    const other = await newBuild();
    await database.as(asUser(world.member), (client) => client.query('select public.cancel_task($1)', [other.task]));
    expect((await buildOf(other.build)).status).toBe('cancelled');
  });

  it('builds in another attempt the commit that the first one found', async () => {
    const { build, task } = await newBuild();
    await start(task);
    await call('describe_build', task, 1, 'aaaa', '{"commit": null}');
    await call('describe_build', task, 1, 'bbbb', '{}');
    expect((await buildOf(build)).commit_sha).toBe('aaaa');
    await expect(call('describe_build', task, 2, 'cccc', '{}')).rejects.toMatchObject({ message: 'stale_attempt' });
  });

  it('is recorded once, with what was reserved only', async () => {
    const { build, task } = await newBuild();
    await start(task);
    const artifacts = [file('a'), file('b')];
    await expect(record(task, artifacts)).rejects.toMatchObject({ message: 'artifacts_not_reserved' });
    expect(await reserve(task, artifacts)).toEqual([]);
    const answer = await record(task, artifacts);
    expect(answer).toMatchObject({ id: build });
    expect(await record(task, [file('another')])).toEqual(answer);
    const kept = await owned('select path from public.build_artifacts where build_id = $1 order by 1', [build]);
    expect(kept).toEqual([{ path: 'a' }, { path: 'b' }]);
    expect(await buildOf(build)).toMatchObject({ size_bytes: '20', commit_sha: 'c0ffee' });
    const [manifest] = await owned(`select (private.get_document($1, 'build-manifests', $2)).value`, [
      world.account,
      build,
    ]);
    expect(manifest.value).toMatchObject({ commit: 'c0ffee', fileCount: 2, files: [{ path: 'a' }, { path: 'b' }] });
    await expect(record(task, artifacts, true, 2)).rejects.toMatchObject({ message: 'stale_attempt' });
  });

  it('reads credentials on behalf of who asked for it', async () => {
    await database.as(asService, (client) => client.query('select public.ensure_credentials_key()'));
    const [made] = await owned('insert into public.integrations (account_id, name) values ($1, $2) returning id', [
      world.account,
      'registry',
    ]);
    await database.as(asUser(world.admin), (client) =>
      client.query('select public.set_integration_secret($1, $2)', [made.id, 'secret of the registry']),
    );
    const { task } = await newBuild();
    await start(task);
    const values = await call('read_task_credentials', task, 1, ['registry']);
    expect(values).toEqual({ registry: 'secret of the registry' });
    const [entry] = await owned(
      `select actor_user_id from public.audit_log where action = 'read' and subject_id::text = $1::text`,
      [made.id],
    );
    expect(entry).toEqual({ actor_user_id: world.member });
  });
});

describe('a build that a deployment made on its way', () => {
  it('is recorded once and known to the deployment', async () => {
    const { deployment, task } = await world.deploy();
    await start(task);
    const artifacts = [file('x')];
    await reserve(task, artifacts);
    const answers = await Promise.all([record(task, artifacts), record(task, artifacts)]);
    expect(answers[0]).toEqual(answers[1]);
    const [row] = await owned('select build_id, origin from public.deployments where id = $1', [deployment]);
    expect(row).toEqual({ build_id: answers[0].id, origin: 'ref' });
    expect(await buildOf(answers[0].id)).toMatchObject({ status: 'succeeded', deployment_id: deployment });
    const read = await call('task_build', task, 1);
    expect(read.artifacts).toMatchObject([{ path: 'x', sizeBytes: 10, executable: false }]);
  });
});

describe('what cannot be deployed', () => {
  it('is refused when it is asked for', async () => {
    const queued = await newBuild();
    await expect(deploy(queued.build)).rejects.toMatchObject({ message: 'build_not_deployable' });
    const sourceOnly = await succeeded(world.project, [file('a')], false);
    const refused = deploy(sourceOnly);
    await expect(refused).rejects.toMatchObject({ code: 'PT409', message: 'build_without_artifacts' });
    await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining('artifacts:') });
    const gone = await succeeded();
    await owned(`update public.builds set status = 'expired' where id = $1`, [gone]);
    await expect(deploy(gone)).rejects.toMatchObject({ message: 'build_expired' });
  });

  it('is refused to a second try too', async () => {
    const build = await succeeded();
    const deployment = await deploy(build);
    const [{ task_id: task }] = await owned('select task_id from public.deployments where id = $1', [deployment]);
    await database.as(asUser(world.member), (client) => client.query('select public.cancel_task($1)', [task]));
    await owned(`update public.builds set status = 'expired' where id = $1`, [build]);
    const again = database.as(asUser(world.member), (client) =>
      client.query('select public.retry_deployment($1)', [deployment]),
    );
    await expect(again).rejects.toMatchObject({ message: 'build_expired' });
  });
});

describe('retention', () => {
  const expire = () => call('expire_builds', 200);
  const statusOf = async (id: string): Promise<string> => (await buildOf(id)).status;

  it('takes what is old, and nothing that somebody may need', async () => {
    const { project, environment } = await newPlace('retained');
    const into = (build: string, status = 'succeeded', to = environment) =>
      database.owner
        .query(
          `insert into public.deployments (account_id, project_id, environment_id, build_id) values ($1, $2, $3, $4) returning id`,
          [world.account, project, to, build],
        )
        .then(async ({ rows }) => {
          const stages = ['checkout', 'build', 'validate', 'deploy', 'verify'];
          for (const move of status === 'queued' ? [] : ['running', status])
            await owned(
              `update public.deployments set finished_at = clock_timestamp(), rollback_status = 'skipped', ${stages.map((stage) => `${stage}_status = '${move}'`).join(', ')} where id = $1`,
              [rows[0].id],
            );
        });
    const release = async (build: string, ...statuses: string[]) => {
      const [made] = await owned(`insert into public.releases (account_id, name) values ($1, $2) returning id`, [
        world.account,
        `r-${randomBytes(4).toString('hex')}`,
      ]);
      await owned(
        'insert into public.release_builds (release_id, account_id, project_id, build_id) values ($1, $2, $3, $4)',
        [made.id, world.account, project, build],
      );
      for (const to of statuses) await owned('update public.releases set status = $2 where id = $1', [made.id, to]);
    };
    const make = () => succeeded(project);
    const unneeded = await make();
    const released = await make();
    await release(released);
    const finalized = await make();
    await release(finalized, 'in_progress', 'finalized');
    const aborted = await make();
    await release(aborted, 'aborted');
    const waiting = await make();
    await into(waiting, 'queued');
    const failed = await make();
    await into(failed, 'failed');
    // Eleven successes: an environment goes back to the newest ten of them.
    const eleven = [];
    for (let index = 0; index < 11; index += 1) {
      const build = await make();
      await into(build);
      eleven.push(build);
    }
    const newest = [];
    for (let index = 0; index < 10; index += 1) newest.push(await make());
    for (const build of [unneeded, released, finalized, aborted, waiting, failed, ...eleven, ...newest])
      await age(build);
    const young = await make();
    await age(young, 89);
    // The eleventh newest of the project now, and old.
    const [eleventh] = newest;

    expect(await expire()).toMatchObject({ builds: 5 });
    const gone = [unneeded, aborted, failed, eleven[0], eleventh];
    for (const build of gone) expect(await statusOf(build ?? '')).toBe('expired');
    for (const build of [released, finalized, waiting, ...eleven.slice(1), ...newest.slice(1), young])
      expect(await statusOf(build)).toBe('succeeded');
    expect(await owned('select 1 from public.build_artifacts where build_id = any($1)', [gone])).toEqual([]);
    expect(await expire()).toMatchObject({ builds: 0 });
  });

  it('leaves a build that is being deployed at that moment, and what it has taken is not deployed', async () => {
    const { project, environment } = await newPlace('raced');
    const insert = `insert into public.deployments (account_id, project_id, environment_id, build_id) values ($1, $2, $3, $4)`;
    const values = (build: string) => [world.account, project, environment, build];
    const builds = [];
    for (let index = 0; index < 12; index += 1) builds.push(await succeeded(project));
    for (const build of builds) await age(build);
    const [first = '', second = ''] = builds;
    const [one, other] = [await session(), await session()];
    try {
      await one.query('begin');
      await one.query(insert, values(first));
      expect(await expire()).toMatchObject({ builds: 1 });
      expect([await statusOf(first), await statusOf(second)]).toEqual(['succeeded', 'expired']);
      await one.query('rollback');

      await other.query('begin');
      await other.query('select public.expire_builds(200)');
      const asked = one.query(insert, values(first));
      const refused = expect(asked).rejects.toMatchObject({ message: 'build_expired' });
      await waitFor(
        async () =>
          (await owned(`select 1 from pg_locks where not granted and locktype in ('transactionid', 'tuple')`)).length >
          0,
        { timeoutMs: 20_000, what: 'the deployment to wait for the build' },
      );
      await other.query('commit');
      await refused;
    } finally {
      await one.end();
      await other.end();
    }
  });
});

describe('contents that nobody needs', () => {
  const claim = async (found: string[] = [], grace = 0, run: string = randomUUID()) => {
    const { rows } = await database.as(asService, (client) =>
      client.query('select digest from public.claim_artifact_removals($1, $2, $3, 1000)', [run, found, grace]),
    );
    return { run, digests: rows.map(({ digest }) => String(digest)) };
  };
  const finished = (run: string, digests: string[]) => call('finish_artifact_removals', run, digests);

  it('are given to one run, which may delete them; who wants them again waits for its end', async () => {
    const artifact = file('gone', newDigest());
    const build = await succeeded(world.project, [artifact]);
    expect((await claim()).digests).not.toContain(artifact.digest);
    await owned('delete from public.build_artifacts where build_id = $1', [build]);
    expect((await claim([], 3_600)).digests).not.toContain(artifact.digest);
    const first = await claim();
    expect(first.digests).toContain(artifact.digest);
    expect((await claim()).digests).toEqual([]);

    const { task } = await newBuild();
    await start(task);
    expect(await reserve(task, [artifact, file('fresh')])).toEqual([artifact.digest]);
    await expect(record(task, [artifact])).rejects.toMatchObject({ message: 'artifacts_not_reserved' });
    expect(await finished(randomUUID(), first.digests)).toBe(0);
    expect(await finished(first.run, first.digests)).toBe(first.digests.length);
    expect(await reserve(task, [artifact])).toEqual([]);
    await record(task, [artifact]);
    expect((await claim([artifact.digest])).digests).not.toContain(artifact.digest);
  });

  it('are taken over from a run that was killed', async () => {
    const unknown = newDigest();
    const killed = await claim([unknown]);
    expect(killed.digests).toEqual([unknown]);
    expect((await claim()).digests).toEqual([]);
    await owned(`update private.artifacts set removal_since = now() - interval '3 minutes' where digest = $1`, [
      unknown,
    ]);
    const next = await claim();
    expect(next.digests).toEqual([unknown]);
    expect(await finished(killed.run, [unknown])).toBe(0);
    expect(await finished(next.run, [unknown])).toBe(1);
  });

  it('stay while a backup copies', async () => {
    const unknown = newDigest();
    const backup = await session();
    try {
      await backup.query(`select pg_advisory_lock(hashtext('sfp.artifacts'))`);
      expect((await claim([unknown])).digests).toEqual([]);
    } finally {
      await backup.end();
    }
    await waitFor(async () => (await claim([unknown])).digests.includes(unknown), {
      timeoutMs: 20_000,
      what: 'the end of the lock',
    });
  });

  it('are not taken from a build that is being recorded at that moment', async () => {
    const artifact = file('raced');
    const { task } = await newBuild();
    await start(task);
    await reserve(task, [artifact]);
    const recording = await session();
    try {
      await recording.query('begin');
      await recording.query('select public.record_build($1, 1, $2)', [
        task,
        JSON.stringify({ commitSha: 'c', complete: true, metadata: {}, artifacts: [artifact] }),
      ]);
      expect((await claim([artifact.digest])).digests).not.toContain(artifact.digest);
      await recording.query('commit');
    } finally {
      await recording.end();
    }
    expect((await claim([artifact.digest])).digests).not.toContain(artifact.digest);
  });

  it('reserve, record and claim at once: what is recorded is never claimed', async () => {
    const shared = Array.from({ length: 6 }, (_, index) => file(`f${index}`));
    let done = false;
    const claimed: string[] = [];
    const collecting = (async () => {
      while (!done) {
        const taken = await claim(shared.map(({ digest }) => digest));
        const kept = await owned('select digest from public.build_artifacts where digest = any($1)', [taken.digests]);
        expect(kept).toEqual([]);
        claimed.push(...taken.digests);
        await finished(taken.run, taken.digests);
      }
    })();
    const building = Array.from({ length: 6 }, async (_, index) => {
      const { build, task } = await newBuild();
      await start(task);
      for (;;) {
        while ((await reserve(task, shared)).length > 0);
        const recorded = await record(task, shared).catch((error: { message: string }) => {
          if (error.message !== 'artifacts_not_reserved') throw error;
        });
        if (recorded !== undefined) break;
      }
      // Some let go of them again, so that there is something to claim.
      if (index % 2 === 0) await owned('delete from public.build_artifacts where build_id = $1', [build]);
    });
    const built = Promise.all(building).finally(() => {
      done = true;
    });
    // Together: what a collector that failed has claimed would be waited for.
    await Promise.all([built, collecting]);
    const rows = await owned('select digest from private.artifacts where digest = any($1) and removal_run is null', [
      shared.map(({ digest }) => digest),
    ]);
    expect(rows).toHaveLength(shared.length);
  });
});
