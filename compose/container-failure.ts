import { z } from 'zod';
import { failureSchema, SfpError } from '../contracts/error.ts';
import { serverCommand } from '../stack/server-command.ts';
import type { Stack } from '../stack/stack.ts';
import { lastLogLines } from './container-log.ts';
import { secretMask } from './secret-mask.ts';
import { isReady, type StackContainer } from './stack-containers.ts';

const shownLines = 15;
/** A container that ends by itself so often within one start will not come up. */
const restartLimit = 4;

/** What is wrong with a container for good; null while it may still become healthy. */
export function fault(container: StackContainer): string | null {
  const { state, exitCode, health, restarts, job, error, killedForMemory } = container;
  if (killedForMemory) return `was ended because it used up its memory (exit code ${exitCode})`;
  if (error !== '' && !container.running) return `could not be started: ${error}`;
  if (state === 'dead') return 'is dead';
  if (job) return state === 'exited' && exitCode !== 0 ? `failed with exit code ${exitCode}` : null;
  if (restarts >= restartLimit) return `ended by itself ${restarts} times (exit code ${exitCode})`;
  if (health === 'unhealthy') return container.running ? 'is unhealthy' : `ends by itself (exit code ${exitCode})`;
  return state === 'exited' ? `ended with exit code ${exitCode}` : null;
}

/** Whatever failed first in the order of a start explains what waits for it. */
export function firstFault(containers: readonly StackContainer[], order: readonly string[]): StackContainer | null {
  const broken = containers.filter((container) => fault(container) !== null && !isReady(container));
  return broken.sort((one, other) => order.indexOf(one.service) - order.indexOf(other.service))[0] ?? null;
}

/** Which service failed and why: its exit code, what its check said, its last lines; nothing secret. */
export async function containerFailure(stack: Stack, container: StackContainer): Promise<SfpError> {
  const { layout } = stack;
  const { service, health, healthLog } = container;
  const mask = secretMask(stack);
  const lines = await lastLogLines(container, shownLines);
  const logs = `Read all of it with \`${serverCommand(layout, 'logs', '--service', service)}\``;
  const told = service === 'supabase-migrations' ? toldFailure(lines) : null;
  if (told !== null) {
    return new SfpError({
      ...told,
      message: mask(told.message),
      ...(told.detail === undefined ? {} : { detail: mask(told.detail) }),
      suggestion: told.suggestion ?? `${logs}.`,
    });
  }
  const check = health === 'unhealthy' && healthLog !== '' ? [`check: ${healthLog}`] : [];
  const detail = mask([...check, ...lines].join('\n'));
  return new SfpError({
    code: service === 'supabase-migrations' ? 'migration_failed' : 'service_failed',
    message: mask(`Service ${service} ${fault(container) ?? 'is not healthy'}.`),
    detail: detail === '' ? 'It wrote nothing.' : detail,
    suggestion: `${logs}, remove the cause, then \`${serverCommand(layout, 'start')}\`.`,
  });
}

const failureLineSchema = z.object({ failure: failureSchema });

/** Our own programs end with a line that holds the whole failure. */
function toldFailure(lines: readonly string[]): z.infer<typeof failureSchema> | null {
  for (const line of lines.toReversed()) {
    if (!line.startsWith('{')) continue;
    try {
      const { data } = failureLineSchema.safeParse(JSON.parse(line));
      if (data !== undefined) return data.failure;
    } catch {
      // cut off or no JSON: not such a line
    }
  }
  return null;
}
