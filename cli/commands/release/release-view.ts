import type { Release, ReleaseStatus } from '../../../contracts/release.ts';
import type { Tone } from '../../output/style.ts';

export const statusTone: Record<ReleaseStatus, Tone> = {
  pending: 'dim',
  in_progress: 'cyan',
  finalized: 'green',
  aborted: 'yellow',
};

/** `site 12, worker 3` */
export const buildsText = ({ builds }: Release): string =>
  builds.map(({ project, number }) => `${project} ${number}`).join(', ');

/** What a command that changed a release says. */
export const releaseLine = (release: Release): string =>
  `${[release.name, release.status, `version ${release.version}`, buildsText(release)].filter((text) => text !== '').join('  ')}\n`;
