import { SfpError } from '../contracts/error.ts';
import type { Report } from '../stack/runtime.ts';
import { serverCommand } from '../stack/server-command.ts';
import type { Stack } from '../stack/stack.ts';
import { compose } from './engine/compose-command.ts';
import { assertGatewayPort } from './gateway-port.ts';
import { inspectImage } from './image-inspect.ts';
import { type InstalledService, requireInstalledServices } from './installed-services.ts';
import { type StackContainer, stackContainers } from './stack-containers.ts';
import { upWithoutOthers } from './stack-start.ts';

/** Compose stops them in the reverse of their order; those whose settings changed come back as new containers. */
export async function restartServices(
  stack: Stack,
  names: readonly string[],
  { signal, report }: { signal: AbortSignal; report: Report },
): Promise<void> {
  const { layout } = stack;
  const services = requireInstalledServices(layout);
  report(`stopping ${names.join(', ')}`);
  try {
    await compose(layout, { args: ['stop', ...names], failure: 'The services could not be stopped.', signal });
    const before = await stackContainers(layout);
    await assertGatewayPort(stack, before);
    // The job releases what the engine that was stopped still holds: without it the new one schedules nothing for a minute.
    const together = names.includes('hatchet') ? [...names, 'db-setup'] : names;
    await upWithoutOthers(stack, services, together, { before, signal, report });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new SfpError({
      code: 'cancelled',
      message: `The restart was cancelled; some of ${names.join(', ')} may be stopped.`,
      suggestion: `Start what is missing with \`${serverCommand(layout, 'start')}\`.`,
    });
  }
}

/** Services whose container was made with other settings, or from another image, than these say. */
export async function changedServices(
  services: readonly InstalledService[],
  containers: readonly StackContainer[],
): Promise<string[]> {
  const changed: string[] = [];
  for (const { name, config, image } of services) {
    const container = containers.find(({ service }) => service === name);
    // An image that is not there cannot be the one that runs; by digest the name alone tells it, and the name is in `config`.
    const same =
      container !== undefined && container.config === config && container.imageId === (await inspectImage(image))?.id;
    if (!same) changed.push(name);
  }
  return changed;
}
