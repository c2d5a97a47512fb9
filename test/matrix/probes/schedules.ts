import { anyVersion, type Probe, slug } from './probe.ts';

export const schedules = {
  'GET /projects/{idOrSlug}/schedules': async (world) => {
    const id = await world.newSchedule();
    return { path: `/projects/${world.project}/schedules`, item: (item) => item.id === id };
  },
  'POST /projects/{idOrSlug}/schedules': (world) => ({
    path: `/projects/${world.project}/schedules`,
    body: { name: slug(), environment: world.environment, cron: '0 0 1 1 *' },
  }),
  'GET /schedules/{id}': async (world) => ({ path: `/schedules/${await world.newSchedule()}` }),
  'PATCH /schedules/{id}': async (world) => ({
    path: `/schedules/${await world.newSchedule()}`,
    headers: anyVersion,
    body: { enabled: false },
  }),
  'DELETE /schedules/{id}': async (world) => ({ path: `/schedules/${await world.newSchedule()}` }),
  'POST /schedules/{id}/run': async (world) => ({ path: `/schedules/${await world.newSchedule()}/run` }),
  'GET /schedules/{id}/runs': async (world) => ({ path: `/schedules/${await world.newSchedule()}/runs` }),
} satisfies Record<string, Probe>;
