import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { outOfSpace } from './git.ts';

/** A failed deployment's files wait this long for a retry. */
const keepFailedMs = 24 * 3_600_000;

/**
 * The files of one deployment. They outlive an attempt, so that a retry goes on behind the last finished stage, and are
 * wiped when the deployment has ended for good.
 */
export class Workspace {
  readonly directory: string;
  readonly source: string;

  constructor(root: string, deploymentId: string) {
    this.directory = join(root, deploymentId);
    this.source = join(this.directory, 'source');
  }

  /** Empties it: a stage that was cut off leaves nothing to the next attempt. */
  async renew(): Promise<void> {
    await this.wipe();
    await mkdir(this.directory, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw outOfSpace(error) ?? error;
    });
  }

  async exists(): Promise<boolean> {
    return stat(join(this.source, '.git')).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw error;
      },
    );
  }

  async wipe(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Removes workspaces that nobody has touched for a day: failed deployments that were never retried. */
export async function pruneWorkspaces(root: string, now = Date.now()): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  for (const name of await readdir(root)) {
    const path = join(root, name);
    const { mtimeMs } = await stat(path);
    if (now - mtimeMs > keepFailedMs) await rm(path, { recursive: true, force: true });
  }
}
