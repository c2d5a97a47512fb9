import { persist } from '../../store/persist.ts';
import { StaleAttempt } from '../../store/task-store.ts';
import type { TaskRun } from '../task-run.ts';

/** A call that only the running attempt may make; a refusal means that another one has taken over. */
export const ownCall = <Output>(run: TaskRun, call: () => Promise<Output>): Promise<Output> =>
  persist(call, run.signal).catch((error: unknown) => {
    if (error instanceof StaleAttempt) run.interrupt('lost', error);
    throw error;
  });
