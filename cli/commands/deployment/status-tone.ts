import type { DeploymentStatus } from '../../../contracts/deployment.ts';
import type { Tone } from '../../output/style.ts';

export const deploymentTone: Record<DeploymentStatus, Tone | undefined> = {
  pending: 'dim',
  awaiting_approval: 'yellow',
  queued: 'dim',
  running: 'cyan',
  rolling_back: 'yellow',
  succeeded: 'green',
  failed: 'red',
  rolled_back: 'yellow',
  cancelled: 'yellow',
  rejected: 'red',
  expired: 'yellow',
};
