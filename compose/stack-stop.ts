import type { StackLayout } from '../stack/layout.ts';
import type { InstallPlan, Report } from '../stack/runtime.ts';
import { compose } from './engine/compose-command.ts';
import { endOrphans } from './engine/orphans.ts';
import { installedServices, withDependents } from './installed-services.ts';
import { stackContainers } from './stack-containers.ts';

const workers = ['worker-standard', 'worker-long'];

/**
 * Stops containers in the reverse of their order, each with the time that it may take. They stay, so that their logs can be
 * read and the next start makes only those anew whose settings changed.
 */
async function stopServices(
  layout: StackLayout,
  names: readonly string[] | null,
  report: Report,
  signal?: AbortSignal,
) {
  if (installedServices(layout) === null) return;
  // Also when nothing runs: it may be about to.
  await endOrphans(layout);
  const running = (await stackContainers(layout))
    .filter(
      ({ state, service }) => ['running', 'restarting', 'paused'].includes(state) && (names?.includes(service) ?? true),
    )
    .map(({ service }) => service);
  if (running.length === 0) return;
  report(`stopping ${running.join(', ')}`);
  await compose(layout, { args: ['stop', ...running], failure: 'The containers could not be stopped.', signal });
}

export const stopStack = (layout: StackLayout, report: Report): Promise<void> => stopServices(layout, null, report);

/** Workers get SIGTERM: they take no new task, finish or hand back what they have, and end within their grace. */
export const drainWorkers = (layout: StackLayout, { signal, report }: { signal: AbortSignal; report: Report }) =>
  stopServices(layout, workers, report, signal);

/**
 * Whatever takes requests or writes data, what the install makes anew, and what would lose the ground under its feet with
 * it. The edge answers on until its own successor takes its place.
 */
export function stopForUpdate(layout: StackLayout, plan: InstallPlan, report: Report): Promise<void> {
  const services = installedServices(layout) ?? [];
  const names = withDependents(services, ['kong', 'api', ...workers, ...plan.services]);
  names.delete('edge');
  return stopServices(layout, [...names], report);
}
