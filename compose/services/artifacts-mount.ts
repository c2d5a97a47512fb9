import type { Mount } from '../service.ts';

/** The artifact store: workers fill it and read it, the API server reads it and lets go of what nobody needs. */
export const artifactsMount: Mount = { volume: 'artifacts', target: '/artifacts' };
