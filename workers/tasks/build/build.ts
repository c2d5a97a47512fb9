import type { TaskEnd } from '../../store/task-store.ts';
import type { TaskRun } from '../task-run.ts';

/** Builds one commit of a project: the task type `build`. */
export async function runBuild(_run: TaskRun): Promise<TaskEnd> {
  return { status: 'failed', failure: { code: 'not_built', message: 'This worker cannot build yet.' } };
}
