import { join } from 'node:path';
import type { StackLayout } from '../layout.ts';

/** Where a restore works: below the stack's own directory, so that everything changes place by a rename. */
export interface RestorePlace {
  dir: string;
  planFile: string;
  /** What comes out of the backup. */
  incomingDir: string;
  /** What it replaces, until the restored stack has proven to be healthy. */
  replacedDir: string;
  /** Of that, what was installed, maybe by another version. */
  replacedInstalledDir: string;
}

export function restorePlace(layout: Pick<StackLayout, 'dir'>): RestorePlace {
  const dir = join(layout.dir, 'restore');
  const replacedDir = join(dir, 'replaced');
  return {
    dir,
    planFile: join(dir, 'plan.json'),
    incomingDir: join(dir, 'incoming'),
    replacedDir,
    replacedInstalledDir: join(replacedDir, 'installed'),
  };
}
