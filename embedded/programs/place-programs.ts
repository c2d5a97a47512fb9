import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SfpError } from '../../contracts/error.ts';
import { syncDirectory, syncTree } from '../../stack/backup/file-sync.ts';
import { asDiskFull } from '../../stack/disk-full.ts';
import { hasPostgres, type PackagedPrograms, postgresModules } from './packaged-programs.ts';
import { absoluteDir, areThere } from './programs.ts';

/** Ending of what is being made. Whoever has the lock of the programs may remove it. */
export const partialEnding = '.partial';

/**
 * Copies the programs of this package into the base directory, whose stacks share them, unless they are there: a package
 * manager that replaces the package takes nothing from a stack that runs. They get their name when they are whole and on
 * disk. The caller has the lock of the programs.
 */
export async function placePrograms(baseDir: string, programs: PackagedPrograms): Promise<void> {
  const dir = absoluteDir(baseDir, programs);
  try {
    if (!areThere(baseDir, programs)) await copyPrograms(dir, programs);
    linkPostgres(dir, programs.source.root);
  } catch (error) {
    throw asDiskFull(error, dir);
  }
}

async function copyPrograms(dir: string, { source, version }: PackagedPrograms): Promise<void> {
  const partial = `${dir}${partialEnding}`;
  rmSync(partial, { recursive: true, force: true });
  const hash = createHash('sha256');
  for (const file of source.files) {
    const content = readFileSync(join(source.root, 'dist', file));
    hash.update(`${file}\0${content.length}\0`).update(content);
    const target = join(partial, 'dist', file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  writeFileSync(join(partial, 'package.json'), readFileSync(join(source.root, 'package.json')));
  if (hash.digest('hex') !== source.sha256) {
    rmSync(partial, { recursive: true, force: true });
    throw new SfpError({
      code: 'programs_damaged',
      message: `The programs of sfp ${version} in ${source.root} are not those that were built.`,
      detail: 'A file was changed, or the package was replaced while it was read.',
      suggestion: `Run the command again, and if that does not help: npm install --global sfp@${version}`,
    });
  }
  await syncTree(partial);
  // What may be there has no main file: somebody removed a part of it.
  rmSync(dir, { recursive: true, force: true });
  renameSync(partial, dir);
  syncDirectory(dirname(dir));
}

/** Where the copy has to look for Postgres from now on; null when it finds it, or when there is none to be found. */
export const missingLink = (dir: string, packageRoot: string): string | null =>
  hasPostgres(join(dir, 'node_modules')) ? null : postgresModules(packageRoot);

/**
 * The Postgres programs (60 MB) are not copied: they are found in the modules of the package, wherever that is now. Without
 * any, a start names what is missing. The caller has the lock of the programs.
 */
export function linkPostgres(dir: string, packageRoot: string): void {
  const modules = missingLink(dir, packageRoot);
  if (modules === null) return;
  const fresh = join(dirname(dir), `.${basename(dir)}.modules${partialEnding}`);
  rmSync(fresh, { force: true });
  symlinkSync(modules, fresh);
  renameSync(fresh, join(dir, 'node_modules'));
}
