import { readFileSync } from 'node:fs';
import type { ComposeService } from '../service.ts';

const sql = readFileSync(new URL('../database-setup.sql', import.meta.url), 'utf8');

/** Passwords, the task engine's role and database, and the closing of `net`: database-setup.sql, at every start. */
export const dbSetup: ComposeService = {
  name: 'db-setup',
  image: 'db',
  kind: 'job',
  user: '65534:65534',
  entrypoint: ['bash', '-euc'],
  command: [`psql --no-psqlrc --quiet <<'SETUP'\n${sql}SETUP\n`],
  environment: () => ({ PGHOST: 'db', PGPORT: '5432', PGUSER: 'supabase_admin', PGDATABASE: 'postgres' }),
  secrets: ({ password }) => ({
    PGPASSWORD: password('supabase_admin'),
    AUTH_PASSWORD: password('supabase_auth_admin'),
    REST_PASSWORD: password('authenticator'),
    MIGRATIONS_PASSWORD: password('postgres'),
    HATCHET_PASSWORD: password('hatchet'),
  }),
  networks: { data: {} },
  tmpfs: ['/tmp'],
  needs: { db: 'service_healthy' },
  limits: { memoryMegabytes: 128, cpus: 0.5, pids: 32 },
};
