import { SfpError } from '../../contracts/error.ts';
import { assertNoRestore } from '../backup/restore-plan.ts';
import type { StackLayout } from '../layout.ts';
import { lockStack } from '../lock.ts';
import type { StackRuntime } from '../runtime.ts';
import { openStack, type Stack } from '../stack.ts';
import { updateState } from '../state.ts';
import { notInitialised } from './initialised.ts';
import { installCurrent, installedVersion } from './install-current.ts';
import { pendingPasswordSteps } from './rotate/pending-password.ts';
import { settledStack, tellRotation } from './rotate/settled-stack.ts';
import { type Progress, runSteps, type Step } from './step.ts';
import { assertNoUpdate } from './update/update-plan.ts';

export interface StartOptions {
  baseDir: string;
  tenant: string;
  runtimeFor(stack: Stack): StackRuntime;
  platformVersion: string;
  signal: AbortSignal;
  progress: Progress;
}

interface StartContext extends StartOptions {
  stack: Stack;
}

export const startSteps: readonly Step<StartContext>[] = [
  {
    name: 'install',
    title: 'Bring what is installed in line with the settings',
    run: ({ runtimeFor, stack, platformVersion }, report) =>
      installCurrent(runtimeFor(stack), stack, { platformVersion, report }),
  },
  {
    name: 'start',
    title: 'Start the stack',
    run: ({ runtimeFor, stack, signal }, report) => runtimeFor(stack).start(stack, { signal, report }),
  },
  {
    name: 'stamp',
    title: 'Record that it is healthy',
    async run({ stack, platformVersion }) {
      const version = installedVersion(stack, platformVersion);
      updateState(stack.layout, version, { lastHealthyAt: new Date().toISOString(), lastHealthyVersion: version });
    },
  },
];

/** @throws SfpError `stack_incomplete` or `stack_only_rendered` when init has never come to its end. */
export function assertInitialised(layout: StackLayout): void {
  const problem = notInitialised(layout);
  if (problem !== null) throw new SfpError(problem);
}

/** Starts an initialised stack and waits until it is healthy. One that runs already is left as it is. */
export async function startStack(options: StartOptions): Promise<Stack> {
  const { layout } = openStack(options.baseDir, options.tenant);
  assertInitialised(layout);
  const lock = lockStack(layout.lockFile, layout.tenant, 'sfp server start');
  try {
    assertNoRestore(layout);
    assertNoUpdate(layout);
    const stack = settledStack(options, options.progress.info);
    tellRotation(layout, options.progress.info);
    const context: StartContext = { ...options, stack };
    const steps = [...pendingPasswordSteps(stack), ...startSteps];
    await runSteps('start', layout.journalFile, steps, context, options.progress);
    return context.stack;
  } finally {
    lock.release();
  }
}
