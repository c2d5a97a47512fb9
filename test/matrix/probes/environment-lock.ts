import type { Probe } from './probe.ts';

const locks: Probe = (world) => ({ path: `/environments/${world.environment}/locks` });
const ofTicket: Probe = async (world, actor) => ({
  path: `/environments/${world.environment}/locks/${await world.newLock(actor)}`,
});

export const environmentLock = {
  'GET /environments/{id}/locks': locks,
  'POST /environments/{id}/locks': async (world, actor) => ({ ...(await locks(world, actor)), body: {} }),
  'GET /environments/{id}/locks/{ticket}': ofTicket,
  'PATCH /environments/{id}/locks/{ticket}': async (world, actor) => ({ ...(await ofTicket(world, actor)), body: {} }),
  'DELETE /environments/{id}/locks/{ticket}': ofTicket,
  'GET /locks/{ticket}': async (world, actor) => ({ path: `/locks/${await world.newLock(actor)}` }),
} satisfies Record<string, Probe>;
