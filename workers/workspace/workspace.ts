import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outOfSpace } from './git.ts';

/** A failed deployment's files wait this long for a retry. */
const keepFailedMs = 24 * 3_600_000;

/**
 * The files of one deployment or build. They outlive an attempt, so that a retry goes on behind the last finished stage, and are
 * wiped when the deployment has ended for good.
 */
export class Workspace {
  readonly directory: string;
  readonly source: string;
  /** The checkout as it came, as a tar archive. */
  readonly archive: string;
  readonly #unpacked: string;

  /** @param id of the deployment or the build */
  constructor(root: string, id: string) {
    this.directory = join(root, id);
    this.source = join(this.directory, 'source');
    this.archive = join(this.directory, 'source.tar');
    this.#unpacked = join(this.directory, 'unpacked');
  }

  /** Empties it: a stage that was cut off leaves nothing to the next attempt. */
  async renew(): Promise<void> {
    await this.wipe();
    await mkdir(this.directory, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw outOfSpace(error) ?? error;
    });
  }

  /** Whether a clone is there, or all of a build. */
  async exists(): Promise<boolean> {
    return (await isThere(join(this.source, '.git'))) || (await isThere(this.#unpacked));
  }

  /** All of a build has been unpacked: a later attempt finds it whole. */
  async markUnpacked(): Promise<void> {
    await writeFile(this.#unpacked, '');
  }

  async wipe(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );

/** Removes workspaces that nobody has touched for a day: failed deployments that were never retried. */
export async function pruneWorkspaces(root: string, now = Date.now()): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  for (const name of await readdir(root)) {
    const path = join(root, name);
    const { mtimeMs } = await stat(path);
    if (now - mtimeMs > keepFailedMs) await rm(path, { recursive: true, force: true });
  }
}
