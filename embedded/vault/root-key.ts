import { randomBytes } from 'node:crypto';
import { chmod, chown, link, lstat, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SfpError } from '../../contracts/error.ts';

/** Name of the link in the data directory; the SQL functions read the key through it. */
export const linkName = 'sfp_vault.key';

export interface Owner {
  uid: number;
  gid: number;
}

/**
 * The vault's root key: 64 hexadecimal digits in a file of mode 0600 that belongs to the server's user. Made once with the
 * cluster; afterwards a missing file means lost secrets, and is refused instead of being replaced by a key that opens none.
 */
export async function ensureRootKey(file: string, owner: Owner | undefined, clusterExists: boolean): Promise<void> {
  const text = await readIfThere(file);
  if (text === undefined && clusterExists) throw keyMissing(file);
  if (text === undefined) await makeKey(file);
  else if (!/^[0-9a-fA-F]{64}\n?$/.test(text)) throw keyInvalid(file);
  await chmod(file, 0o600);
  if (owner !== undefined) await chown(file, owner.uid, owner.gid);
}

/** Points the data directory's link at the key file; done at every start, because either may have moved. */
export async function linkRootKey(file: string, dataDir: string): Promise<void> {
  const place = join(dataDir, linkName);
  // Whatever keeps it from being read, it is not the link that is wanted: one is made below, or that says why not.
  const found = await lstat(place).catch(() => undefined);
  if (found?.isSymbolicLink() && (await readlink(place)) === file) return;
  const fresh = `${place}.new`;
  await rm(fresh, { force: true });
  await symlink(file, fresh);
  await rename(fresh, place);
}

/** Written aside and linked, so that a kill leaves no half key and two starters agree on one. */
async function makeKey(file: string): Promise<void> {
  const aside = `${file}.${process.pid}.new`;
  await writeFile(aside, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flush: true });
  try {
    await link(aside, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const keyMissing = (file: string): SfpError =>
  new SfpError({
    code: 'vault_key_missing',
    message: "The vault's root key is gone; without it no stored secret can be decrypted.",
    detail: `${file} does not exist, but its database does`,
    suggestion: 'Put the key file of this stack back from a backup. Only if every secret may be lost, write a new key.',
  });

const keyInvalid = (file: string): SfpError =>
  new SfpError({
    code: 'vault_key_invalid',
    message: "The vault's root key file is damaged.",
    detail: `${file} must hold exactly 64 hexadecimal digits`,
    suggestion: 'Put the key file of this stack back from a backup.',
  });
