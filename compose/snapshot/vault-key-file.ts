import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '../../stack/backup/file-sync.ts';
import { restorePlace } from '../../stack/backup/restore-place.ts';
import type { SnapshotSource } from '../../stack/backup/snapshot.ts';
import type { StackLayout } from '../../stack/layout.ts';
import { vaultKeyFile } from './snapshot-files.ts';

const places = (layout: StackLayout) => {
  const { incomingDir, replacedDir } = restorePlace(layout);
  return {
    incoming: join(incomingDir, vaultKeyFile),
    replaced: join(replacedDir, vaultKeyFile),
    /** Says that there was none before. */
    none: join(replacedDir, `${vaultKeyFile}.none`),
  };
};

export async function unpackVaultKey(layout: StackLayout, source: SnapshotSource): Promise<void> {
  const { incoming } = places(layout);
  await mkdir(dirname(incoming), { recursive: true });
  const handle = await open(incoming, 'w', 0o600);
  try {
    await handle.writeFile(source.read(vaultKeyFile));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What is in use is kept aside. From then on, until the plan is removed, an exchange is under way. */
export function keepVaultKey(layout: StackLayout): void {
  const { replaced, none } = places(layout);
  if (isExchanging(layout)) return;
  mkdirSync(dirname(replaced), { recursive: true });
  if (existsSync(layout.vaultKeyFile)) {
    copyFileSync(layout.vaultKeyFile, `${replaced}.copy`);
    renameSync(`${replaced}.copy`, replaced);
  } else mkdirSync(none);
  syncDirectory(dirname(replaced));
}

export function isExchanging(layout: StackLayout): boolean {
  const { replaced, none } = places(layout);
  return existsSync(replaced) || existsSync(none);
}

export function placeVaultKey(layout: StackLayout): void {
  const { incoming } = places(layout);
  if (!existsSync(incoming)) return;
  mkdirSync(dirname(layout.vaultKeyFile), { recursive: true });
  renameSync(incoming, layout.vaultKeyFile);
  syncDirectory(dirname(layout.vaultKeyFile));
}

export function putVaultKeyBack(layout: StackLayout): void {
  const { replaced, none } = places(layout);
  if (existsSync(replaced)) renameSync(replaced, layout.vaultKeyFile);
  else if (existsSync(none)) rmSync(layout.vaultKeyFile, { force: true });
}
