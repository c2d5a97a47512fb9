import { existsSync } from 'node:fs';
import { z } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { portHolder } from '../stack/port-holder.ts';
import { isPortFree } from '../stack/ports.ts';
import type { Stack } from '../stack/stack.ts';
import { compose } from './engine/compose-command.ts';
import { engineAddress, isLocalAddress } from './engine/docker-engine.ts';
import { isMaintenanceAtGateway } from './maintenance.ts';
import { overrideFile } from './override-file.ts';
import type { StackContainer } from './stack-containers.ts';

/** Ports of this machine that the stack listens on, and who has each that it could not have. */
export async function takenPorts(stack: Stack, containers: readonly StackContainer[]): Promise<string[]> {
  if (!isLocalAddress(await engineAddress())) return []; // the engine says it when it starts the container
  const { settings, layout } = stack;
  const runs = (name: string): boolean => containers.some(({ service, running }) => service === name && running);
  const own = runs('kong') || (await isMaintenanceAtGateway(layout));
  const wanted = [
    ...(own ? [] : [{ port: settings.ports.gateway, name: 'gateway', host: '127.0.0.1' }]),
    ...(settings.domain === undefined || runs('edge') ? [] : await edgePorts(stack)),
  ];
  const taken: string[] = [];
  for (const { port, name, host } of wanted) {
    if (!(await isPortFree(port, host))) taken.push(`${port} (${name}) by ${portHolder(port) ?? 'another process'}`);
  }
  return taken;
}

const everywhere = '0.0.0.0';
const composedSchema = z.object({
  services: z.object({
    edge: z.object({
      ports: z
        .array(
          z.object({
            published: z.string().default(''),
            host_ip: z.string().default(everywhere),
            protocol: z.string().default('tcp'),
          }),
        )
        .default([]),
    }),
  }),
});

/** 80 and 443, unless the operator's own file gives the edge others. */
async function edgePorts({ layout }: Stack): Promise<{ port: number; name: string; host: string }[]> {
  if (!existsSync(overrideFile(layout))) return [80, 443].map((port) => ({ port, name: 'edge', host: everywhere }));
  const text = await compose(layout, {
    args: ['config', '--format', 'json'],
    failure: `Compose does not accept ${overrideFile(layout)}.`,
  });
  const { ports } = composedSchema.parse(JSON.parse(text)).services.edge;
  // Without one the engine takes what is free; a range is its own to try.
  return ports.flatMap(({ published, host_ip: host, protocol }) =>
    protocol === 'tcp' && /^[1-9]\d*$/.test(published) ? [{ port: Number(published), name: 'edge', host }] : [],
  );
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
