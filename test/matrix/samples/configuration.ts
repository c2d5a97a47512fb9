import type { World } from '../world.ts';
import { type Sample, slug } from './sample.ts';

const newProject = async (world: World): Promise<unknown> =>
  (
    await world.insert(
      `insert into public.projects (account_id, slug, name, repository_url) values ($1, $2, 'P', '/p') returning id`,
      [world.account, slug()],
    )
  ).id;

export const configuration = {
  projects: {
    existing: async (world) => ({
      id: (
        await world.insert(
          `insert into public.projects (account_id, slug, name, repository_url) values ($1, $2, 'P', '/p') returning id`,
          [world.account, slug()],
        )
      ).id,
    }),
    fresh: (world) => ({ account_id: world.account, slug: slug(), name: 'P', repository_url: '/p' }),
    patch: { name: 'Renamed' },
  },
  environments: {
    existing: async (world) => ({
      id: (
        await world.insert(
          `insert into public.environments (project_id, slug, name) values ($1, $2, 'E') returning id`,
          [world.project, slug()],
        )
      ).id,
    }),
    fresh: (world) => ({ account_id: world.account, project_id: world.project, slug: slug(), name: 'E' }),
    patch: { name: 'Renamed' },
  },
  platform_associations: {
    existing: async (world) => ({ id: await world.newAssociation() }),
    fresh: (world) => ({
      account_id: world.account,
      project_id: world.project,
      host: 'github',
      host_url: 'https://github.com',
      repository: `acme/${slug()}`,
    }),
    patch: { status: 'disabled' },
  },
  settings: {
    existing: async (world) => {
      const project = await newProject(world);
      return { account_id: world.account, project_id: project };
    },
    fresh: async (world) => {
      const project = await newProject(world);
      await world.insert('delete from public.settings where project_id = $1 returning id', [project]);
      return { account_id: world.account, project_id: project };
    },
    patch: { entries: { artifactRetentionDays: 7 } },
  },
  integrations: {
    existing: async (world) => ({ id: await world.newIntegration() }),
    fresh: (world) => ({ account_id: world.account, project_id: world.project, name: slug() }),
    patch: { enabled: false },
  },
} satisfies Record<string, Sample>;
