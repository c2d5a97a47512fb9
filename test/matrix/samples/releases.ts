import { randomBytes } from 'node:crypto';
import type { World } from '../world.ts';
import { newBuild } from './builds.ts';
import { type Sample, slug } from './sample.ts';

export const releaseName = (): string => `v-${randomBytes(6).toString('hex')}`;

/** A build that succeeded. */
export async function newDeployableBuild(world: World): Promise<string> {
  const build = await newBuild(world);
  await succeed(world, build);
  return build;
}
async function succeed(world: World, build: string): Promise<void> {
  for (const status of ['running', 'succeeded']) {
    await world.insert('update public.builds set status = $2 where id = $1 returning id', [build, status]);
  }
}

const emptyRelease = async (world: World): Promise<string> => {
  const sql = 'insert into public.releases (account_id, name) values ($1, $2) returning id';
  return (await world.insert(sql, [world.account, releaseName()])).id ?? '';
};

/** A pending release with a build of the world's project. */
export async function newRelease(world: World): Promise<string> {
  const release = await emptyRelease(world);
  const sql = 'insert into public.release_builds (release_id, build_id) values ($1, $2) returning id';
  await world.insert(sql, [release, await newDeployableBuild(world)]);
  return release;
}

/** One whose only deployment was a success. */
export async function newDeployedRelease(world: World): Promise<string> {
  const release = await newRelease(world);
  await deploy(world, world.environment, 'release_id', release);
  return release;
}

async function deploy(world: World, environment: string, column: 'build_id' | 'release_id', of: string): Promise<void> {
  const sql = `insert into public.deployments (environment_id, ${column}) values ($1, $2) returning task_id`;
  const { task_id } = await world.insert(sql, [environment, of]);
  await world.insert(`select public.start_task($1, 'run', 'worker', 60)`, [task_id]);
  await world.insert(`select public.finish_task($1, 1, 'succeeded', null, '[]', '{}')`, [task_id]);
}

/** An environment of the world's project to which a build was deployed with success, and then another one. */
export async function newDeployed(world: World): Promise<{ id: string; slug: string }> {
  const name = slug();
  const { id = '' } = await world.insert(
    `insert into public.environments (project_id, slug, name) values ($1, $2, $2) returning id`,
    [world.project, name],
  );
  for (const build of [await newDeployableBuild(world), await newDeployableBuild(world)]) {
    await deploy(world, id, 'build_id', build);
  }
  return { id, slug: name };
}

/** What an update puts in: the same for everybody. */
const another = '00000000-0000-4000-8000-00000000b111';
async function ensureAnother(world: World): Promise<void> {
  const { rows } = await world.stack.owner.query('select 1 from public.builds where id = $1', [another]);
  if (rows.length > 0) return;
  const values = [another, world.project];
  await world.insert(`insert into public.builds (id, project_id, ref) values ($1, $2, 'main') returning id`, values);
  await succeed(world, another);
}

export const releases = {
  releases: {
    existing: async (world) => ({ id: await newRelease(world) }),
    fresh: (world) => ({ account_id: world.account, name: releaseName() }),
    patch: { description: 'changed' },
  },
  release_builds: {
    existing: async (world) => {
      await ensureAnother(world);
      return { release_id: await newRelease(world) };
    },
    fresh: async (world) => ({
      release_id: await emptyRelease(world),
      account_id: world.account,
      project_id: world.project,
      build_id: await newDeployableBuild(world),
    }),
    patch: { build_id: another },
  },
} satisfies Record<string, Sample>;
