import { env } from '../../contracts/env.ts';
import type { ComposeService } from '../service.ts';
import { apiOrigin } from './api.ts';

/** Our schema, as the non-superuser `postgres`, before anything that reads it starts. */
export const supabaseMigrations: ComposeService = {
  name: 'supabase-migrations',
  image: 'platform',
  kind: 'job',
  command: ['node', 'dist/migrations/main.js', 'up'],
  environment: () => ({ [env.dispatchUrl]: `${apiOrigin}/api/v1/internal/dispatch` }),
  secrets: ({ databaseUrl, secrets }) => ({
    [env.migrationsDatabaseUrl]: databaseUrl('postgres'),
    [env.dispatchSecret]: secrets.dispatchSecret,
  }),
  networks: { data: {} },
  tmpfs: ['/tmp'],
  // Auth and Realtime have made their own objects when they are healthy; the migrator checks that it is so.
  needs: { 'db-setup': 'service_completed_successfully', auth: 'service_healthy', realtime: 'service_healthy' },
  limits: { memoryMegabytes: 256, cpus: 1, pids: 64 },
};
