/** The images that a stack of containers is made of; server.json may name another for each. */
export const imageNames = ['db', 'auth', 'rest', 'realtime', 'kong', 'hatchet', 'edge', 'platform'] as const;
export type ImageName = (typeof imageNames)[number];
