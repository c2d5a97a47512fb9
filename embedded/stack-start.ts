import { setTimeout as delay } from 'node:timers/promises';
import { SfpError } from '../contracts/error.ts';
import { makeStackDirectories } from '../stack/layout.ts';
import { identify, isAlive } from '../stack/process-identity.ts';
import type { Report } from '../stack/runtime.ts';
import { serverCommand } from '../stack/server-command.ts';
import type { Stack } from '../stack/stack.ts';
import { endMaintenance } from './maintenance.ts';
import { startablePrograms } from './programs/install-programs.ts';
import { endStack } from './stack-end.ts';
import { restartServices } from './stack-restart.ts';
import { heldServices } from './supervisor/held-services.ts';
import { isReady } from './supervisor/transition.ts';
import {
  spawnSupervisor,
  startFailure,
  supervisorLogEnd,
  supervisorPid,
  supervisorProgress,
} from './supervisor-process.ts';

const pollMs = 30;
/** So often somebody who waits is told for what. */
const quietMs = 5_000;
/** The supervisor has limits of its own; this one is for a supervisor that is broken. */
const startLimitMs = 180_000;

/**
 * Starts what is installed and waits until it is healthy. A stack that runs is left as it is, but for services that were
 * drained: they are started again.
 */
export async function startEmbedded(
  stack: Stack,
  platformVersion: string,
  options: { signal: AbortSignal; report: Report },
): Promise<void> {
  const { layout, settings } = stack;
  const { signal, report } = options;
  makeStackDirectories(layout);
  const logFrom = supervisorLogEnd(layout);
  const running = supervisorPid(layout);
  const programs = running === null ? await startablePrograms(layout, platformVersion) : null;
  // Last, so that nobody is sent away longer than needed: the gateway wants its port now.
  await endMaintenance(layout);
  const pid = programs === null ? running : spawnSupervisor(stack, programs);
  const supervisor = pid === null ? null : identify(pid);
  const deadline = performance.now() + startLimitMs;
  let tellAt = performance.now() + quietMs;
  for (;;) {
    const status = await supervisorProgress(layout);
    if (performance.now() > tellAt) {
      tellAt += quietMs;
      const waiting = status?.services.filter((service) => !isReady(service.status)).map(({ name }) => name) ?? [];
      if (waiting.length > 0) report(`waiting for ${waiting.join(', ')}`);
    }
    if (status?.phase === 'running') {
      const held = heldServices(status);
      if (held.length > 0) await restartServices(stack, held, options);
      return;
    }
    if (supervisor === null || !isAlive(supervisor)) {
      // A supervisor that found another one at work leaves the field to it.
      if (supervisorPid(layout) === null) throw startFailure(layout, logFrom);
    }
    if (signal.aborted) {
      await endStack(layout, { report, drainTimeoutMs: settings.drainTimeoutMs });
      throw new SfpError({ code: 'cancelled', message: 'The start was cancelled; the stack is stopped.' });
    }
    if (performance.now() > deadline) {
      throw new SfpError({
        code: 'stack_unhealthy',
        message: `The stack was not healthy after ${startLimitMs / 1000} s.`,
        suggestion: `Look at \`${serverCommand(layout, 'status')}\` and \`${serverCommand(layout, 'logs')}\`.`,
      });
    }
    await delay(pollMs);
  }
}
