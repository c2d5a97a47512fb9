import { SfpError } from '../contracts/error.ts';
import type { Report } from '../stack/runtime.ts';
import { serverCommand } from '../stack/server-command.ts';
import type { Stack } from '../stack/stack.ts';
import { askDrain } from './supervisor/control-client.ts';
import { supervisorOf } from './supervisor/place.ts';
import { supervisorPid } from './supervisor-process.ts';

const workers = ['worker-standard', 'worker-long'] as const;

/** Ends the workers, which finish or hand back what they do, and leaves them ended until a start or a restart. */
export async function drainWorkers(
  stack: Stack,
  { signal, report }: { signal: AbortSignal; report: Report },
): Promise<void> {
  try {
    report('workers finish or hand back what they do');
    if (await hold(stack, workers, signal)) return;
    report('nobody can drain them now; the stop of the stack does');
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new SfpError({
      code: 'cancelled',
      message: 'Nobody waits for the workers any more; they end when they have finished.',
      suggestion: `Start them again: ${serverCommand(stack.layout, 'start')}`,
    });
  }
}

/** False when there is no supervisor that can do it: none at all, or one of a version that does not know how. */
export async function hold({ layout }: Stack, services: readonly string[], signal: AbortSignal): Promise<boolean> {
  if (supervisorPid(layout) === null) return false;
  try {
    await askDrain(supervisorOf(layout), services, signal);
    return true;
  } catch (error) {
    const code = error instanceof SfpError ? error.code : undefined;
    if (code === 'supervisor_outdated' || code === 'supervisor_gone') return false;
    throw error;
  }
}
