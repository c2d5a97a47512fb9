import type { StageStatus } from '../../contracts/deployment.ts';
import type { TaskStatus } from '../../contracts/task.ts';
import type { Tone } from '../output/style.ts';
import type { StageState, WatchModel } from './model.ts';

interface Mark {
  sign: string;
  tone: Tone;
}

export const stageMarks: Record<StageStatus, Mark> = {
  pending: { sign: '○', tone: 'dim' },
  running: { sign: '●', tone: 'cyan' },
  succeeded: { sign: '✓', tone: 'green' },
  failed: { sign: '✗', tone: 'red' },
  skipped: { sign: '–', tone: 'dim' },
  cancelled: { sign: '■', tone: 'yellow' },
};

export const taskMarks: Record<TaskStatus, Mark> = {
  waiting: { sign: '◌', tone: 'yellow' },
  queued: { sign: '○', tone: 'dim' },
  running: { sign: '●', tone: 'cyan' },
  succeeded: { sign: '✓', tone: 'green' },
  failed: { sign: '✗', tone: 'red' },
  cancelled: { sign: '■', tone: 'yellow' },
};

/** What became of a task that was ended before it began, by the code of its failure. */
export const refusals: Readonly<Record<string, 'rejected' | 'expired'>> = {
  deployment_rejected: 'rejected',
  approval_expired: 'expired',
};

/** The task's status for people: a failed one whose rollback succeeded is rolled back, one that nobody approved expired. */
export function statusText({ status, stages, failure }: Pick<WatchModel, 'status' | 'stages' | 'failure'>): string {
  if (status === 'waiting') return 'waiting for approval';
  if (status === 'cancelled') return refusals[failure?.code ?? ''] ?? status;
  return status === 'failed' && stages?.rollback.status === 'succeeded' ? 'rolled back' : status;
}

/** How long a stage has taken, or has been running at `now`; undefined when it did not run. */
export function stageDuration(state: StageState, now: number): number | undefined {
  if (state.durationMs !== undefined) return state.durationMs;
  return state.startedAt === undefined ? undefined : Math.max(0, now - state.startedAt);
}
