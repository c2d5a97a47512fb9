import type { Exception } from './finding.ts';

const serviceKeys = (...names: string[]): string[] => names.map((name) => `key of the stack: ${name}`);

/** Files of the stack's directory and of a person's configuration. A place says when others may read it: none of these. */
export const fileExceptions: readonly Exception[] = [
  {
    why: 'the one file that holds what the stack was made with; mode 600',
    place: /^secrets\.json$/,
    holds: ['key of the stack'],
    found: 'always',
  },
  {
    why: "the Vault's root key, outside the database that it opens; mode 600",
    place: /^data\/vault\.key$/,
    holds: ['key of the vault: root key'],
    found: 'always',
  },
];
export const configurationExceptions: readonly Exception[] = [
  {
    why: 'the logins of the person whose file it is; mode 600',
    place: /^contexts\.json$/,
    holds: ['refresh token', 'access token', 'application token'],
    found: 'always',
  },
];

/** Columns. */
export const tableExceptions: readonly Exception[] = [
  {
    why: 'GoTrue finds a session by its refresh token as it is; no role but its own reads the table',
    place: /^auth\.refresh_tokens\.(token|parent)$/,
    holds: ['refresh token'],
    found: 'always',
  },
  {
    why: 'the header of a wake-up call, until it is sent; no role of a client reads the queue',
    place: /^net\.http_request_queue\.headers$/,
    holds: serviceKeys('dispatchSecret'),
    found: 'at times',
  },
];

/** Bytes of the data directory: what the columns above leave in their tables' files, and in the write-ahead log. */
export const heapExceptions = (filesOf: Record<'tokens' | 'queue', readonly string[]>): readonly Exception[] => {
  const among = (paths: readonly string[]) => new RegExp(`^(${paths.map((path) => `${path}(_init)?`).join('|')})$`);
  return [
    {
      why: 'auth.refresh_tokens and its indexes',
      place: among(filesOf.tokens),
      holds: ['refresh token'],
      found: 'always',
    },
    {
      why: 'net.http_request_queue, unlogged; its file is cut when it is vacuumed',
      place: among(filesOf.queue),
      holds: serviceKeys('dispatchSecret'),
      found: 'at times',
    },
    {
      why: 'the log of auth.refresh_tokens',
      place: /^pg_wal\/[0-9A-F]{24}$/,
      holds: ['refresh token'],
      found: 'at times',
    },
  ];
};

const program = (path: string): RegExp => new RegExp(`^environment of \\S+ .*${path}\\b`);

/** Environments: each service has what it works with; a process of a step has what the step asked for. */
export const processExceptions: readonly Exception[] = [
  {
    why: 'a step asked for it; its variables are gone with it',
    place: /^environment of a step: /,
    holds: ['credential'],
    found: 'always',
  },
  {
    why: 'a person set SFP_TOKEN for this command',
    place: program('dist/cli/main\\.js'),
    holds: ['application token'],
    found: 'always',
  },
  {
    why: 'the API server asks the gateway and the task engine, signs, and is woken by the dispatch secret',
    place: program('dist/server/main\\.js'),
    holds: serviceKeys('secretKey', 'jwtSigningKey', 'dispatchSecret', 'hatchetToken'),
    found: 'always',
  },
  {
    why: 'a worker asks the gateway and the task engine',
    place: program('dist/workers/main\\.js'),
    holds: serviceKeys('secretKey', 'hatchetToken'),
    found: 'always',
  },
  {
    why: 'the gateway knows the keys that it lets through',
    place: program('dist/embedded/gateway/main\\.js'),
    holds: serviceKeys('secretKey', 'serviceRoleKey', 'serviceRoleToken'),
    found: 'always',
  },
  {
    why: 'auth signs sessions and has a role of its own',
    place: program('dist/embedded/auth/main\\.js'),
    holds: [...serviceKeys('jwtSecret', 'jwtSigningKey'), 'password of a role: supabase_auth_admin'],
    found: 'always',
  },
  {
    why: 'REST verifies tokens and has a role of its own',
    place: program('dist/embedded/rest/main\\.js'),
    holds: [...serviceKeys('jwtSecret'), 'password of a role: authenticator'],
    found: 'always',
  },
  {
    why: 'Realtime verifies tokens and has a role of its own; the image wants three keys more',
    place: program('dist/embedded/realtime/main\\.js'),
    holds: [
      ...serviceKeys('jwtSecret', 'realtimeEncryptionKey', 'realtimeSecretKeyBase', 'realtimeMetricsSecret'),
      'password of a role: supabase_admin',
    ],
    found: 'always',
  },
  {
    why: 'the task engine signs its tokens and has a role of its own',
    place: program('dist/embedded/hatchet/main\\.js'),
    holds: [...serviceKeys('hatchetTokenSecret'), 'password of a role: hatchet'],
    found: 'always',
  },
  {
    why: 'migrations run as the owner and put the dispatch secret into the Vault; over in a moment',
    place: program('dist/migrations/main\\.js'),
    holds: [...serviceKeys('dispatchSecret'), 'password of a role: postgres'],
    found: 'at times',
  },
];
