import type { RoleName } from '../../stack/server-settings.ts';
import { apiRole } from './api.ts';
import { authRole } from './auth.ts';
import { gatewayRole } from './gateway.ts';
import { hatchetRole } from './hatchet.ts';
import { realtimeRole } from './realtime.ts';
import { restRole } from './rest.ts';
import type { Role } from './role.ts';
import { workerLongRole, workerStandardRole } from './worker.ts';

export const roleTable: Readonly<Record<RoleName, Role>> = {
  rest: restRole,
  auth: authRole,
  realtime: realtimeRole,
  hatchet: hatchetRole,
  gateway: gatewayRole,
  api: apiRole,
  'worker-standard': workerStandardRole,
  'worker-long': workerLongRole,
};
