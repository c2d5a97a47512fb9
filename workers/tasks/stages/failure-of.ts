import { type Failure, SfpError } from '../../../contracts/error.ts';
import { outOfSpace } from '../../workspace/git.ts';
import { interruptionOf } from '../interruption.ts';
import type { TaskRun } from '../task-run.ts';

/** What is written of an error: its own words when it has some for people. */
export function failureOf(error: unknown, run: TaskRun): Failure {
  if (error instanceof SfpError) return error.toFailure();
  const known = outOfSpace(error) ?? interruptionOf(run.signal);
  if (known instanceof SfpError) return known.toFailure();
  if (known !== undefined) return { code: `task_${known.kind}`, message: known.message };
  run.log.error({ err: error }, "a task failed for a reason that is no project's");
  return {
    code: 'internal',
    message: 'The worker failed.',
    detail: error instanceof Error ? error.message : String(error),
    suggestion: "Look in the worker's log, then retry.",
  };
}
