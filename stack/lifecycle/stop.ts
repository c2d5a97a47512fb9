import { lockStack } from '../lock.ts';
import type { StackRuntime } from '../runtime.ts';
import { openStack, type Stack } from '../stack.ts';
import { type Progress, runSteps } from './step.ts';

export interface StopOptions {
  baseDir: string;
  tenant: string;
  runtimeFor(stack: Stack): StackRuntime;
  progress: Progress;
}

/** Stops a stack: workers drain first, the database ends last. A stack that does not run is left as it is. */
export async function stopStack({ baseDir, tenant, runtimeFor, progress }: StopOptions): Promise<Stack> {
  const stack = openStack(baseDir, tenant);
  const { layout } = stack;
  const lock = lockStack(layout.lockFile, tenant, 'sfp server stop');
  try {
    const runtime = runtimeFor(stack);
    await runSteps(
      'stop',
      layout.journalFile,
      [{ name: 'stop', title: 'Stop the stack', run: (_context, report) => runtime.stop(stack, { report }) }],
      undefined,
      progress,
    );
    return stack;
  } finally {
    lock.release();
  }
}
