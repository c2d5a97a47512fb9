import type { InstallPlan } from '../../stack/runtime.ts';
import type { Stack } from '../../stack/stack.ts';
import { serviceNames } from '../service-names.ts';
import { askOutdated } from '../supervisor/control-client.ts';
import { supervisorOf } from '../supervisor/place.ts';
import { supervisorPid } from '../supervisor-process.ts';
import { isSame, ownPrograms } from './install-programs.ts';
import { installedPrograms, runningPrograms } from './programs.ts';

/** What an install of this version would change. All services run from one set of programs: another one is new for all. */
export async function planPrograms(stack: Stack, version: string): Promise<InstallPlan> {
  const { layout } = stack;
  const own = ownPrograms(version);
  const installed = installedPrograms(layout);
  const isInstalled = isSame(installed, own);
  const images = isInstalled ? [] : [{ name: 'programs', from: installed?.id ?? null, to: own.id }];
  const isRunning = supervisorPid(layout) !== null;
  if (!isInstalled || (isRunning && !isSame(runningPrograms(layout), own))) {
    return { files: [], images, services: serviceNames };
  }
  const services = isRunning ? await askOutdated(supervisorOf(layout), stack.supplied) : [];
  return { files: [], images, services };
}
