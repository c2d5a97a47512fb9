import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { SfpError } from '../../contracts/error.ts';
import { decrypted } from './encryption.ts';
import { fileBytes } from './file-bytes.ts';
import { assertSeal, damaged, type Manifest, readManifest } from './manifest.ts';
import { type BackupKey, openBackupKey } from './passphrase-key.ts';
import type { SnapshotSource } from './snapshot.ts';

/** A complete backup on disk. */
export interface StoredBackup {
  path: string;
  manifest: Manifest;
}

/** @throws SfpError `backup_not_found` or `backup_damaged`. A seal without a passphrase is checked at once. */
export function openBackup(path: string): StoredBackup {
  const manifest = readManifest(path);
  if (manifest === null) {
    throw new SfpError({
      code: 'backup_not_found',
      message: `${path} is not a complete backup.`,
      detail: 'A complete backup is a directory with a manifest.json.',
      suggestion: 'List the backups with `sfp server backups`.',
    });
  }
  if (manifest.encryption === null) assertSeal(manifest, null);
  return { path, manifest };
}

/** Every file is there and as long as it was: quick, and enough to notice a copy that was cut off. */
export function assertSizes({ path, manifest }: StoredBackup): void {
  for (const { name, size } of manifest.files) {
    const found = statSync(join(path, name), { throwIfNoEntry: false });
    if (found === undefined) throw damaged(name, 'the file is missing');
    if (found.size !== size) throw damaged(name, `it has ${found.size} bytes, not ${size}`);
  }
}

/** Reads every byte. */
export async function assertChecksums(backup: StoredBackup): Promise<void> {
  assertSizes(backup);
  for (const { name, sha256 } of backup.manifest.files) {
    const hash = createHash('sha256');
    for await (const chunk of fileBytes(join(backup.path, name))) hash.update(chunk);
    if (hash.digest('hex') !== sha256) throw damaged(name, 'its checksum is wrong');
  }
}

/** The content of a backup, decrypted when need be. */
export class BackupReader implements SnapshotSource {
  readonly #backup: StoredBackup;
  readonly #key: BackupKey | null;

  private constructor(backup: StoredBackup, key: BackupKey | null) {
    this.#backup = backup;
    this.#key = key;
  }

  /** @param passphrase asked only when the backup has one */
  static async open(backup: StoredBackup, passphrase: () => Promise<string>): Promise<BackupReader> {
    const { manifest } = backup;
    if (manifest.encryption === null) return new BackupReader(backup, null);
    const key = await openBackupKey(await passphrase(), manifest.encryption);
    assertSeal(manifest, key.seal);
    return new BackupReader(backup, key);
  }

  has(name: string): boolean {
    return this.#backup.manifest.files.some((file) => file.name === name);
  }

  read(name: string): AsyncIterable<Uint8Array> {
    if (!this.has(name)) throw damaged(name, 'the backup does not have this file');
    const stored = fileBytes(join(this.#backup.path, name));
    return this.#key === null ? stored : decrypted(stored, this.#key.files, name);
  }

  async text(name: string): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.read(name)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }
}
