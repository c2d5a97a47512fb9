import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { chown, mkdir, open } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { SfpError } from '../../contracts/error.ts';
import { syncDirectory, syncTree } from '../../stack/backup/file-sync.ts';
import { restorePlace } from '../../stack/backup/restore-place.ts';
import type { SnapshotRestore, SnapshotSource } from '../../stack/backup/snapshot.ts';
import { makePassableDirectory, type StackLayout } from '../../stack/layout.ts';
import { serverAccount } from '../postgres/account.ts';
import { postgresDataDir } from '../stack-end.ts';
import { artifactsFile, clusterFile, vaultKeyFile } from './snapshot-files.ts';

/** The stack's data directory (cluster and Vault root key) is exchanged as a whole, by renames within one file system. */
export function restoreSnapshot(layout: StackLayout): SnapshotRestore {
  const { incomingDir, replacedDir } = restorePlace(layout);
  const current = layout.dataDir;
  const incoming = join(incomingDir, basename(current));
  const replaced = join(replacedDir, basename(current));
  return {
    async unpack(source) {
      rmSync(incoming, { recursive: true, force: true });
      makePassableDirectory(incoming);
      await unpackKey(source, join(incoming, relative(current, layout.vaultKeyFile)));
      await unpackCluster(source, join(incoming, relative(current, postgresDataDir(layout))));
      await unpackArtifacts(source, join(incoming, relative(current, layout.artifactsDir)));
      await syncTree(incoming);
    },
    async place() {
      if (!existsSync(incoming)) return;
      if (!existsSync(replaced)) {
        mkdirSync(replacedDir, { recursive: true });
        // An empty directory stands for "there was none", so that the way back is known.
        if (existsSync(current)) renameSync(current, replaced);
        else mkdirSync(replaced, { mode: 0o711 });
        syncDirectory(replacedDir);
      }
      rmSync(current, { recursive: true, force: true });
      renameSync(incoming, current);
      syncDirectory(layout.dir);
    },
    async putBack() {
      if (!existsSync(replaced)) return;
      rmSync(current, { recursive: true, force: true });
      renameSync(replaced, current);
      syncDirectory(layout.dir);
    },
    // All of it is below the stack's directory.
    tidy: async () => undefined,
  };
}

async function unpackKey(source: SnapshotSource, path: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(source.read(vaultKeyFile));
  } finally {
    await handle.close();
  }
}

/** A backup of before there were builds has none. */
async function unpackArtifacts(source: SnapshotSource, directory: string): Promise<void> {
  await mkdir(directory, { mode: 0o700 });
  if (!source.has(artifactsFile)) return;
  const { extract } = await import('tar');
  const unpacking = extract({ cwd: directory, strict: true, preserveOwner: false, dmode: 0o700 });
  await unpackFailing('The artifact store', () => pipeline(source.read(artifactsFile), createGunzip(), unpacking));
}

/** Into a directory that only the server's user may enter, every file its own. */
async function unpackCluster(source: SnapshotSource, directory: string): Promise<void> {
  const [{ extract }, account] = await Promise.all([import('tar'), serverAccount()]);
  await mkdir(directory, { mode: 0o700 });
  if (account !== undefined) await chown(directory, account.uid, account.gid);
  const owner = account === undefined ? { preserveOwner: false } : { uid: account.uid, gid: account.gid };
  // Strict: what is no file or directory below this one is refused instead of skipped.
  const unpacking = extract({ cwd: directory, strict: true, ...owner });
  await unpackFailing('The database', () => pipeline(source.read(clusterFile), createGunzip(), unpacking));
}

async function unpackFailing(what: string, unpack: () => Promise<void>): Promise<void> {
  try {
    await unpack();
  } catch (error) {
    if (error instanceof SfpError) throw error;
    throw new SfpError(
      {
        code: 'restore_unpack_failed',
        message: `${what} of the backup could not be unpacked.`,
        detail: error instanceof Error ? error.message : String(error),
        suggestion: 'Check the room and the rights of the base directory, or use another backup.',
      },
      { cause: error },
    );
  }
}
