import { createServer } from 'node:net';
import { z } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { portHolder } from './port-holder.ts';

/** Every port of an embedded stack, in the order of its place in the block. All on loopback. */
export const portNames = [
  'gateway',
  'api',
  'postgres',
  'rest',
  'restAdmin',
  'auth',
  'realtime',
  'hatchetGrpc',
  'hatchetRest',
  'hatchetHealth',
  'workerStandardHealth',
  'workerLongHealth',
] as const;
export type PortName = (typeof portNames)[number];

const portSchema = z.number().int().min(1).max(65_535);
export const portsSchema = z.record(z.enum(portNames), portSchema);
export type Ports = z.infer<typeof portsSchema>;

/**
 * Blocks of 20 below the range from which Linux and macOS take the local ports of outgoing connections (32768 and up):
 * a port from there may be busy at any moment without a listener.
 */
const firstPort = 20_000;
const blockSize = 20;
const blocks = 600;

export const blockPorts = (block: number): Ports => {
  const base = firstPort + (block % blocks) * blockSize;
  return Object.fromEntries(portNames.map((name, index) => [name, base + index])) as Ports;
};

/** Stable starting block of a stack, so that stacks of different base directories do not all begin at the same one. */
export const firstBlock = (stackId: string): number => Number.parseInt(stackId.slice(0, 8), 16) % blocks;

export interface PortAllocation {
  stackId: string;
  /** Ports that belong to other stacks, running or not. */
  reserved: ReadonlySet<number>;
  isFree: (port: number) => Promise<boolean>;
  /** The public port, when the operator chose one. */
  gateway?: number | undefined;
}

/** Twelve ports that nobody else has, from the first block that is free as a whole. */
export async function allocatePorts(allocation: PortAllocation): Promise<Ports> {
  const start = firstBlock(allocation.stackId);
  for (let step = 0; step < blocks; step += 1) {
    const ports = blockPorts(start + step);
    const free = await Promise.all(
      Object.values(ports).map(async (port) => !allocation.reserved.has(port) && (await allocation.isFree(port))),
    );
    if (free.every(Boolean)) {
      return allocation.gateway === undefined ? ports : { ...ports, gateway: allocation.gateway };
    }
  }
  throw new SfpError({
    code: 'no_free_ports',
    message: `No block of ${portNames.length} free ports between ${firstPort} and ${firstPort + blocks * blockSize}.`,
    suggestion: 'Stop something that listens there, or destroy a stack that is no longer needed (`sfp server list`).',
  });
}

/** True when this process could listen on the loopback port now. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

const portTakenError = (name: string, port: number, holder: string | null, serverFile: string): SfpError =>
  new SfpError({
    code: 'port_taken',
    message: `Port ${port} (${name}) is taken${holder === null ? '' : ` by ${holder}`}.`,
    detail: `The stack's ports are stored in ${serverFile} under "ports".`,
    suggestion: `Stop what listens on ${port}, or set "ports.${name}" in ${serverFile} to a free port, and start again.`,
  });

/** Refuses with the name of the first port that something else listens on, and with who that is when it can be known. */
export async function assertPortsFree(ports: Ports, names: readonly PortName[], serverFile: string): Promise<void> {
  for (const name of names) {
    if (await isPortFree(ports[name])) continue;
    throw portTakenError(name, ports[name], portHolder(ports[name]), serverFile);
  }
}
