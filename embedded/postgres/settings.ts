/** Server settings of a stack: the image's where clients can tell, small where it only costs memory. */
export const stackSettings: Readonly<Record<string, string>> = {
  wal_level: 'logical',
  max_wal_senders: '10',
  max_replication_slots: '10',
  max_slot_wal_keep_size: '4096MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  password_encryption: 'scram-sha-256',
  default_text_search_config: 'pg_catalog.english',
  shared_preload_libraries: 'pg_stat_statements',
  // One stack on one machine: these three decide its idle memory.
  shared_buffers: '64MB',
  max_connections: '100',
  max_parallel_workers: '2',
  jit: 'off',
  // The image logs DDL; a statement's text may hold a secret, so ours logs none.
  log_statement: 'none',
  log_line_prefix: '%m [%p] %q%u@%d ',
  unix_socket_permissions: '0777',
};

/** `-c name=value` arguments for the server; later records win. */
export const settingArguments = (...records: Readonly<Record<string, string>>[]): string[] =>
  Object.entries(Object.assign({}, ...records) as Record<string, string>).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
