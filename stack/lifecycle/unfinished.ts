import { type Failure, SfpError } from '../../contracts/error.ts';
import { assertNoRestore } from '../backup/restore-plan.ts';
import type { StackLayout } from '../layout.ts';
import { lockHolder } from '../lock.ts';
import { assertNoRotation } from './rotate/rotation.ts';
import { assertNoUpdate } from './update/update-plan.ts';

/** Each refuses a stack that a command has left between two states, and says which command finishes it. */
const refusals: readonly ((layout: StackLayout) => void)[] = [assertNoRestore, assertNoUpdate, assertNoRotation];

/** The command that was interrupted in a stack and has to be finished; null when there is none, or when it is at work. */
export function unfinishedWork(layout: StackLayout): Failure | null {
  if (lockHolder(layout.lockFile) !== null) return null;
  for (const refuse of refusals) {
    try {
      refuse(layout);
    } catch (error) {
      if (error instanceof SfpError) return error.toFailure();
      throw error;
    }
  }
  return null;
}
