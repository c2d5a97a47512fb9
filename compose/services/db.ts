import type { ComposeService } from '../service.ts';

/** Postgres, with the roles, schemas and extensions that the others stand on. */
export const db: ComposeService = {
  name: 'db',
  image: 'db',
  kind: 'service',
  command: [
    'postgres',
    '-c',
    'config_file=/etc/postgresql/postgresql.conf',
    // A statement that fails is logged with its text, which may hold a secret.
    '-c',
    'log_min_messages=fatal',
    // The engine takes up to 66 connections under load, the others 45 together.
    '-c',
    'max_connections=200',
  ],
  environment: () => ({
    POSTGRES_HOST: '/var/run/postgresql',
    PGPORT: '5432',
    POSTGRES_PORT: '5432',
    PGDATABASE: 'postgres',
    POSTGRES_DB: 'postgres',
  }),
  // POSTGRES_USER stays the image's: another one breaks its first boot.
  secrets: ({ password }) => ({
    POSTGRES_PASSWORD: password('supabase_admin'),
    PGPASSWORD: password('supabase_admin'),
  }),
  networks: { data: {} },
  mounts: () => [
    { volume: 'db-data', target: '/var/lib/postgresql/data' },
    { volume: 'db-config', target: '/etc/postgresql-custom' },
  ],
  needs: { 'vault-key': 'service_completed_successfully' },
  // Over TCP: the server that the first boot runs for itself listens on the socket only.
  health: {
    test: ['CMD', 'pg_isready', '-U', 'postgres', '-h', 'localhost'],
    intervalSeconds: 2,
    timeoutSeconds: 5,
    retries: 15,
    startSeconds: 120,
  },
  stopSeconds: () => 120,
  sharedMemory: '256m',
  limits: { memoryMegabytes: 2048, cpus: 2, pids: 512 },
  exceptions: {
    root: 'the entry script prepares the data directory, then becomes postgres',
    writableRoot: 'the first boot writes beside its configuration in /etc; not tried read-only',
    capabilities: {
      names: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'],
      why: 'what the entry script of Postgres images needs to hand over its directories and itself',
    },
  },
};
