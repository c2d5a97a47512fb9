import { chown, copyFile, lchown, mkdir, readdir, readlink, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account.ts';

/** Copies a directory with modes, and gives every entry to the account when there is one. */
export async function copyTree(from: string, to: string, account: Account | undefined): Promise<void> {
  const { mode } = await stat(from);
  await mkdir(to, { mode: mode & 0o777 });
  if (account !== undefined) await chown(to, account.uid, account.gid);
  const entries = await readdir(from, { withFileTypes: true });
  await Promise.all(
    entries.map(async (entry) => {
      const source = join(from, entry.name);
      const target = join(to, entry.name);
      if (entry.isDirectory()) return copyTree(source, target, account);
      if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
      else await copyFile(source, target);
      if (account !== undefined) await lchown(target, account.uid, account.gid);
    }),
  );
}
