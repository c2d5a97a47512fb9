import { anyVersion, of, type Probe, slug } from './probe.ts';

export const configuration = {
  'GET /projects': (world) => ({ item: ({ id }) => id === world.project }),
  'POST /projects': (world) => ({ body: { accountId: world.account, slug: slug(), repositoryUrl: '/p' } }),
  'GET /projects/{idOrSlug}': (world) => ({ path: `/projects/${world.project}` }),
  'PATCH /projects/{idOrSlug}': (world) => ({
    path: `/projects/${world.project}`,
    headers: anyVersion,
    body: { name: 'Renamed' },
  }),
  'GET /projects/{idOrSlug}/environments': (world) => ({
    path: `/projects/${world.project}/environments`,
    item: ({ id }) => id === world.environment,
  }),
  'POST /projects/{idOrSlug}/environments': (world) => ({
    path: `/projects/${world.project}/environments`,
    body: { slug: slug() },
  }),
  'GET /environments/{id}': (world) => ({ path: `/environments/${world.environment}` }),
  'PATCH /environments/{id}': (world) => ({
    path: `/environments/${world.environment}`,
    headers: anyVersion,
    body: { name: 'Renamed' },
  }),
  'GET /integrations': async (world) => {
    const id = await world.newIntegration();
    return { path: of(world, '/integrations'), item: (item) => item.id === id };
  },
  'POST /integrations': (world) => ({ body: { project: world.project, name: slug() } }),
  'GET /integrations/{id}': async (world) => ({ path: `/integrations/${await world.newIntegration()}` }),
  'PATCH /integrations/{id}': async (world) => ({
    path: `/integrations/${await world.newIntegration()}`,
    headers: anyVersion,
    body: { enabled: false },
  }),
  'DELETE /integrations/{id}': async (world) => ({ path: `/integrations/${await world.newIntegration()}` }),
  'PUT /integrations/{id}/secret': async (world) => ({
    path: `/integrations/${await world.newIntegration()}/secret`,
    headers: anyVersion,
    body: { value: 'a new secret' },
  }),
} satisfies Record<string, Probe>;
