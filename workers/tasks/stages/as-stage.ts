import type { Stage } from '../../../contracts/deployment.ts';
import { interruptionOf } from '../interruption.ts';
import { failureOf } from './failure-of.ts';
import type { StageContext } from './stage-context.ts';

/** Marks the stage failed when `work` fails for a reason of its own; one that is finished hands that to the stage behind it. */
export async function asStage<Output>(
  context: StageContext,
  stage: Stage,
  work: () => Promise<Output>,
): Promise<Output> {
  try {
    return await work();
  } catch (error) {
    if (interruptionOf(context.run.signal) === undefined) {
      const failing = context.ledger.isSettled(stage) ? (context.ledger.next ?? stage) : stage;
      context.ledger.fail(failing, failureOf(error, context.run));
    }
    throw error;
  }
}
