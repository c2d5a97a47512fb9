import { SfpError } from '../../contracts/error.ts';
import { assertNoRestore } from '../backup/restore-plan.ts';
import { lockStack } from '../lock.ts';
import { noteSettingsInEffect } from '../proven-settings.ts';
import type { StackRuntime } from '../runtime.ts';
import { serverCommand } from '../server-command.ts';
import { openStack, type Stack } from '../stack.ts';
import { installCurrent } from './install-current.ts';
import { pendingPasswordSteps } from './rotate/pending-password.ts';
import { settledStack, tellRotation } from './rotate/settled-stack.ts';
import { assertInitialised, type StartOptions, startSteps } from './start.ts';
import { runSteps, type Step } from './step.ts';
import { assertNoUpdate } from './update/update-plan.ts';

export interface RestartOptions extends StartOptions {
  /** The whole stack when empty. */
  services: readonly string[];
}

interface RestartContext extends RestartOptions {
  stack: Stack;
}

const stop: Step<RestartContext> = {
  name: 'stop',
  title: 'Stop the stack',
  run: ({ runtimeFor, stack }, report) => runtimeFor(stack).stop(stack, { report }),
};

const namedServices: Step<RestartContext> = {
  name: 'restart',
  title: 'Restart the services',
  async run({ runtimeFor, stack, services, platformVersion, signal }, report) {
    const runtime = runtimeFor(stack);
    await assertRunning(runtime, stack);
    await installCurrent(runtime, stack, { platformVersion, report });
    await runtime.restart(stack, services, { signal, report });
    await noteSettingsInEffect(runtime, stack);
  },
};

/** Stops and starts a stack, or some of its services while the others run on. Workers drain; resolves when all is healthy. */
export async function restartStack(options: RestartOptions): Promise<Stack> {
  const found = openStack(options.baseDir, options.tenant);
  const { layout } = found;
  assertInitialised(layout);
  const services = [...new Set(options.services)];
  assertServices(options.runtimeFor(found).serviceNames(found), services);
  const lock = lockStack(layout.lockFile, layout.tenant, 'sfp server restart');
  try {
    assertNoRestore(layout);
    assertNoUpdate(layout);
    // Before anything stops: a provider that does not answer must not leave a stack down.
    const stack = settledStack(options, options.progress.info);
    void stack.secrets;
    tellRotation(layout, options.progress.info);
    const password = pendingPasswordSteps(stack);
    const steps = services.length === 0 ? [stop, ...password, ...startSteps] : [...password, namedServices];
    const context: RestartContext = { ...options, services, stack };
    await runSteps('restart', layout.journalFile, steps, context, options.progress);
    return context.stack;
  } finally {
    lock.release();
  }
}

function assertServices(known: readonly string[], services: readonly string[]): void {
  const unknown = services.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new SfpError({
    code: 'service_unknown',
    message: `There is no service ${unknown.map((name) => `"${name}"`).join(', ')}.`,
    suggestion: `Services are: ${known.join(', ')}.`,
  });
}

async function assertRunning(runtime: StackRuntime, stack: Stack): Promise<void> {
  const { status, problem } = await runtime.status(stack);
  if (problem !== undefined) throw new SfpError(problem);
  if (status !== 'stopped') return;
  throw new SfpError({
    code: 'stack_not_running',
    message: `Stack "${stack.layout.tenant}" is stopped; a service of it can be restarted when it runs.`,
    suggestion: `Start it with \`${serverCommand(stack.layout, 'start')}\`.`,
  });
}
