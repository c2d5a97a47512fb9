import { type Sample, slug } from './sample.ts';

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
  integrations: {
    existing: async (world) => ({ id: await world.newIntegration() }),
    fresh: (world) => ({ account_id: world.account, project_id: world.project, name: slug() }),
    patch: { enabled: false },
  },
} satisfies Record<string, Sample>;
