import { newBuild, newKeptFile } from '../samples/builds.ts';
import { ofAccount, type Probe } from './probe.ts';

export const builds = {
  'GET /builds': async (world) => {
    await newBuild(world);
    return { item: ofAccount(world) };
  },
  'POST /builds': (world) => ({ body: { project: world.project, ref: 'main' } }),
  'GET /builds/{id}': async (world) => ({ path: `/builds/${await newBuild(world)}` }),
  'POST /builds/{id}/cancel': async (world) => ({ path: `/builds/${await newBuild(world)}/cancel` }),
  'GET /builds/{id}/artifacts': async (world) => {
    const kept = await newKeptFile(world);
    return { path: `/builds/${kept.build_id}/artifacts`, item: ({ path }) => path === kept.path };
  },
  // Whoever may have it is told that the store lost it.
  'GET /builds/{id}/artifacts/{path}': async (world) => {
    const { build_id, path } = await newKeptFile(world);
    return { path: `/builds/${build_id}/artifacts/${path}`, also: [500] };
  },
} satisfies Record<string, Probe>;
