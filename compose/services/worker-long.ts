import { worker } from './worker.ts';

/** Tasks that may take hours, so that they take no place from the others. */
export const workerLong = worker('worker-long', 'long');
