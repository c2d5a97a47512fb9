import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SfpError } from '../../contracts/error.ts';
import { type StackLayout, stackLayout } from '../layout.ts';
import { lockStack } from '../lock.ts';
import type { StackRuntime } from '../runtime.ts';
import { baseDirCommand } from '../server-command.ts';
import { readServerSettings } from '../server-settings.ts';
import { notInitialised } from './initialised.ts';
import { type Progress, runSteps, type Step } from './step.ts';

export interface DestroyOptions {
  baseDir: string;
  tenant: string;
  runtimeNamed(name: StackRuntime['name']): StackRuntime;
  progress: Progress;
}

interface DestroyContext {
  layout: StackLayout;
  runtime: StackRuntime;
}

const end: Step<DestroyContext> = {
  name: 'end',
  title: 'End what runs',
  async run({ layout, runtime }, report) {
    // Files that were only rendered have nothing that runs, and perhaps no engine that could be asked.
    if (wasOnlyRendered(layout)) return 'skipped';
    await runtime.destroy(layout, { report });
  },
};

/** Ends a stack and removes everything of it, its journal included. Works on a damaged stack too. */
export async function destroyStack({ baseDir, tenant, runtimeNamed, progress }: DestroyOptions): Promise<StackLayout> {
  const layout = stackLayout(baseDir, tenant);
  if (!existsSync(layout.dir)) {
    throw new SfpError({
      code: 'stack_not_found',
      message: `There is no stack "${tenant}" in ${baseDir}.`,
      suggestion: `List the stacks with \`${baseDirCommand(baseDir, 'server list')}\`.`,
    });
  }
  const lock = lockStack(layout.lockFile, tenant, 'sfp server destroy');
  try {
    const runtime = runtimeNamed(runtimeOf(layout));
    await runSteps('destroy', layout.journalFile, [end], { layout, runtime }, progress);
    progress.step('Remove its files', 'running');
    rmSync(layout.dir, { recursive: true, force: true, maxRetries: 5 });
    progress.step('Remove its files', 'done');
    return layout;
  } finally {
    lock.release();
  }
}

/** What a stack runs on, also where its settings are damaged or half removed. */
function runtimeOf(layout: StackLayout): StackRuntime['name'] {
  try {
    const settings = readServerSettings(layout);
    if (settings !== null) return settings.runtime;
  } catch (error) {
    if (!(error instanceof SfpError)) throw error;
  }
  return existsSync(join(layout.dir, 'compose.yaml')) ? 'compose' : 'embedded';
}

function wasOnlyRendered(layout: StackLayout): boolean {
  try {
    return notInitialised(layout)?.code === 'stack_only_rendered';
  } catch (error) {
    if (error instanceof SfpError) return false; // a damaged stack may run
    throw error;
  }
}
