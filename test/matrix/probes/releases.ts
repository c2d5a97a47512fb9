import { newDeployableBuild, newDeployed, newDeployedRelease, newRelease, releaseName } from '../samples/releases.ts';
import { anyVersion, of, type Probe } from './probe.ts';

export const releases = {
  'GET /releases': async (world) => {
    const id = await newRelease(world);
    return { path: of(world, '/releases'), item: (item) => item.id === id };
  },
  'POST /releases': async (world) => {
    await newDeployableBuild(world);
    return { body: { name: releaseName(), builds: [{ project: world.project }] } };
  },
  'GET /releases/{idOrName}': async (world) => ({ path: `/releases/${await newRelease(world)}` }),
  'PATCH /releases/{idOrName}': async (world) => ({
    path: `/releases/${await newRelease(world)}`,
    headers: anyVersion,
    body: { description: 'changed' },
  }),
  'PUT /releases/{idOrName}/builds/{project}': async (world) => ({
    path: `/releases/${await newRelease(world)}/builds/${world.project}`,
    headers: anyVersion,
    body: { build: await newDeployableBuild(world) },
  }),
  'DELETE /releases/{idOrName}/builds/{project}': async (world) => ({
    path: `/releases/${await newRelease(world)}/builds/${world.project}`,
    headers: anyVersion,
  }),
  'POST /releases/{idOrName}/finalize': async (world) => ({
    path: `/releases/${await newDeployedRelease(world)}/finalize`,
    headers: anyVersion,
    body: {},
  }),
  'POST /releases/{idOrName}/abort': async (world) => ({
    path: `/releases/${await newRelease(world)}/abort`,
    headers: anyVersion,
    body: {},
  }),
  'GET /releases/{idOrName}/changelog': async (world) => ({ path: `/releases/${await newRelease(world)}/changelog` }),
  'GET /releases/{idOrName}/deployments': async (world) => ({
    path: `/releases/${await newDeployedRelease(world)}/deployments`,
    item: () => true,
  }),
  'POST /releases/{idOrName}/deployments': async (world) => ({
    path: `/releases/${await newRelease(world)}/deployments`,
    body: { environment: 'dev' },
  }),
  'GET /environments/{id}/deployed': async (world) => ({
    path: `/environments/${(await newDeployed(world)).id}/deployed`,
    item: () => true,
  }),
  'POST /promotions': async (world) => ({
    body: { project: world.project, from: (await newDeployed(world)).id, to: world.environment, again: true },
  }),
  'POST /rollbacks': async (world) => ({
    body: { project: world.project, environment: (await newDeployed(world)).slug },
  }),
} satisfies Record<string, Probe>;
