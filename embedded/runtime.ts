import { setTimeout as delay } from 'node:timers/promises';
import { SfpError } from '../contracts/error.ts';
import { makeStackDirectories, type StackLayout } from '../stack/layout.ts';
import { identify, isAlive } from '../stack/process-identity.ts';
import type { Report, StackRuntime } from '../stack/runtime.ts';
import type { Stack } from '../stack/stack.ts';
import { embeddedChecks } from './checks.ts';
import { installPrograms, preparePrograms, startablePrograms, uninstallPrograms } from './programs/install-programs.ts';
import { planPrograms } from './programs/plan-programs.ts';
import { programsFileName } from './programs/programs.ts';
import { serviceNames } from './service-names.ts';
import { restoreSnapshot } from './snapshot/restore-snapshot.ts';
import { endStack } from './stack-end.ts';
import { stackLogs } from './stack-logs.ts';
import { restartServices } from './stack-restart.ts';
import { embeddedStatus } from './stack-status.ts';
import { askOutdated } from './supervisor/control-client.ts';
import { removeSocketDir, supervisorPlace } from './supervisor/place.ts';
import { isReady } from './supervisor/transition.ts';
import { spawnSupervisor, startFailure, supervisorPid, supervisorProgress } from './supervisor-process.ts';

const pollMs = 30;
/** So often somebody who waits is told for what. */
const quietMs = 5_000;
/** The supervisor has limits of its own; this one is for a supervisor that is broken. */
const startLimitMs = 180_000;
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

  outdated = ({ layout, supplied }: Stack) => askOutdated(supervisorPlace(layout).controlSocket, supplied);

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

  drain = async (): Promise<void> => undefined;

  showMaintenance = async (): Promise<void> => undefined;

  hideMaintenance = async (): Promise<void> => undefined;

  stopForUpdate: StackRuntime['stopForUpdate'] = (stack, _plan, options) => this.stop(stack, options);

  async start(stack: Stack, { signal, report }: { signal: AbortSignal; report: Report }): Promise<void> {
    const { layout } = stack;
    makeStackDirectories(layout);
    const since = new Date();
    const pid = supervisorPid(layout) ?? spawnSupervisor(stack, await startablePrograms(layout, this.#platformVersion));
    const supervisor = identify(pid);
    const deadline = performance.now() + startLimitMs;
    let tellAt = performance.now() + quietMs;
    for (;;) {
      const status = await supervisorProgress(layout);
      if (performance.now() > tellAt) {
        tellAt += quietMs;
        const waiting = status?.services.filter((service) => !isReady(service.status)).map(({ name }) => name) ?? [];
        if (waiting.length > 0) report(`waiting for ${waiting.join(', ')}`);
      }
      if (status?.phase === 'running') return;
      if (supervisor === null || !isAlive(supervisor)) {
        // A supervisor that found another one at work leaves the field to it.
        if (supervisorPid(layout) === null) throw startFailure(layout, since);
      }
      if (signal.aborted) {
        await this.stop(stack, { report });
        throw new SfpError({ code: 'cancelled', message: 'The start was cancelled; the stack is stopped.' });
      }
      if (performance.now() > deadline) {
        throw new SfpError({
          code: 'stack_unhealthy',
          message: `The stack was not healthy after ${startLimitMs / 1000} s.`,
          suggestion: `Look at \`sfp server status --tenant ${layout.tenant}\` and \`sfp server logs --tenant ${layout.tenant}\`.`,
        });
      }
      await delay(pollMs);
    }
  }

  stop({ layout, settings }: Stack, options: { report: Report }): Promise<void> {
    return endStack(layout, { ...options, drainTimeoutMs: settings.drainTimeoutMs });
  }

  async destroy(layout: StackLayout, options: { report: Report }): Promise<void> {
    await endStack(layout, { ...options, drainTimeoutMs: 0 });
    removeSocketDir(layout, supervisorPlace(layout));
    await uninstallPrograms(layout);
  }
}
