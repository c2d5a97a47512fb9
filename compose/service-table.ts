import type { ServerSettings } from '../stack/server-settings.ts';
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

/** The services that a stack with these settings has. */
export const servicesFor = (settings: ServerSettings): ComposeService[] => {
  const engine = settings.roles.hatchet;
  const engineElsewhere = typeof engine === 'object' && 'url' in engine;
  return Object.values(serviceTable).filter(({ included }) => included?.({ settings, engineElsewhere }) ?? true);
};

/** The services that this stack has. */
export const servicesOf = ({ settings }: ServiceContext): ComposeService[] => servicesFor(settings);
