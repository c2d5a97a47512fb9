import type { TaskEnd } from '../store/task-store.ts';
import type { TaskRun } from './task-run.ts';

/** Does nothing, through every layer: how `start` and `update` prove that work runs. */
export async function runNoop(run: TaskRun): Promise<TaskEnd> {
  run.events.say('note', { text: 'Nothing to do: this task proves that work runs.' }, { progress: { percent: 100 } });
  return { status: 'succeeded' };
}
