import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeJsonFile } from '../atomic-file.ts';
import { encrypted } from './encryption.ts';
import { syncDirectory } from './file-sync.ts';
import { assertFreeSpace, spaceError } from './free-space.ts';
import { type BackupFile, type ManifestContent, manifestName, sealed } from './manifest.ts';
import type { BackupKey } from './passphrase-key.ts';
import type { SnapshotTarget } from './snapshot.ts';

type Bytes = Parameters<SnapshotTarget['write']>[1];

/** A backup on its way: its directory has a name that nobody takes for a backup until everything is on disk. */
export class BackupWriter implements SnapshotTarget {
  readonly #partial: string;
  readonly #key: BackupKey | null;
  readonly #files: BackupFile[] = [];

  /** @param partial a directory that does not exist; its parent does */
  constructor(partial: string, key: BackupKey | null) {
    this.#partial = partial;
    this.#key = key;
    mkdirSync(partial, { mode: 0o700 });
    chmodSync(partial, 0o700);
  }

  reserve(bytes: number): void {
    assertFreeSpace(this.#partial, bytes);
  }

  async write(name: string, content: Bytes): Promise<void> {
    const hash = createHash('sha256');
    let size = 0;
    const stored = this.#key === null ? content : encrypted(content, this.#key.files, name);
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of stored) {
        hash.update(chunk);
        size += chunk.byteLength;
        yield chunk;
      }
    }
    try {
      const handle = await open(join(this.#partial, name), 'wx', 0o600);
      try {
        await handle.writeFile(counted());
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw spaceError(error, this.#partial);
    }
    this.#files.push({ name, size, sha256: hash.digest('hex') });
  }

  /** Writes the manifest and gives the directory its name, which nothing has yet. Returns its path. */
  async finish(name: string, content: Omit<ManifestContent, 'files' | 'encryption'>): Promise<string> {
    const manifest = sealed(
      { ...content, encryption: this.#key?.encryption ?? null, files: this.#files },
      this.#key?.seal ?? null,
    );
    const parent = dirname(this.#partial);
    try {
      writeJsonFile(join(this.#partial, manifestName), manifest, 0o600);
      syncDirectory(this.#partial);
    } catch (error) {
      throw spaceError(error, this.#partial);
    }
    const path = freeName(join(parent, name));
    await rename(this.#partial, path);
    syncDirectory(parent);
    return path;
  }

  async discard(): Promise<void> {
    await rm(this.#partial, { recursive: true, force: true });
  }
}

/** Two backups of one second, or of two stacks in one directory. */
function freeName(path: string): string {
  let free = path;
  for (let next = 2; existsSync(free); next += 1) free = `${path}.${next}`;
  return free;
}

/** The directory for a stack's backups, made for its owner alone when there is none. */
export function makeBackupsDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}

export const removeScratch = (path: string): void => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
