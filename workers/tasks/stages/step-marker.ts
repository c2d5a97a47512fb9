import { createHash } from 'node:crypto';

/** The common part of the markers of all steps of one worker: a new worker finds by it what a killed one left behind. */
export const stepMarker = (workerDirectory: string): string =>
  `${createHash('sha256').update(workerDirectory).digest('hex').slice(0, 16)}-`;
