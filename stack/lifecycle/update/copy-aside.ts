import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncDirectory, syncTree } from '../../backup/file-sync.ts';
import type { StackLayout } from '../../layout.ts';

/** Where a copy is made until it is whole. */
export const partialOf = (dir: string): string => join(dirname(dir), `.${basename(dir)}.partial`);

/** Copies files and directories of a stack to another place, whole and on disk when it resolves; what was there goes. */
export async function copyAside(
  layout: StackLayout,
  paths: readonly string[],
  dir: string,
  finish: (copy: string) => void = () => undefined,
): Promise<void> {
  const partial = partialOf(dir);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true, mode: 0o700 });
  for (const path of paths) copy(join(layout.dir, path), join(partial, path));
  finish(partial);
  await syncTree(partial);
  rmSync(dir, { recursive: true, force: true });
  renameSync(partial, dir);
  syncDirectory(dirname(dir));
}

/** Puts such a copy in place of what is there; what it does not have goes. May be called again after a kill in it. */
export function putCopyBack(layout: StackLayout, paths: readonly string[], dir: string): void {
  for (const path of paths) {
    const current = join(layout.dir, path);
    const back = `${current}.back`;
    rmSync(back, { recursive: true, force: true });
    copy(join(dir, path), back);
    rmSync(current, { recursive: true, force: true });
    if (existsSync(back)) renameSync(back, current);
  }
  syncDirectory(layout.dir);
}

/** Links stay links: a version's programs may point at each other. */
function copy(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
}
