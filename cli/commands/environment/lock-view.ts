import type { EnvironmentLock, HeldLock } from '../../../contracts/environment-lock.ts';
import { formatDuration } from '../../output/duration.ts';
import { fields } from '../../output/table.ts';

/** The point of time a person reads: minutes matter, and which day. */
export const moment = (at: string): string => at.slice(0, 16).replace('T', ' ');

export const whoOf = ({ holder }: EnvironmentLock): string =>
  `${holder.email ?? 'somebody'}${holder.taskId === null ? (holder.applicationTokenId === null ? '' : ' (token)') : ' (deployment)'}`;

/** One line: whose it is, why, until when. */
export const heldText = ({ email, taskId, reason, expiresAt }: HeldLock): string =>
  taskId === null
    ? `${email ?? 'somebody'}, until ${moment(expiresAt)}${reason === null ? '' : `: ${reason}`}`
    : `a deployment${email === null ? '' : ` of ${email}`} (task ${taskId})`;

export const waitText = ({ estimatedWaitSeconds }: EnvironmentLock): string =>
  estimatedWaitSeconds === null ? '' : `about ${formatDuration(estimatedWaitSeconds * 1_000)}`;

export const lockFields = (lock: EnvironmentLock) =>
  fields([
    ['ticket', lock.ticketId],
    ['status', lock.status],
    ['position', lock.position === 0 ? null : lock.position],
    ['wait', lock.status === 'waiting' ? waitText(lock) : null],
    ['reason', lock.reason],
    [
      lock.status === 'held' ? 'held until' : 'place kept until',
      lock.expiresAt === null ? null : moment(lock.expiresAt),
    ],
    ['ended', lock.endedAt === null ? null : moment(lock.endedAt)],
  ]);
