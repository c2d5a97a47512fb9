import type { Deployment, DeploymentStatus } from '../../contracts/deployment.ts';
import type { Task, TaskStatus } from '../../contracts/task.ts';
import type { ExitCode } from '../exit-code.ts';
import { exitCodes } from '../exit-code.ts';

/** How watching ended. `rejected`, `expired`: it was never begun. `detached`: the person left, the task goes on. */
export type WatchOutcome =
  | Extract<TaskStatus, 'succeeded' | 'failed' | 'cancelled'>
  | Extract<DeploymentStatus, 'rejected' | 'expired'>
  | 'detached';

export interface WatchResult {
  outcome: WatchOutcome;
  exitCode: ExitCode;
  /** As it was when watching ended. */
  task: Task;
  /** Null for a task that is not a deployment. */
  deployment: Deployment | null;
}

export const outcomeExitCodes: Record<WatchOutcome, ExitCode> = {
  succeeded: exitCodes.ok,
  failed: exitCodes.failed,
  cancelled: exitCodes.cancelled,
  rejected: exitCodes.failed,
  expired: exitCodes.failed,
  detached: exitCodes.cancelled,
};
