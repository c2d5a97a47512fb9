import { type Dirent, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SfpError } from '../../contracts/error.ts';
import { restorePlace } from '../../stack/backup/restore-place.ts';
import { tenantsDir } from '../../stack/layout.ts';
import { partialEnding } from './place-programs.ts';
import { absoluteDir, programsDir, readPrograms } from './programs.ts';

/**
 * Removes programs that no stack of the base directory runs, starts with, or keeps for the way back. The caller has the lock
 * of the programs.
 * @param gone directory of a stack that is being removed: it needs none any more
 */
export function prunePrograms(baseDir: string, gone?: string): void {
  const kept = keptDirs(baseDir, gone);
  if (kept === null) return;
  for (const { name } of entries(programsDir(baseDir))) {
    const path = join(programsDir(baseDir), name);
    const isPrograms = !name.startsWith('.') && !kept.has(path);
    if (isPrograms || name.endsWith(partialEnding)) rmSync(path, { recursive: true, force: true });
  }
}

/** Null when a stack does not tell: then nothing may be removed. */
function keptDirs(baseDir: string, gone: string | undefined): ReadonlySet<string> | null {
  const kept = new Set<string>();
  for (const stack of directories(tenantsDir(baseDir))) {
    if (stack === gone) continue;
    const { replacedInstalledDir } = restorePlace({ dir: stack });
    for (const place of [stack, join(stack, 'run'), replacedInstalledDir, ...directories(join(stack, 'versions'))]) {
      try {
        const programs = readPrograms(place);
        if (programs !== null) kept.add(absoluteDir(baseDir, programs));
      } catch (error) {
        if (error instanceof SfpError) return null; // damaged; its own start tells it
        throw error;
      }
    }
  }
  return kept;
}

const directories = (path: string): string[] =>
  entries(path).flatMap((entry) => (entry.isDirectory() ? [join(path, entry.name)] : []));

function entries(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
