import { SfpError } from '../../contracts/error.ts';
import type { Pool } from '../../contracts/task.ts';
import { assertNoRestore } from '../backup/restore-plan.ts';
import { lockStack } from '../lock.ts';
import { noteSettingsInEffect } from '../proven-settings.ts';
import type { StackRuntime } from '../runtime.ts';
import { type ServerSettings, writeServerSettings } from '../server-settings.ts';
import { openStack, type Stack } from '../stack.ts';
import { installCurrent } from './install-current.ts';
import { assertInitialised } from './start.ts';
import { type Progress, runSteps, type Step } from './step.ts';
import { assertNoUpdate } from './update/update-plan.ts';

export interface ScaleOptions {
  baseDir: string;
  tenant: string;
  pool: Pool;
  slots: number;
  platformVersion: string;
  runtimeFor(stack: Stack): StackRuntime;
  signal: AbortSignal;
  progress: Progress;
}

interface ScaleContext extends ScaleOptions {
  before: Stack;
  settings: ServerSettings;
  outcome: 'restarted' | 'unchanged' | 'at_next_start';
}

const workerOf = (pool: Pool) => `worker-${pool}` as const;

const steps: readonly Step<ScaleContext>[] = [
  {
    name: 'settings',
    title: 'Write server.json',
    async run({ before, settings, pool, slots }) {
      if (before.settings.pools[pool].slots === slots) return 'skipped';
      writeServerSettings(before.layout, settings);
    },
  },
  {
    name: 'restart',
    title: 'Restart the worker',
    async run(context, report) {
      const { baseDir, tenant, pool, platformVersion, runtimeFor, signal } = context;
      const stack = openStack(baseDir, tenant);
      const runtime = runtimeFor(stack);
      await installCurrent(runtime, stack, { platformVersion, report });
      const { status, problem } = await runtime.status(stack);
      if (problem !== undefined) throw new SfpError(problem);
      if (status === 'stopped') {
        context.outcome = 'at_next_start';
        return 'skipped';
      }
      // Asked, not concluded from the file: one that was killed after it had written goes on here.
      if (!(await runtime.outdated(stack)).includes(workerOf(pool))) return 'skipped';
      await runtime.restart(stack, [workerOf(pool)], { signal, report });
      await noteSettingsInEffect(runtime, stack);
      context.outcome = 'restarted';
    },
  },
];

/** Changes how many tasks a pool runs at once. Its worker drains first: tasks finish, or are handed back and go on after it. */
export async function scaleStack(options: ScaleOptions): Promise<ScaleContext['outcome']> {
  const { baseDir, tenant, pool, slots } = options;
  const { layout } = openStack(baseDir, tenant);
  assertInitialised(layout);
  const lock = lockStack(layout.lockFile, tenant, 'sfp server scale');
  try {
    assertNoRestore(layout);
    assertNoUpdate(layout);
    const before = openStack(baseDir, tenant);
    assertOwn(before, pool);
    const settings = { ...before.settings, pools: { ...before.settings.pools, [pool]: { slots } } };
    const context: ScaleContext = { ...options, before, settings, outcome: 'unchanged' };
    await runSteps('scale', layout.journalFile, steps, context, options.progress);
    return context.outcome;
  } finally {
    lock.release();
  }
}

function assertOwn({ settings }: Stack, pool: Pool): void {
  const source = settings.roles[workerOf(pool)];
  if (typeof source !== 'object' || !('url' in source)) return;
  throw new SfpError({
    code: 'worker_elsewhere',
    message: `The worker of pool ${pool} runs elsewhere (${source.url}); its slots are set there.`,
    suggestion: 'See `sfp server config get roles`.',
  });
}
