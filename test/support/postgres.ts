import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { serverAccount } from '../../embedded/postgres/account.ts';
import { findBinaries } from '../../embedded/postgres/binaries.ts';
import { bootstrapSteps } from '../../embedded/postgres/bootstrap.ts';
import { createPostgres, type Postgres } from '../../embedded/postgres/postgres.ts';
import { isAlive, parsePostmasterPid, runningPostmaster } from '../../embedded/postgres/postmaster-pid.ts';
import { endPostmaster } from '../../embedded/postgres/server-process.ts';
import { copyTree } from '../../embedded/postgres/tree.ts';
import { freePort } from './free-port.ts';

export interface TestPostgres {
  host: string;
  port: number;
  socketDir: string;
  /** Of every login role. */
  password: string;
  /** A connection URL over loopback TCP; the database defaults to `postgres`. */
  url(role: string, database?: string): string;
  /** Ends the server and removes its directory. */
  stop(): Promise<void>;
}

const password = 'test-password';
const testSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '32MB',
  max_connections: '60',
  autovacuum_naptime: '10min',
};
// One directory per operating-system user; the kernel's 107 bytes of a socket path must fit below it.
const root = join(tmpdir(), `sfp-test-pg-${process.getuid?.() ?? 0}`);
const running = new Map<Postgres, string>();

/** Starts a freshly bootstrapped server from a template made once per content of the bootstrap. */
export async function startTestPostgres(
  options: { settings?: Record<string, string>; bootstrap?: boolean } = {},
): Promise<TestPostgres> {
  const bootstrap = options.bootstrap ?? true;
  await mkdir(root, { recursive: true });
  await chmod(root, 0o755);
  await sweep();
  const template = await ensureTemplate(bootstrap);
  const home = join(root, `i-${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(home, { mode: 0o755 });
  await copyTree(join(template, 'data'), join(home, 'data'), await serverAccount());
  await copyFile(join(template, 'data.vault-key'), join(home, 'data.vault-key'));
  const postgres = await startOn(home, bootstrap, options.settings ?? {});
  return {
    host: postgres.host,
    port: postgres.port,
    socketDir: postgres.socketDir,
    password,
    url: (role, database) => postgres.url(role, database),
    stop: async () => {
      await postgres.stop();
      running.delete(postgres);
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function startOn(home: string, bootstrap: boolean, settings: Record<string, string>): Promise<Postgres> {
  for (let attempt = 1; ; attempt += 1) {
    const postgres = createPostgres({
      dataDir: join(home, 'data'),
      socketDir: home,
      port: await freePort(),
      password,
      bootstrap,
      settings: { ...testSettings, ...settings },
      log: pino({ level: process.env.SFP_TEST_LOG_LEVEL ?? 'silent' }),
    });
    running.set(postgres, home);
    try {
      await postgres.start();
      return postgres;
    } catch (error) {
      running.delete(postgres);
      // A neighbour may have taken the port between the look and the bind.
      if (attempt === 3 || !String(error).includes('did not start')) throw error;
    }
  }
}

/** A stopped data directory to copy, named after everything that went into it; made once, by whoever comes first. */
async function ensureTemplate(bootstrap: boolean): Promise<string> {
  const hash = createHash('sha256')
    .update((await findBinaries()).postgres)
    .update(JSON.stringify(testSettings));
  for (const step of bootstrap ? await bootstrapSteps() : []) hash.update(step.name).update(step.sql);
  for (const file of ['bootstrap.ts', 'cluster.ts', 'postgres.ts', 'roles.ts', 'settings.ts']) {
    hash.update(readFileSync(new URL(`../../embedded/postgres/${file}`, import.meta.url)));
  }
  const template = join(root, `t-${hash.digest('hex').slice(0, 16)}`);
  if (await touch(template)) return template;
  const making = join(root, `m-${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(making, { mode: 0o755 });
  const postgres = await startOn(making, bootstrap, {});
  await postgres.stop();
  running.delete(postgres);
  try {
    await rename(making, template);
  } catch (error) {
    // Somebody else finished the same template first.
    await rm(making, { recursive: true, force: true });
    if (!(await touch(template))) throw error;
  }
  return template;
}

async function touch(directory: string): Promise<boolean> {
  const now = new Date();
  return utimes(directory, now, now).then(
    () => true,
    () => false,
  );
}

/** Removes what killed test runs left: servers and directories of dead processes, templates unused for two hours. */
async function sweep(): Promise<void> {
  for (const name of await readdir(root)) {
    const directory = join(root, name);
    const owner = /^[im]-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) {
      const pid = await runningPostmaster(join(directory, 'data'));
      if (pid !== undefined) await endPostmaster(pid, join(directory, 'data'), 1_000);
      await rm(directory, { recursive: true, force: true });
    }
    if (owner === undefined) {
      const unusedMs = await stat(directory).then(
        (found) => Date.now() - found.mtimeMs,
        () => 0,
      );
      if (unusedMs > 2 * 3_600_000) await rm(directory, { recursive: true, force: true });
    }
  }
}

// A worker that ends without its afterAll: the servers still have to go.
process.once('exit', () => {
  for (const home of running.values()) {
    try {
      const found = parsePostmasterPid(readFileSync(join(home, 'data', 'postmaster.pid'), 'utf8'));
      if (found !== undefined) process.kill(found.pid, 'SIGQUIT');
    } catch {
      // Never got as far as a lock file: nothing runs.
    }
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
});
