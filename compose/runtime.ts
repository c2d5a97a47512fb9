import { makeStackDirectories, type StackLayout } from '../stack/layout.ts';
import type { InstallPlan, Report, StackRuntime } from '../stack/runtime.ts';
import type { Stack } from '../stack/stack.ts';
import { ensurePlatformImage } from './build-platform.ts';
import { composeChecks } from './checks.ts';
import { engineFeatures } from './engine/engine-features.ts';
import { ensureImages } from './ensure-images.ts';
import { type ImageRow, imageRows } from './images.ts';
import { installPlan } from './install-plan.ts';
import { servicesOfFile } from './installed-services.ts';
import { hideMaintenance, showMaintenance } from './maintenance.ts';
import { assertOwnProject } from './project-owner.ts';
import { servicesFor } from './service-table.ts';
import { restoreSnapshot } from './snapshot/restore-snapshot.ts';
import { stackContainers } from './stack-containers.ts';
import { endStack } from './stack-end.ts';
import { renderStackFiles, type StackFile } from './stack-files.ts';
import { stackDigests } from './stack-lock.ts';
import { stackLogs } from './stack-logs.ts';
import { changedServices, restartServices } from './stack-restart.ts';
import { startStack } from './stack-start.ts';
import { composeStatus } from './stack-status.ts';
import { drainWorkers, stopForUpdate, stopStack } from './stack-stop.ts';
import { requireVaultRootKey } from './vault-root-key.ts';
import { writeStackFiles } from './write-stack-files.ts';

interface Options {
  signal: AbortSignal;
  report: Report;
}

/** A stack as containers of the engine that the docker CLI talks to, on this machine or another. */
export class ComposeRuntime implements StackRuntime {
  readonly name = 'compose';
  readonly installed = ['compose.yaml', 'kong.yml', 'Caddyfile', 'env', 'images.lock.json'];
  readonly #platformVersion: string;

  constructor(platformVersion: string) {
    this.#platformVersion = platformVersion;
  }

  checks = composeChecks;

  status = composeStatus;

  logs = stackLogs;

  start = startStack;

  restart = restartServices;

  async prepare(stack: Stack, options: Options): Promise<void> {
    await assertOwnProject(stack.layout);
    const needed = new Set(servicesFor(stack.settings).map(({ image }) => image));
    const rows = this.#images(stack).filter(({ name }) => needed.has(name));
    const ours = rows.find(({ name, overridden, digest }) => name === 'platform' && !overridden && digest === null);
    if (ours !== undefined) await ensurePlatformImage(ours.image, this.#platformVersion, options);
    const references = rows.filter((row) => row !== ours).map(({ reference }) => reference);
    await ensureImages(references, options);
  }

  plan = async (stack: Stack): Promise<InstallPlan> => installPlan(stack, await this.#rendered(stack));

  async install(stack: Stack): Promise<void> {
    makeStackDirectories(stack.layout);
    writeStackFiles(stack, this.#platformVersion, await engineFeatures());
  }

  stop = ({ layout }: Stack, { report }: { report: Report }): Promise<void> => stopStack(layout, report);

  drain = ({ layout }: Stack, options: Options): Promise<void> => drainWorkers(layout, options);

  showMaintenance(stack: Stack, options: { report: Report }): Promise<void> {
    const image = this.#images(stack).find(({ name }) => name === 'platform')?.reference ?? '';
    return showMaintenance(stack, image, options);
  }

  hideMaintenance = ({ layout }: Stack): Promise<void> => hideMaintenance(layout);

  stopForUpdate = ({ layout }: Stack, plan: InstallPlan, { report }: { report: Report }): Promise<void> =>
    stopForUpdate(layout, plan, report);

  /** Jobs are not among them: they run at every start, and there is nothing of them to restart. */
  serviceNames = (stack: Stack): string[] =>
    servicesFor(stack.settings).flatMap(({ name, kind }) => (kind === 'service' ? [name] : []));

  async outdated(stack: Stack): Promise<string[]> {
    const compose = (await this.#rendered(stack)).find(({ path }) => path === 'compose.yaml');
    const services = servicesOfFile(compose?.content ?? 'services: {}').filter(({ job }) => !job);
    return changedServices(services, await stackContainers(stack.layout));
  }

  // These need a database client, which starting and asking for the status do without: loaded when called.
  snapshot: StackRuntime['snapshot'] = async (...args) =>
    (await import('./snapshot/take-snapshot.ts')).takeSnapshot(...args);

  vaultCanary: StackRuntime['vaultCanary'] = async (...args) =>
    (await import('./snapshot/vault-canary.ts')).vaultCanary(...args);

  vaultKeyDigest = async ({ layout }: Stack) => (await import('./vault-key-digest.ts')).vaultKeyDigest(layout);

  setDatabasePassword = async (stack: Stack, databasePassword: string) =>
    (await import('./database-access.ts')).setDatabasePassword(stack, databasePassword);

  restoreSnapshot = restoreSnapshot;

  destroy = (layout: StackLayout, { report }: { report: Report }): Promise<void> => endStack(layout, report);

  #images({ layout, settings }: Stack): ImageRow[] {
    return imageRows(this.#platformVersion, settings.images, stackDigests(layout));
  }

  async #rendered(stack: Stack): Promise<StackFile[]> {
    return renderStackFiles(stack, {
      vaultRootKey: requireVaultRootKey(stack.layout),
      platformVersion: this.#platformVersion,
      digests: stackDigests(stack.layout),
      features: await engineFeatures(),
    });
  }
}
