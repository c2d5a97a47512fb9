import { execFile } from 'node:child_process';
import { chown, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SfpError } from '../../contracts/error.ts';
import { type Account, blockedAt } from './account.ts';
import { binariesAt, type PostgresBinaries } from './binaries.ts';
import { copyTree } from './tree.ts';

const run = promisify(execFile);
const initdbTimeoutMs = 120_000;

/** True when `dataDir` holds a whole cluster: it gets its name only after initdb has finished. */
export async function isInitialised(dataDir: string): Promise<boolean> {
  return (await exists(join(dataDir, 'PG_VERSION'))) && (await exists(join(dataDir, 'global', 'pg_control')));
}

/**
 * Makes the data directory once: superuser supabase_admin, UTF8, ICU en-US like the image, passwords on every way in.
 * initdb works beside it and the result is renamed, so a kill at any moment leaves either nothing or a whole cluster.
 */
export async function initCluster(
  dataDir: string,
  password: string,
  binaries: PostgresBinaries,
  account: Account | undefined,
): Promise<void> {
  if (await isInitialised(dataDir)) return;
  const partial = `${dataDir}.partial`;
  const passwordFile = `${dataDir}.initdb-password`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { mode: 0o700 });
  try {
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (account !== undefined) {
      await chown(partial, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    await initdb(partial, passwordFile, binaries, account);
  } finally {
    await rm(passwordFile, { force: true });
  }
  try {
    // An empty directory made by an operator is replaced; anything else is not ours to remove.
    await rename(partial, dataDir);
  } catch (cause) {
    throw new SfpError(
      {
        code: 'postgres_data_dir_in_use',
        message: 'The place for the database is taken by something else.',
        detail: `${dataDir} is no database cluster, and not empty`,
        suggestion: `Look into ${dataDir}, move what is in it away, and run the command again.`,
      },
      { cause },
    );
  }
}

async function initdb(
  directory: string,
  passwordFile: string,
  binaries: PostgresBinaries,
  account: Account | undefined,
): Promise<void> {
  const args = [
    ...['-D', directory, '-U', 'supabase_admin', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'icu', '--icu-locale', 'en-US'],
    '--no-instructions',
  ];
  try {
    await run(binaries.initdb, args, {
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
      cwd: directory,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      timeout: initdbTimeoutMs,
    });
  } catch (cause) {
    const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : '';
    if (/could not look up effective user ID/.test(stderr)) throw userUnknown(stderr, cause);
    throw new SfpError(
      {
        code: 'postgres_init_failed',
        message: 'The database cluster could not be created.',
        detail: stderr.trim().slice(-2000) || String(cause),
        suggestion: `Check the free space and the rights of ${dirname(directory)}, then run the command again.`,
      },
      { cause },
    );
  }
}

/** As in a container that is run with any number as its user. */
const userUnknown = (stderr: string, cause: unknown): SfpError =>
  new SfpError(
    {
      code: 'postgres_user_unknown',
      message: `The user ${process.getuid?.()} that runs sfp has no entry in /etc/passwd, and Postgres does not run without.`,
      detail: stderr.trim().slice(-2000),
      suggestion: `Run sfp as a user that the machine knows, or make one: useradd --uid ${process.getuid?.()} sfp`,
    },
    { cause },
  );

/** Fails early, with the directory to open, when the account could never reach its data. */
export async function checkReachable(dataDir: string, account: Account | undefined): Promise<void> {
  if (account === undefined) return;
  const blocked = await blockedAt(dirname(dataDir), account);
  if (blocked === undefined) return;
  throw new SfpError({
    code: 'postgres_data_dir_unreachable',
    message: `Postgres does not run as root, and the user ${account.name} cannot reach its data directory.`,
    detail: `${blocked} denies access on the way to ${dataDir}`,
    suggestion: `Run sfp as an ordinary user, use a base directory such as /var/lib/sfp (SFP_HOME or --base-dir), or allow passing: chmod o+x ${blocked}`,
  });
}

/** The programs, where the account can run them: a checkout below /root is copied once into `cacheDir`. */
export async function reachableBinaries(
  binaries: PostgresBinaries,
  account: Account | undefined,
  cacheDir: string,
): Promise<PostgresBinaries> {
  if (account === undefined || (await blockedAt(dirname(binaries.postgres), account)) === undefined) return binaries;
  const { mtimeMs, size } = await stat(binaries.postgres);
  const target = join(cacheDir, `postgres-programs-${size}-${Math.floor(mtimeMs)}`);
  if (!(await exists(target))) {
    const partial = `${target}.${process.pid}.partial`;
    await rm(partial, { recursive: true, force: true });
    await copyTree(binaries.root, partial, undefined);
    await rename(partial, target).catch(async (error: unknown) => {
      await rm(partial, { recursive: true, force: true });
      // Another process was first: its copy is as good.
      if (!(await exists(target))) throw new Error(`cannot place ${basename(target)}`, { cause: error });
    });
  }
  return binariesAt(target);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return false;
    throw error;
  }
}
