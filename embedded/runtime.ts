import type { StackLayout } from '../stack/layout.ts';
import type { Report, StackRuntime } from '../stack/runtime.ts';
import type { Stack } from '../stack/stack.ts';
import { embeddedChecks } from './checks.ts';
import { endMaintenance, hideMaintenance, showMaintenance } from './maintenance.ts';
import { installPrograms, preparePrograms, uninstallPrograms } from './programs/install-programs.ts';
import { planPrograms } from './programs/plan-programs.ts';
import { programsFileName } from './programs/programs.ts';
import { serviceNames } from './service-names.ts';
import { restoreSnapshot } from './snapshot/restore-snapshot.ts';
import { drainWorkers } from './stack-drain.ts';
import { endStack } from './stack-end.ts';
import { stackLogs } from './stack-logs.ts';
import { restartServices } from './stack-restart.ts';
import { startEmbedded } from './stack-start.ts';
import { embeddedStatus } from './stack-status.ts';
import { askOutdated } from './supervisor/control-client.ts';
import { removeSocketDir, supervisorOf, supervisorPlace } from './supervisor/place.ts';

/** A stack as processes of this machine, under a supervisor of its own. */
export class EmbeddedRuntime implements StackRuntime {
  readonly name = 'embedded';
  readonly #platformVersion: string;

  constructor(platformVersion: string) {
    this.#platformVersion = platformVersion;
  }

  checks = embeddedChecks;

  serviceNames = () => serviceNames;

  status = embeddedStatus;

  restart = restartServices;

  outdated = ({ layout, supplied }: Stack) => askOutdated(supervisorOf(layout), supplied);

  logs = ({ layout }: Stack, query: Parameters<StackRuntime['logs']>[1]) => stackLogs(layout, query);

  // These need a database client, which starting and asking for the status do without: loaded when called.
  snapshot: StackRuntime['snapshot'] = async (...args) =>
    (await import('./snapshot/take-snapshot.ts')).takeSnapshot(...args);

  vaultCanary: StackRuntime['vaultCanary'] = async (...args) =>
    (await import('./snapshot/vault-canary.ts')).vaultCanary(...args);

  vaultKeyDigest = async ({ layout }: Stack) => (await import('./snapshot/vault-canary.ts')).vaultKeyDigest(layout);

  setDatabasePassword = async (stack: Stack, databasePassword: string) =>
    (await import('./database-password.ts')).setDatabasePassword(stack, databasePassword);

  restoreSnapshot = restoreSnapshot;

  readonly installed = [programsFileName];

  async prepare({ layout }: Stack): Promise<void> {
    await preparePrograms(layout.baseDir, this.#platformVersion);
  }

  plan = (stack: Stack) => planPrograms(stack, this.#platformVersion);

  async install({ layout }: Stack): Promise<void> {
    await installPrograms(layout, this.#platformVersion);
  }

  drain = drainWorkers;

  showMaintenance = showMaintenance;

  hideMaintenance = hideMaintenance;

  stopForUpdate: StackRuntime['stopForUpdate'] = (stack, _plan, options) => this.stop(stack, options);

  start = (stack: Stack, options: { signal: AbortSignal; report: Report }) =>
    startEmbedded(stack, this.#platformVersion, options);

  stop({ layout, settings }: Stack, options: { report: Report }): Promise<void> {
    return endStack(layout, { ...options, drainTimeoutMs: settings.drainTimeoutMs });
  }

  async destroy(layout: StackLayout, options: { report: Report }): Promise<void> {
    await endMaintenance(layout);
    await endStack(layout, { ...options, drainTimeoutMs: 0 });
    removeSocketDir(layout, supervisorPlace(layout));
    await uninstallPrograms(layout);
  }
}
