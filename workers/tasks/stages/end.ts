import type { StageStatus } from '../../../contracts/deployment.ts';
import type { Failure } from '../../../contracts/error.ts';
import type { TaskEnd } from '../../store/task-store.ts';
import { type InterruptionKind, interruptionOf } from '../interruption.ts';
import type { StageContext } from './stage-context.ts';

/** What becomes of the running stage, of the stages that wait, and of the task. */
interface Ending {
  running: StageStatus;
  waiting: StageStatus | undefined;
  status: TaskEnd['status'];
}

const failed: Ending = { running: 'failed', waiting: 'skipped', status: 'failed' };

const endings: Record<InterruptionKind, Ending> = {
  cancel: { running: 'cancelled', waiting: 'cancelled', status: 'cancelled' },
  drain: { running: 'pending', waiting: undefined, status: 'queued' },
  // Nothing of it is written: whoever took over decides.
  lost: { running: 'pending', waiting: undefined, status: 'queued' },
  engine: failed,
  timeout: failed,
};

/** Settles the stages of a task that did not get to its end, and says how it ends. */
export function endOf(context: StageContext, failure: Failure): TaskEnd {
  const { ledger, run } = context;
  const interruption = interruptionOf(run.signal);
  const ending = interruption === undefined ? failed : endings[interruption.kind];
  const running = ledger.running;
  if (running !== undefined) ledger.move(running, ending.running, ending.running === 'failed' ? failure : undefined);
  // It failed between two stages: without a failed one the skipped rest would read as a success.
  if (ending.status === 'failed' && !ledger.hasFailed && ledger.next !== undefined) ledger.fail(ledger.next, failure);
  if (ending.status === 'cancelled' && ledger.next === undefined) return { status: 'succeeded' };
  if (ending.waiting !== undefined) {
    ledger.moveWaiting(ending.waiting, ['rollback']);
    ledger.moveWaiting('skipped');
  }
  if (ending.status !== 'failed') return { status: ending.status };
  return { status: 'failed', failure, patch: { failure } };
}
