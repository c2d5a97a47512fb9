import type { Release } from './release.ts';
import { compareVersions } from './version-order.ts';

/** The versions that an update from one to another passes: without the first, with the last. */
export const releasesBetween = (releases: readonly Release[], from: string, to: string): Release[] =>
  releases.filter(({ version }) => compareVersions(version, from) > 0 && compareVersions(version, to) <= 0);

/** The version that has to be installed before `to` can be; null when the way is free. */
export const requiredStop = (releases: readonly Release[], from: string, to: string): Release | null =>
  releasesBetween(releases, from, to).find(
    ({ requiredStop: stop, version }) => stop && compareVersions(version, to) < 0,
  ) ?? null;
