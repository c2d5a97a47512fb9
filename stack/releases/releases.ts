import type { Release } from './release.ts';

/** Every version, oldest first; the last one is this one (a test compares it with package.json). */
export const releases: readonly Release[] = [
  {
    version: '0.1.0',
    schemaVersion: 42,
    notes: ['The first version.'],
    breaking: [],
    requiredStop: false,
  },
];
