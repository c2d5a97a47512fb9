import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { StackLayout } from '../layout.ts';
import { syncDirectory } from './file-sync.ts';
import { restorePlace } from './restore-place.ts';

/** The files of a stack's directory that a backup holds, in the order in which a restore puts them in place. */
export const backedUpFiles = [
  { name: 'secrets.json', required: true },
  { name: 'images.lock.json', required: false },
  { name: 'compose.override.yaml', required: false },
  { name: 'state.json', required: true },
  { name: 'server.json', required: true },
] as const;

export const filesPresent = (layout: StackLayout): string[] =>
  backedUpFiles.map(({ name }) => name).filter((name) => existsSync(join(layout.dir, name)));

/** Each file is kept aside and then replaced in one go, so there is always one of the two. May be called again. */
export function placeFiles(layout: StackLayout): void {
  const { incomingDir, replacedDir } = restorePlace(layout);
  mkdirSync(replacedDir, { recursive: true });
  for (const { name } of backedUpFiles) {
    const current = join(layout.dir, name);
    const incoming = join(incomingDir, name);
    const replaced = join(replacedDir, name);
    if (!existsSync(incoming)) continue;
    if (existsSync(current) && !existsSync(replaced)) {
      copyFileSync(current, `${replaced}.copy`);
      renameSync(`${replaced}.copy`, replaced);
      syncDirectory(replacedDir);
    }
    renameSync(incoming, current);
  }
  syncDirectory(layout.dir);
}

/** @param had the files that there were before the restore; what it added goes */
export function putFilesBack(layout: StackLayout, had: readonly string[]): void {
  const { replacedDir } = restorePlace(layout);
  for (const { name } of backedUpFiles) {
    const current = join(layout.dir, name);
    const replaced = join(replacedDir, name);
    if (existsSync(replaced)) renameSync(replaced, current);
    else if (!had.includes(name)) rmSync(current, { force: true });
  }
  syncDirectory(layout.dir);
}

/** Writes an incoming file, on disk when it resolves. */
export async function writeIncoming(layout: StackLayout, name: string, text: string): Promise<void> {
  const { incomingDir } = restorePlace(layout);
  const current = statSync(join(layout.dir, name), { throwIfNoEntry: false });
  const mode = name === 'secrets.json' ? 0o600 : current === undefined ? 0o644 : current.mode & 0o777;
  const handle = await open(join(incomingDir, name), 'w', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
