import { anyVersion, of, type Probe, slug } from './probe.ts';

export const configuration = {
  // The newest: the list comes in pages, and the matrix makes many.
  'GET /projects': async (world) => {
    const sql = `insert into public.projects (account_id, slug, name, repository_url) values ($1, $2, 'P', '/p') returning id`;
    const made = await world.insert(sql, [world.account, slug()]);
    return { item: ({ id }) => id === made.id };
  },
  'POST /projects': (world) => ({ body: { accountId: world.account, slug: slug(), repositoryUrl: '/p' } }),
  'GET /projects/{idOrSlug}': (world) => ({ path: `/projects/${world.project}` }),
  'PATCH /projects/{idOrSlug}': (world) => ({
    path: `/projects/${world.project}`,
    headers: anyVersion,
    body: { name: 'Renamed' },
  }),
  'GET /projects/{idOrSlug}/environments': async (world) => {
    const sql = `insert into public.environments (project_id, slug, name) values ($1, $2, 'E') returning id`;
    const made = await world.insert(sql, [world.project, slug()]);
    return { path: `/projects/${world.project}/environments`, item: ({ id }) => id === made.id };
  },
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
  'GET /projects/{idOrSlug}/associations': async (world) => {
    const id = await world.newAssociation();
    return { path: `/projects/${world.project}/associations`, item: (item) => item.id === id };
  },
  'POST /projects/{idOrSlug}/associations': (world) => ({
    path: `/projects/${world.project}/associations`,
    body: { host: 'github', repository: `acme/${slug()}` },
  }),
  'GET /associations/{id}': async (world) => ({ path: `/associations/${await world.newAssociation()}` }),
  'PATCH /associations/{id}': async (world) => ({
    path: `/associations/${await world.newAssociation()}`,
    headers: anyVersion,
    body: { status: 'disabled' },
  }),
  'DELETE /associations/{id}': async (world) => ({ path: `/associations/${await world.newAssociation()}` }),
  'GET /projects/{idOrSlug}/settings': (world) => ({ path: `/projects/${world.project}/settings` }),
  'PATCH /projects/{idOrSlug}/settings': (world) => ({
    path: `/projects/${world.project}/settings`,
    headers: anyVersion,
    body: { artifactRetentionDays: 30 },
  }),
  'GET /settings': (world) => ({ path: of(world, '/settings') }),
  'PATCH /settings': (world) => ({
    path: of(world, '/settings'),
    headers: anyVersion,
    body: { artifactRetentionDays: 60 },
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
