import { setTimeout as delay } from 'node:timers/promises';
import { SfpError } from '../contracts/error.ts';
import type { StackLayout } from '../stack/layout.ts';
import type { Report } from '../stack/runtime.ts';
import type { Stack } from '../stack/stack.ts';
import { compose } from './engine/compose-command.ts';
import { docker } from './engine/docker-command.ts';
import { engine } from './engine/docker-engine.ts';
import { execInService, runningContainer } from './engine/exec-in-service.ts';
import { inspectImage } from './image-inspect.ts';
import { installedServices } from './installed-services.ts';
import { maintenanceLabel, networkName, projectName, stackLabel, stackLabels } from './project.ts';
import { isGone } from './stack-containers.ts';

/** While this file is there, the edge answers 503; see caddyfile. */
const edgeFile = '/run/sfp/maintenance';
const port = 8080;
const containerName = ({ tenant }: StackLayout): string => `${projectName(tenant)}-maintenance`;

/**
 * 503 for every client. With a domain the edge answers, which runs on; without one a container takes the gateway's port,
 * so the gateway has to end first. It is made before that, so that the port is away for a moment only.
 */
export async function showMaintenance(
  stack: Stack,
  platformImage: string,
  { report }: { report: Report },
): Promise<void> {
  const { layout, settings } = stack;
  if (settings.domain !== undefined) {
    if ((await runningContainer(layout, 'edge')) === null) return report('the edge does not run: nobody asks');
    await execInService({
      layout,
      service: 'edge',
      command: ['touch', edgeFile],
      failure: 'The edge cannot show that the platform is being updated.',
    });
    return report('clients get 503 with Retry-After from the edge');
  }
  if (await isMaintenanceAtGateway(layout)) return;
  await freeGatewayPort(layout);
  const installed = installedServices(layout) ?? [];
  const image =
    (await inspectImage(platformImage)) === null ? installed.find(({ name }) => name === 'api')?.image : platformImage;
  await makeContainer(layout, image ?? platformImage, settings.ports.gateway);
  if (installed.some(({ name }) => name === 'kong')) {
    await compose(layout, { args: ['stop', 'kong'], failure: 'The gateway could not be stopped.' });
  }
  await docker({ args: ['start', containerName(layout)], failure: 'The maintenance answer could not be started.' });
  await untilListening(layout);
  report('clients get 503 with Retry-After');
}

const makeContainer = async (layout: StackLayout, image: string, gateway: number): Promise<string> => {
  const network = await gatewayNetwork(layout);
  return docker({
    args: [
      'create',
      '--pull=never',
      `--name=${containerName(layout)}`,
      ...(network === null ? [] : [`--network=${network}`]),
      ...Object.entries({ ...stackLabels(layout), [maintenanceLabel]: 'gateway' }).map(
        ([key, value]) => `--label=${key}=${value}`,
      ),
      `--publish=127.0.0.1:${gateway}:${port}`,
      // An engine that is started again in the middle of an update brings it back.
      '--restart=unless-stopped',
      '--read-only',
      '--tmpfs=/tmp',
      '--cap-drop=ALL',
      '--security-opt=no-new-privileges:true',
      '--memory=128m',
      '--pids-limit=64',
      '--env=SFP_MAINTENANCE_HOST=0.0.0.0',
      `--env=SFP_MAINTENANCE_PORT=${port}`,
      '--log-opt=max-size=1m',
      image,
      'node',
      'dist/stack/maintenance/main.js',
    ],
    failure: 'The maintenance answer could not be made.',
  });
};

/**
 * The network that the gateway publishes its port from. The engine's own bridge, which somebody may have taken away or
 * disabled, is used only where the stack has no network yet (null).
 */
async function gatewayNetwork(layout: StackLayout): Promise<string | null> {
  const name = networkName(layout, 'services');
  try {
    await engine((client) => client.getNetwork(name).inspect());
    return name;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

const pollMs = 100;
const limitMs = 20_000;

/** Listening, as the program tells in its log. The port alone says nothing: the engine opens it before. */
async function untilListening(layout: StackLayout): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    const { State } = await engine((client) => client.getContainer(containerName(layout)).inspect());
    const log = await engine((client) =>
      client.getContainer(containerName(layout)).logs({ stdout: true, stderr: true, follow: false }),
    );
    if (log.includes('listening')) return;
    if (!State.Running) break;
    await delay(pollMs);
  }
  throw new SfpError({
    code: 'maintenance_failed',
    message: 'The answer that stands in for the gateway did not start.',
    suggestion: `See why with \`docker logs ${containerName(layout)}\`, then run the command again.`,
  });
}

/** Whether a container of ours holds the gateway's port now. */
export async function isMaintenanceAtGateway(layout: StackLayout): Promise<boolean> {
  const { [stackLabel]: stack } = stackLabels(layout);
  const label = [`${stackLabel}=${stack}`, maintenanceLabel];
  const found = await engine((client) => client.listContainers({ filters: { label, status: ['running'] } }));
  return found.length > 0;
}

/** Clients reach the stack again, or nothing where it does not run. */
export async function hideMaintenance(layout: StackLayout): Promise<void> {
  await freeGatewayPort(layout);
  if ((await runningContainer(layout, 'edge')) === null) return;
  await execInService({
    layout,
    service: 'edge',
    command: ['rm', '-f', edgeFile],
    failure: 'The edge cannot be told that the platform is back.',
  });
}

/** The gateway can have its port. The edge goes on answering 503, if it does. */
export async function freeGatewayPort(layout: StackLayout): Promise<void> {
  const { [stackLabel]: stack } = stackLabels(layout);
  const label = [`${stackLabel}=${stack}`, maintenanceLabel];
  const found = await engine((client) => client.listContainers({ all: true, filters: { label } }));
  for (const { Id } of found) {
    try {
      await engine((client) => client.getContainer(Id).remove({ force: true, v: true }));
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}
