import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { Client } from 'pg';
import { pino } from 'pino';
import { signHatchetToken } from '../../../embedded/hatchet/token.ts';
import { startNetWorker } from '../../../embedded/net/worker.ts';
import type { RoleContext } from '../../../embedded/roles/role.ts';
import { roleTable } from '../../../embedded/roles/role-table.ts';
import { runProbe } from '../../../embedded/supervisor/probe.ts';
import { readMigrations } from '../../../migrations/migration-file.ts';
import { migrateUp } from '../../../migrations/migrator.ts';
import { stackLayout } from '../../../stack/layout.ts';
import { type PortName, portNames } from '../../../stack/ports.ts';
import { newSecrets } from '../../../stack/secrets.ts';
import type { RoleName } from '../../../stack/server-settings.ts';
import { freePort } from '../../support/free-port.ts';
import { startTestPostgres } from '../../support/postgres.ts';
import { type Role, startRole } from '../../support/role.ts';

const log = pino({ level: 'silent' });

export interface User {
  id: string;
  email: string;
  password: string;
  token: string;
}

/** How long one probe of a role may take, and all of them. */
interface Patience {
  probeMs: number;
  readyMs: number;
}

/** The stack that the API server lives in, each role a process with the environment that the supervisor gives it. */
export interface ServerStack {
  url: string;
  context: RoleContext;
  /** The migrations' role. */
  owner: Client;
  service: SupabaseClient;
  roles: Map<RoleName, Role>;
  /** @param patience more of it where the role comes back to a crowd */
  start(name: RoleName, patience?: Patience): Promise<Role>;
  /** A user with a session. */
  user(name: string): Promise<User>;
  /** Calls the API through the gateway. */
  call(
    method: string,
    path: string,
    options?: { token?: string | undefined; body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer>;
  /** supabase-js as this user. */
  as(token: string): SupabaseClient;
  stop(): Promise<void>;
}

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any;
}

async function makeContext(databasePassword: string, databasePort: number): Promise<RoleContext> {
  const numbers: [PortName, number][] = [];
  for (const name of portNames) numbers.push([name, name === 'postgres' ? databasePort : await freePort()]);
  const ports = Object.fromEntries(numbers) as Record<PortName, number>;
  const secrets = { ...newSecrets(), databasePassword };
  const local = (name: PortName): string => `http://127.0.0.1:${ports[name]}`;
  const hatchetGrpc = `127.0.0.1:${ports.hatchetGrpc}`;
  return {
    layout: stackLayout(join(tmpdir(), `sfp-server-test-${process.pid}`), 'test'),
    settings: {
      version: 1,
      tenant: 'test',
      mode: 'dev',
      runtime: 'embedded',
      ports,
      pools: { standard: { slots: 4 }, long: { slots: 2 } },
      drainTimeoutMs: 2_000,
      signup: 'closed',
      roles: {},
    },
    secrets,
    urls: {
      rest: local('rest'),
      auth: local('auth'),
      realtime: local('realtime'),
      hatchet: local('hatchetRest'),
      gateway: local('gateway'),
      api: local('api'),
    },
    hatchetGrpc,
    hatchetToken: await signHatchetToken({
      secret: secrets.hatchetTokenSecret,
      tenantId: secrets.hatchetTenantId,
      serverUrl: local('hatchetRest'),
      grpcBroadcastAddress: hatchetGrpc,
    }),
    databasePassword: () => databasePassword,
    databaseUrl: (role, database = 'postgres') =>
      `postgres://${role}:${databasePassword}@127.0.0.1:${databasePort}/${database}`,
  };
}

/**
 * Starts Postgres, auth, realtime, the migrations, REST, gateway and what else is asked for, in the order of a start.
 *
 * @param limited auth limits an address as it does in a stack; else it does not: everybody in a test comes from the same
 */
export async function startServerStack(
  wanted: readonly RoleName[] = ['hatchet', 'api'],
  { limited = false }: { limited?: boolean } = {},
): Promise<ServerStack> {
  const ends: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const postgres = await startTestPostgres();
    ends.push(() => postgres.stop());
    const context = await makeContext(postgres.password, postgres.port);
    await mkdir(context.layout.artifactsDir, { recursive: true });
    // Workers make their workspaces there.
    ends.push(() => rm(context.layout.baseDir, { recursive: true, force: true }));
    const roles = new Map<RoleName, Role>();
    const unlimited: Record<string, string> = limited ? {} : { GOTRUE_RATE_LIMIT_HEADER: '' };
    const start: ServerStack['start'] = async (name, { probeMs, readyMs } = { probeMs: 1_000, readyMs: 20_000 }) => {
      const role = roleTable[name];
      const entry = new URL(`../../../${role.entry}.ts`, import.meta.url);
      const env = { SFP_LOG_LEVEL: process.env.SFP_TEST_LOG_LEVEL ?? 'info', ...role.env(context), ...unlimited };
      const started = await startRole(entry, env, {
        ready: async () => (await runProbe(role.probe(context), probeMs)).ok,
        timeoutMs: readyMs,
      });
      roles.set(name, started);
      ends.push(() => started.stop());
      return started;
    };
    await Promise.all((['auth', 'realtime', 'gateway'] as const).map((name) => start(name)));
    const owner = new Client({ connectionString: postgres.url('postgres') });
    await owner.connect();
    ends.push(() => owner.end());
    await migrateUp(postgres.url('postgres'), await readMigrations(), { log });
    await owner.query('select private.set_dispatch($1, $2)', [
      `${context.urls.api}/api/v1/internal/dispatch`,
      context.secrets.dispatchSecret,
    ]);
    const net = startNetWorker({ databaseUrl: postgres.url('supabase_admin'), log });
    ends.push(() => net.stop());
    await Promise.all([start('rest'), ...(wanted.includes('hatchet') ? [start('hatchet')] : [])]);
    for (const name of wanted.filter((role) => role !== 'hatchet')) await start(name);

    const url = context.urls.gateway;
    const { publishableKey, secretKey } = context.secrets;
    const auth = { persistSession: false, autoRefreshToken: false };
    const service = createClient(url, secretKey, { auth });
    const as = (token: string): SupabaseClient => createClient(url, publishableKey, { accessToken: async () => token });
    const call: ServerStack['call'] = async (method, path, { token, body, headers = {} } = {}) => {
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    };
    const user = async (name: string): Promise<User> => {
      const made = { email: `${name}@example.test`, password: `password of ${name}` };
      const { data, error } = await service.auth.admin.createUser({ ...made, email_confirm: true });
      if (error !== null) throw error;
      const session = await createClient(url, publishableKey, { auth }).auth.signInWithPassword(made);
      if (session.error !== null) throw session.error;
      return { ...made, id: data.user.id, token: session.data.session.access_token };
    };
    return { url, context, owner, service, roles, start, user, call, as, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
