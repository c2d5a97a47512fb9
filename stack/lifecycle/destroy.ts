import { existsSync, rmSync } from 'node:fs';
import { SfpError } from '../../contracts/error.ts';
import { type StackLayout, stackLayout } from '../layout.ts';
import { lockStack } from '../lock.ts';
import type { StackRuntime } from '../runtime.ts';
import { type Progress, runSteps, type Step } from './step.ts';

export interface DestroyOptions {
  baseDir: string;
  tenant: string;
  runtime: StackRuntime;
  progress: Progress;
}

interface DestroyContext {
  layout: StackLayout;
  runtime: StackRuntime;
}

const end: Step<DestroyContext> = {
  name: 'end',
  title: 'End what runs',
  run: ({ layout, runtime }, report) => runtime.destroy(layout, { report }),
};

/** Ends a stack and removes everything of it, its journal included. Works on a damaged stack too. */
export async function destroyStack({ baseDir, tenant, runtime, progress }: DestroyOptions): Promise<StackLayout> {
  const layout = stackLayout(baseDir, tenant);
  if (!existsSync(layout.dir)) {
    throw new SfpError({
      code: 'stack_not_found',
      message: `There is no stack "${tenant}" in ${baseDir}.`,
      suggestion: 'List the stacks with `sfp server list`.',
    });
  }
  const lock = lockStack(layout.lockFile, tenant, 'sfp server destroy');
  try {
    await runSteps('destroy', layout.journalFile, [end], { layout, runtime }, progress);
    progress.step('Remove its files', 'running');
    rmSync(layout.dir, { recursive: true, force: true, maxRetries: 5 });
    progress.step('Remove its files', 'done');
    return layout;
  } finally {
    lock.release();
  }
}
