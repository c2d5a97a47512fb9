import { worker } from './worker.ts';

/** Deployments and whatever else ends within minutes. */
export const workerStandard = worker('worker-standard', 'standard');
