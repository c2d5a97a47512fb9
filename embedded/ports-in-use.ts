import { type PortName, portNames } from '../stack/ports.ts';
import type { RoleName, ServerSettings } from '../stack/server-settings.ts';

const roleOfPort: Readonly<Record<PortName, RoleName | null>> = {
  gateway: 'gateway',
  api: 'api',
  postgres: null,
  rest: 'rest',
  restAdmin: 'rest',
  auth: 'auth',
  realtime: 'realtime',
  hatchetGrpc: 'hatchet',
  hatchetRest: 'hatchet',
  hatchetHealth: 'hatchet',
  workerStandardHealth: 'worker-standard',
  workerLongHealth: 'worker-long',
};

/** The ports on which something of this stack will listen: not those of a role that a URL stands for. */
export const portsInUse = (settings: ServerSettings): PortName[] =>
  portNames.filter((port) => {
    const role = roleOfPort[port];
    const source = role === null ? undefined : settings.roles[role];
    return !(typeof source === 'object' && 'url' in source);
  });
