import { SfpError } from '../contracts/error.ts';
import { portHolder } from '../stack/port-holder.ts';
import { isPortFree } from '../stack/ports.ts';
import type { Stack } from '../stack/stack.ts';
import { engineAddress, isLocalAddress } from './engine/docker-engine.ts';
import { isMaintenanceAtGateway } from './maintenance.ts';
import type { StackContainer } from './stack-containers.ts';

/** Ports of this machine that the stack listens on, and who has each that it could not have. */
export async function takenPorts(stack: Stack, containers: readonly StackContainer[]): Promise<string[]> {
  if (!isLocalAddress(await engineAddress())) return []; // the engine says it when it starts the container
  const { settings, layout } = stack;
  const runs = (name: string): boolean => containers.some(({ service, running }) => service === name && running);
  const own = runs('kong') || (await isMaintenanceAtGateway(layout));
  const wanted = [
    ...(own ? [] : [{ port: settings.ports.gateway, name: 'gateway', host: '127.0.0.1' }]),
    ...(settings.domain === undefined || runs('edge')
      ? []
      : [80, 443].map((port) => ({ port, name: 'edge', host: '0.0.0.0' }))),
  ];
  const taken: string[] = [];
  for (const { port, name, host } of wanted) {
    if (!(await isPortFree(port, host))) taken.push(`${port} (${name}) by ${portHolder(port) ?? 'another process'}`);
  }
  return taken;
}

/** @throws SfpError `port_taken` */
export async function assertGatewayPort(stack: Stack, containers: readonly StackContainer[]): Promise<void> {
  const taken = await takenPorts(stack, containers);
  if (taken.length === 0) return;
  throw new SfpError({
    code: 'port_taken',
    message: `The stack cannot listen: ${taken.join(', ')}.`,
    suggestion: `Stop what listens there, or choose another port of the gateway with \`sfp server config set --tenant ${stack.layout.tenant} ports.gateway=<port>\`.`,
  });
}
