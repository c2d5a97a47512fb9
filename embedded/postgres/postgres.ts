import type { ChildProcess } from 'node:child_process';
import { chown, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { SfpError } from '../../contracts/error.ts';
import { ensureRootKey, linkRootKey } from '../vault/root-key.ts';
import { serverAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { bootstrapSteps, runBootstrap, runOnce } from './bootstrap.ts';
import { checkReachable, initCluster, isInitialised, reachableBinaries } from './cluster.ts';
import { runningPostmaster } from './postmaster-pid.ts';
import { ensureHatchetDatabase, setPasswords } from './roles.ts';
import { endPostmaster, logTail, type ServerCommand, spawnServer } from './server-process.ts';
import { settingArguments, stackSettings } from './settings.ts';

export interface PostgresOptions {
  dataDir: string;
  /** Directory of the unix socket; sun_path limits it to 90 bytes or so. */
  socketDir: string;
  host?: string;
  port: number;
  /** One for all login roles, or each role's own. */
  password: string | ((role: string) => string);
  /** Added to, and winning over, `stackSettings`. */
  settings?: Record<string, string>;
  /** Default `<dataDir>.log`. */
  logFile?: string;
  /** The vault's root key, made with the cluster; default `<dataDir>.vault-key`. Back it up apart from the data. */
  vaultKeyFile?: string;
  /** Operating-system user of the server when sfp runs as root; default nobody. */
  user?: string;
  /** False leaves a plain cluster: only the superuser, nothing of the image. */
  bootstrap?: boolean;
  log: Logger;
}

type PostgresStatus = { state: 'uninitialised' } | { state: 'stopped' } | { state: 'running'; pid: number };

/** One Postgres server: its data directory, its process, and what the image's database has that a plain one lacks. */
export interface Postgres {
  readonly host: string;
  readonly port: number;
  readonly socketDir: string;
  /** Makes the cluster when there is none. Idempotent; an interrupted one is redone. */
  init(): Promise<void>;
  /** Resolves when a query is answered and the bootstrap is complete. A leftover server of a crash is ended first. */
  start(): Promise<void>;
  /** Fast shutdown, then immediate. Also ends a server that an earlier process left. */
  stop(): Promise<void>;
  status(): Promise<PostgresStatus>;
  url(role: string, database?: string): string;
  /** Calls once when the server ends without `stop()`. */
  onUnexpectedExit(listener: (reason: string) => void): void;
}

const superuser = 'supabase_admin';
const startTimeoutMs = 60_000;
const fastStopTimeoutMs = 20_000;
// sun_path holds 108 bytes on Linux and 104 on macOS, with the terminating zero and "/.s.PGSQL.65535".
const longestSocketDir = 104 - 1 - '/.s.PGSQL.65535'.length;

/** @throws SfpError from init and start, each with what to do next. */
export function createPostgres(options: PostgresOptions): Postgres {
  const { port, password, log } = options;
  const passwordOf = (role: string): string => (typeof password === 'string' ? password : password(role));
  const host = options.host ?? '127.0.0.1';
  const dataDir = resolve(options.dataDir);
  const socketDir = resolve(options.socketDir);
  const logFile = options.logFile ?? `${dataDir}.log`;
  const vaultKeyFile = resolve(options.vaultKeyFile ?? `${dataDir}.vault-key`);
  const listeners: ((reason: string) => void)[] = [];
  let child: ChildProcess | undefined;
  let stopping = false;

  const place = async () => {
    const account = await serverAccount(options.user);
    await mkdir(dirname(dataDir), { recursive: true });
    await mkdir(socketDir, { recursive: true });
    await checkReachable(dataDir, account);
    await checkReachable(join(socketDir, 's'), account);
    if (account !== undefined) await chown(socketDir, account.uid, account.gid);
    const binaries = await reachableBinaries(await findBinaries(), account, dirname(dataDir));
    return { account, binaries };
  };

  const init = async (): Promise<void> => {
    if (socketDir.length > longestSocketDir) throw socketDirTooLong(socketDir);
    const { account, binaries } = await place();
    await checkReachable(vaultKeyFile, account);
    await ensureRootKey(vaultKeyFile, account, await isInitialised(dataDir));
    await initCluster(dataDir, passwordOf(superuser), binaries, account);
    await linkRootKey(vaultKeyFile, dataDir);
  };

  const start = async (): Promise<void> => {
    await init();
    const leftover = await runningPostmaster(dataDir);
    if (leftover !== undefined) {
      log.warn({ pid: leftover }, 'ending the database server that an earlier run left behind');
      await endPostmaster(leftover, dataDir, fastStopTimeoutMs);
    }
    const { account, binaries } = await place();
    const settings = settingArguments(stackSettings, options.settings ?? {}, {
      listen_addresses: host,
      port: String(port),
      unix_socket_directories: socketDir,
    });
    const command = { program: binaries.postgres, args: ['-D', dataDir, ...settings], cwd: dataDir, account, logFile };
    stopping = false;
    const server = await launch(command);
    server.once('exit', (code, signal) => {
      if (child === server) child = undefined;
      if (stopping) return;
      for (const listener of listeners) listener(`exit ${code ?? signal}`);
    });
    try {
      if (options.bootstrap !== false) await bootstrap();
    } catch (error) {
      await stop();
      throw error;
    }
    log.info({ port, pid: server.pid }, 'database server ready');
  };

  const connect = async (): Promise<pg.Client> => {
    const login = { user: superuser, password: passwordOf(superuser) };
    const client = new pg.Client({ host: socketDir, port, database: 'postgres', ...login });
    client.on('error', (error) => log.debug({ err: error }, 'bootstrap connection lost'));
    await client.connect();
    return client;
  };

  /** After a kill -9 the old server's children hold its shared memory until they notice, a moment later. */
  const launch = async (command: ServerCommand): Promise<ChildProcess> => {
    const deadline = performance.now() + startTimeoutMs;
    for (;;) {
      const server = await spawnServer(command);
      child = server;
      if (await untilReady(server, deadline)) return server;
      const log = await logTail(logFile);
      if (!/pre-existing shared memory block/.test(log) || performance.now() > deadline)
        throw startFailed(log, logFile, port);
      await delay(200);
    }
  };

  /** False when the server ended, or was ended because it never answered. */
  const untilReady = async (server: ChildProcess, deadline: number): Promise<boolean> => {
    while (server.exitCode === null && server.signalCode === null) {
      try {
        const client = await connect();
        await client.query('select 1').finally(() => client.end());
        return true;
      } catch (error) {
        if (isWrongPassword(error) || performance.now() > deadline) await stop();
        if (isWrongPassword(error)) throw passwordRefused(dataDir);
      }
      await delay(15);
    }
    return false;
  };

  const bootstrap = async (): Promise<void> => {
    const client = await connect();
    try {
      const applied = await runBootstrap(client, await bootstrapSteps());
      // Outside a transaction, because CREATE DATABASE takes none.
      await runOnce(client, 'logins', async () => {
        await ensureHatchetDatabase(client);
        await setPasswords(client, passwordOf);
      });
      if (applied.length > 0) log.info({ steps: applied.length }, 'database prepared');
    } finally {
      await client.end();
    }
  };

  const stop = async (): Promise<void> => {
    stopping = true;
    const pid = child?.pid ?? (await runningPostmaster(dataDir));
    if (pid !== undefined) await endPostmaster(pid, dataDir, fastStopTimeoutMs);
    child = undefined;
  };

  const status = async (): Promise<PostgresStatus> => {
    const pid = await runningPostmaster(dataDir);
    if (pid !== undefined) return { state: 'running', pid };
    return { state: (await isInitialised(dataDir)) ? 'stopped' : 'uninitialised' };
  };

  return {
    host,
    port,
    socketDir,
    init,
    start,
    stop,
    status,
    url: (role, database = 'postgres') =>
      `postgres://${encodeURIComponent(role)}:${encodeURIComponent(passwordOf(role))}@${host}:${port}/${encodeURIComponent(database)}`,
    onUnexpectedExit: (listener) => listeners.push(listener),
  };
}

const isWrongPassword = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '28P01';

const startFailed = (log: string, logFile: string, port: number): SfpError =>
  new SfpError({
    code: 'postgres_start_failed',
    message: 'The database server did not start.',
    detail: log,
    suggestion: `Look for the reason in the lines above (full log: ${logFile}); port ${port} may be in use.`,
  });

const passwordRefused = (dataDir: string): SfpError =>
  new SfpError({
    code: 'postgres_password_refused',
    message: 'The database refuses the password of this stack.',
    detail: `The cluster in ${dataDir} was made with another password.`,
    suggestion:
      'Put back the secrets.json that this database was made with: each backup of the stack holds it (`sfp server backups`, `sfp server restore`).',
  });

const socketDirTooLong = (socketDir: string): SfpError =>
  new SfpError({
    code: 'postgres_socket_dir_too_long',
    message: 'The path of the database socket is too long for the operating system.',
    detail: `${socketDir} has ${socketDir.length} characters; ${longestSocketDir} are possible`,
    suggestion: 'Use a shorter base directory (SFP_HOME or --base-dir).',
  });
