import { SfpError } from '../contracts/error.ts';
import type { Report } from '../stack/runtime.ts';
import type { Stack } from '../stack/stack.ts';
import { containerFailure, firstFault } from './container-failure.ts';
import { compose } from './engine/compose-command.ts';
import { removeHelpers } from './engine/helper-container.ts';
import { ensureImages } from './ensure-images.ts';
import { assertGatewayPort } from './gateway-port.ts';
import { type InstalledService, requireInstalledServices, startOrder, withDependents } from './installed-services.ts';
import { freeGatewayPort, isMaintenanceAtGateway } from './maintenance.ts';
import { assertOwnProject } from './project-owner.ts';
import { withDatabasePassword } from './refused-password.ts';
import { type StackContainer, stackContainers } from './stack-containers.ts';
import { watchStart } from './start-watch.ts';

export interface StartOptions {
  signal: AbortSignal;
  report: Report;
}

const gateway = 'kong';

/** Starts what compose.yaml says and waits until all of it is healthy. A failure leaves nothing running that did not run before. */
export async function startStack(stack: Stack, { signal, report }: StartOptions): Promise<void> {
  const { layout } = stack;
  const services = requireInstalledServices(layout);
  await assertOwnProject(layout);
  const left = await removeHelpers(layout);
  if (left > 0) report(`removed ${left} container${left === 1 ? '' : 's'} that an interrupted command left`);
  await ensureImages(
    services.map(({ image }) => image),
    { signal, report },
  );
  const before = await stackContainers(layout);
  await assertGatewayPort(stack, before);
  try {
    await withDatabasePassword(stack, report, () => startAll(stack, services, { signal, report }));
  } catch (error) {
    await stopWhatWasStarted(stack, before, report);
    if (!signal.aborted) throw error;
    throw new SfpError({
      code: 'cancelled',
      message: 'The start was cancelled; what it had started is stopped again.',
    });
  }
}

async function startAll(stack: Stack, services: readonly InstalledService[], options: StartOptions): Promise<void> {
  const before = await stackContainers(stack.layout);
  const flags = ['--remove-orphans'];
  // What holds the gateway's port answers until the moment in which the gateway takes it.
  if (!(await isMaintenanceAtGateway(stack.layout))) {
    return up(stack, services, { ...options, names: [], before, flags });
  }
  const behind = withDependents(services, [gateway]);
  const names = services.flatMap(({ name }) => (behind.has(name) ? [] : [name]));
  await up(stack, services, { ...options, names, before, flags });
  await freeGatewayPort(stack.layout);
  await upWithoutOthers(stack, services, [...behind], { ...options, before });
}

/**
 * Starts these without what else they need. Among themselves they keep their order and its conditions (Compose 2.26: what
 * `--no-deps` leaves out are dependencies on services that are not named).
 */
export const upWithoutOthers = (
  stack: Stack,
  services: readonly InstalledService[],
  names: readonly string[],
  options: StartOptions & { before: readonly StackContainer[] },
): Promise<void> => up(stack, services, { ...options, names, flags: ['--no-deps'] });

interface Up extends StartOptions {
  /** All when empty. */
  names: readonly string[];
  before: readonly StackContainer[];
  flags: readonly string[];
}

/** `docker compose up` for the order, and a look at the containers for the reason when one fails. */
async function up(stack: Stack, services: readonly InstalledService[], of: Up): Promise<void> {
  const { names, before, flags, signal, report } = of;
  const { layout } = stack;
  const order = startOrder(services);
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const wanted = names.length > 0 ? names : order;
  const watching = watchStart(stack, { names: wanted, order, before, signal: either, report });
  const starting = compose(layout, {
    args: ['up', '--detach', '--no-build', '--pull', 'never', ...flags, ...names],
    failure: 'The containers could not be started.',
    signal: either,
  });
  const [watched, started] = await Promise.allSettled([
    endingOnFailure(watching, ended),
    endingOnFailure(starting, ended),
  ]);
  if (signal.aborted) throw new SfpError({ code: 'cancelled', message: 'The start was cancelled.' });
  // The reason is what a container says; Compose only tells which one it waited for.
  if (watched.status === 'rejected') throw watched.reason;
  if (started.status === 'fulfilled') return;
  const containers = await stackContainers(layout);
  const failed = firstFault(
    containers.filter(({ service }) => wanted.includes(service)),
    order,
  );
  if (failed !== null && isVague(started.reason)) throw await containerFailure(stack, failed);
  throw started.reason;
}

const isVague = (error: unknown): boolean => error instanceof SfpError && error.code === 'docker_failed';

async function endingOnFailure(work: Promise<unknown>, ended: AbortController): Promise<void> {
  try {
    await work;
  } catch (error) {
    ended.abort();
    throw error;
  }
}

/** Containers stay, so that their logs can be read. */
async function stopWhatWasStarted(stack: Stack, before: readonly StackContainer[], report: Report): Promise<void> {
  const ran = new Set(before.filter(({ running }) => running).map(({ service }) => service));
  try {
    const names = (await stackContainers(stack.layout))
      .filter(({ state, service }) => ['running', 'restarting'].includes(state) && !ran.has(service))
      .map(({ service }) => service);
    if (names.length === 0) return;
    report(`stopping ${names.join(', ')}`);
    await compose(stack.layout, { args: ['stop', ...names], failure: 'What was started could not be stopped.' });
  } catch (error) {
    // Why the start failed says more.
    report(`not stopped: ${error instanceof Error ? error.message : String(error)}`);
  }
}
