import type { BuildStatus } from '../../../contracts/build.ts';
import type { Tone } from '../../output/style.ts';

export const buildTone: Record<BuildStatus, Tone | undefined> = {
  queued: 'dim',
  running: 'cyan',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'yellow',
  expired: 'dim',
};
