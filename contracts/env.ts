/**
 * Environment variables of our own processes. What the official images define keeps the image's name (PGRST_*, GOTRUE_*,
 * HATCHET_CLIENT_*); these are ours, the same on every runtime.
 */
export const env = {
  /** API server and workers: the gateway's origin as they reach it, e.g. http://127.0.0.1:8000 */
  supabaseUrl: 'SUPABASE_URL',
  publishableKey: 'SUPABASE_PUBLISHABLE_KEY',
  secretKey: 'SUPABASE_SECRET_KEY',
  /** API server: where clients reach the stack. */
  publicUrl: 'SFP_PUBLIC_URL',
  tenant: 'SFP_TENANT',
  apiHost: 'SFP_API_HOST',
  apiPort: 'SFP_API_PORT',
  /** API server: private EC JWK (with kid) that signs the tokens given for application tokens. */
  jwtSigningKey: 'SFP_JWT_SIGNING_KEY',
  /** API server: shared secret of the database's wake-up call, header `x-sfp-dispatch`. */
  dispatchSecret: 'SFP_DISPATCH_SECRET',
  /** API server: how many days are kept; without the last, history is kept for good. */
  retentionTaskEventsDays: 'SFP_RETENTION_TASK_EVENTS_DAYS',
  retentionAuditLogDays: 'SFP_RETENTION_AUDIT_LOG_DAYS',
  retentionHistoryDays: 'SFP_RETENTION_HISTORY_DAYS',
  /** Workers: which pool, how many slots, where workspaces live, how long a drain may take. */
  workerPool: 'SFP_WORKER_POOL',
  workerSlots: 'SFP_WORKER_SLOTS',
  workerName: 'SFP_WORKER_NAME',
  workspaceDir: 'SFP_WORKSPACE_DIR',
  drainTimeoutMs: 'SFP_DRAIN_TIMEOUT_MS',
  /** API server and workers: the directory of the artifact store, the same for all of them. */
  artifactsDir: 'SFP_ARTIFACTS_DIR',
  /** Workers: port of GET /health on loopback. */
  workerHealthPort: 'SFP_WORKER_HEALTH_PORT',
  /** Migrator. */
  migrationsDatabaseUrl: 'SFP_MIGRATIONS_DATABASE_URL',
  /** Migrator: URL that `pg_net` calls to wake the dispatcher; stored in `private.dispatch_settings`. */
  dispatchUrl: 'SFP_DISPATCH_URL',
  logLevel: 'SFP_LOG_LEVEL',
  /** CLI and stacks: the base directory. */
  home: 'SFP_HOME',
} as const;
