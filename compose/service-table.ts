import type { ComposeService, ServiceContext, ServiceName } from './service.ts';
import { api } from './services/api.ts';
import { auth } from './services/auth.ts';
import { db } from './services/db.ts';
import { dbSetup } from './services/db-setup.ts';
import { edge } from './services/edge.ts';
import { hatchet } from './services/hatchet.ts';
import { hatchetToken } from './services/hatchet-token.ts';
import { kong } from './services/kong.ts';
import { realtime } from './services/realtime.ts';
import { rest } from './services/rest.ts';
import { supabaseMigrations } from './services/supabase-migrations.ts';
import { vaultKey } from './services/vault-key.ts';
import { workerLong } from './services/worker-long.ts';
import { workerStandard } from './services/worker-standard.ts';

export const serviceTable: Readonly<Record<ServiceName, ComposeService>> = {
  'vault-key': vaultKey,
  db,
  'db-setup': dbSetup,
  auth,
  realtime,
  'supabase-migrations': supabaseMigrations,
  rest,
  kong,
  hatchet,
  'hatchet-token': hatchetToken,
  api,
  'worker-standard': workerStandard,
  'worker-long': workerLong,
  edge,
};

/** The services that this stack has. */
export const servicesOf = (context: ServiceContext): ComposeService[] =>
  Object.values(serviceTable).filter(({ included }) => included?.(context) ?? true);
