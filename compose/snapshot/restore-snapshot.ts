import { SfpError } from '../../contracts/error.ts';
import { damaged } from '../../stack/backup/manifest.ts';
import type { SnapshotRestore, SnapshotSource } from '../../stack/backup/snapshot.ts';
import type { StackLayout } from '../../stack/layout.ts';
import { engine } from '../engine/docker-engine.ts';
import { volumeName } from '../project.ts';
import { assertOwnProject } from '../project-owner.ts';
import { helperImage } from './helper-image.ts';
import {
  type CopiedVolume,
  copiedVolumes,
  indexFile,
  type SnapshotIndex,
  snapshotIndexSchema,
} from './snapshot-files.ts';
import { isExchanging, keepVaultKey, placeVaultKey, putVaultKeyBack, unpackVaultKey } from './vault-key-file.ts';
import { runOnVolume, type VolumeRun } from './volume-helper.ts';
import {
  lookScript,
  placeScript,
  prepareScript,
  putBackScript,
  roomScript,
  tidyScript,
  unpackScript,
} from './volume-scripts.ts';

/**
 * Volumes keep their names, and the containers that use them need not know: what comes and what goes change place by
 * renames within each volume. The Vault root key is exchanged beside the stack's other files, and reaches the database's
 * volume, which comes without one, by the job that seeds it.
 */
export function restoreSnapshot(layout: StackLayout): SnapshotRestore {
  return {
    async unpack(source) {
      const index = await readIndex(source);
      const image = await helperImage(layout);
      await unpackVaultKey(layout, source);
      await assertOwnProject(layout);
      await assertRoom({ layout, image }, index.unpackedBytes);
      for (const { name, archives } of index.volumes) {
        const on = { layout, image, volume: name };
        await assertNoLeftover(on);
        await run({ ...on, script: prepareScript });
        for (const archive of archives) await unpackArchive(on, source, archive);
      }
    },
    async place() {
      keepVaultKey(layout);
      await onVolumes(layout, placeScript);
      placeVaultKey(layout);
    },
    async putBack() {
      await onVolumes(layout, putBackScript);
      putVaultKeyBack(layout);
    },
    async tidy() {
      for (const [volume, printed] of await onVolumes(layout, tidyScript)) {
        // One that was made for a restore that was put back.
        if (printed.trim() === 'empty') await removeUnused(layout, volume);
      }
    },
  };
}

async function readIndex(source: SnapshotSource): Promise<SnapshotIndex> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.read(indexFile)) chunks.push(chunk);
  const parsed = snapshotIndexSchema.safeParse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  if (parsed.success) return parsed.data;
  throw damaged(indexFile, parsed.error.issues.map(({ message }) => message).join('; '));
}

type On = Pick<VolumeRun, 'layout' | 'image' | 'volume'>;

const run = (on: On & Pick<VolumeRun, 'script' | 'stdin'>): Promise<string> =>
  runOnVolume({ ...on, purpose: 'restore', failure: `The volume ${on.volume} could not be changed.` });

/** What goes wrong with the backup's file is told as that, not as the end of what read it. */
async function unpackArchive(on: On, source: SnapshotSource, archive: string): Promise<void> {
  let failure: unknown = null;
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* source.read(archive);
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  try {
    await run({ ...on, script: unpackScript, stdin: watched() });
  } catch (error) {
    throw failure ?? error;
  }
}

/** Every volume of the stack that there is, one after the other; each script knows what is left to do in it. */
async function onVolumes(layout: StackLayout, script: string): Promise<Map<CopiedVolume, string>> {
  const printed = new Map<CopiedVolume, string>();
  const there = await volumesThere(layout);
  if (there.length === 0) return printed;
  const image = await helperImage(layout);
  for (const volume of there) printed.set(volume, await run({ layout, image, volume, script }));
  return printed;
}

async function volumesThere(layout: StackLayout): Promise<CopiedVolume[]> {
  const { Volumes } = await engine((client) => client.listVolumes());
  const names = new Set(Volumes.map(({ Name }) => Name));
  return copiedVolumes.filter((volume) => names.has(volumeName(layout, volume)));
}

async function assertRoom(on: Omit<On, 'volume'>, bytes: number): Promise<void> {
  const free = Number((await run({ ...on, volume: 'db-data', script: roomScript })).trim());
  if (free >= bytes) return;
  throw new SfpError({
    code: 'disk_full',
    message: 'There is not enough room on the disk of the container engine.',
    detail: `${Math.ceil(bytes / 1_000_000)} MB are needed beside what is there, ${Math.floor(free / 1_000_000)} MB are free`,
    suggestion: 'Free some space there (`docker system df` shows what takes it), then run the restore again.',
  });
}

/** What an exchange put aside and nothing on this side knows of: it must not be taken for ours. */
async function assertNoLeftover(on: On): Promise<void> {
  if (isExchanging(on.layout) || (await run({ ...on, script: lookScript })).trim() === '') return;
  throw new SfpError({
    code: 'restore_leftover',
    message: `The volume ${volumeName(on.layout, on.volume)} holds what an earlier restore replaced, and nothing tells how that ended.`,
    suggestion:
      'Look at .sfp-replaced on that volume: remove it (with .sfp-aside) when the stack is right as it is, else move its content back.',
  });
}

/** A container that uses it keeps it: then the next start finds it empty, as it would a new one. */
async function removeUnused(layout: StackLayout, volume: CopiedVolume): Promise<void> {
  try {
    await engine((client) => client.getVolume(volumeName(layout, volume)).remove());
  } catch (error) {
    if (!(error instanceof Error && 'statusCode' in error && error.statusCode === 409)) throw error;
  }
}
