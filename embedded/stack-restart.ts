import { setTimeout as delay } from 'node:timers/promises';
import { SfpError } from '../contracts/error.ts';
import type { Report } from '../stack/runtime.ts';
import { serverCommand } from '../stack/server-command.ts';
import type { Stack } from '../stack/stack.ts';
import { askRestart } from './supervisor/control-client.ts';
import { supervisorOf } from './supervisor/place.ts';
import { isReady } from './supervisor/transition.ts';
import { supervisorProgress } from './supervisor-process.ts';

/** So often somebody who waits is told for what. */
const quietMs = 5_000;

/** Has the supervisor restart services; a person who stops waiting does not stop the restart. */
export async function restartServices(
  stack: Stack,
  services: readonly string[],
  { signal, report }: { signal: AbortSignal; report: Report },
): Promise<void> {
  const { layout, supplied } = stack;
  const told = new AbortController();
  const telling = (async () => {
    for (;;) {
      await delay(quietMs, undefined, { signal: told.signal });
      const states = (await supervisorProgress(layout))?.services ?? [];
      const waiting = states.filter(({ name, status }) => services.includes(name) && !isReady(status));
      if (waiting.length > 0)
        report(`waiting: ${waiting.map(({ name, status }) => `${name} is ${status}`).join(', ')}`);
    }
  })().catch(() => undefined); // only news: the answer below says what happened
  try {
    await askRestart(supervisorOf(layout), services, signal, supplied);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new SfpError({
      code: 'cancelled',
      message: 'Nobody waits for the restart any more; it goes on.',
      suggestion: `See how it ends: ${serverCommand(layout, 'health', '--wait', '60s')}`,
    });
  } finally {
    told.abort();
    await telling;
  }
}
