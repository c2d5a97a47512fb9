import { SfpError } from '../../contracts/error.ts';
import { damaged } from '../../stack/backup/manifest.ts';
import type { SnapshotRestore, SnapshotSource } from '../../stack/backup/snapshot.ts';
import type { StackLayout } from '../../stack/layout.ts';
import { engine } from '../engine/docker-engine.ts';
import { volumeName } from '../project.ts';
import { assertOwnProject } from '../project-owner.ts';
import { helperImage } from './helper-image.ts';
import {
  artifactsFile,
  type CopiedVolume,
  clusterFile,
  copiedVolumes,
  indexFile,
  othersFile,
  type SnapshotIndex,
  snapshotIndexSchema,
  walFile,
} from './snapshot-files.ts';
import { isExchanging, keepVaultKey, placeVaultKey, putVaultKeyBack, unpackVaultKey } from './vault-key-file.ts';
import { mounted, runOnVolumes, type VolumesRun } from './volume-helper.ts';
import {
  placeScript,
  prepareScript,
  putBackScript,
  tidyIncomingScript,
  tidyScript,
  unpackScript,
  unpackSeveralScript,
} from './volume-scripts.ts';

/**
 * Volumes keep their names, and the containers that use them need not know: what comes and what goes change place by
 * renames within each volume. The Vault root key is exchanged beside the stack's other files, and reaches the database's
 * volume, which comes without one, by the job that seeds it.
 */
export function restoreSnapshot(layout: StackLayout): SnapshotRestore {
  return {
    async unpack(source) {
      const { volumes, unpackedBytes } = await readIndex(source);
      await assertOwnProject(layout);
      await unpackVaultKey(layout, source);
      const image = await helperImage(layout);
      await prepare({ layout, image, volumes }, unpackedBytes);
      for (const archive of [clusterFile, walFile]) {
        await unpackArchive({ layout, image, volumes: ['db-data'] }, unpackScript, source, archive);
      }
      const others = volumes.filter((volume) => volume !== 'db-data' && volume !== 'artifacts');
      await unpackArchive({ layout, image, volumes: others }, unpackSeveralScript, source, othersFile);
      // A backup of before there were builds has none.
      if (volumes.includes('artifacts'))
        await unpackArchive({ layout, image, volumes: ['artifacts'] }, unpackSeveralScript, source, artifactsFile);
    },
    async place() {
      keepVaultKey(layout);
      await onVolumesThere(layout, placeScript);
      placeVaultKey(layout);
    },
    async putBack() {
      await onVolumesThere(layout, putBackScript);
      putVaultKeyBack(layout);
    },
    async tidy() {
      const printed = await onVolumesThere(layout, isExchanging(layout) ? tidyScript : tidyIncomingScript);
      // Those were made for a restore that was put back.
      for (const volume of volumesIn(printed)) await removeUnused(layout, volume);
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

type On = Pick<VolumesRun, 'layout' | 'image' | 'volumes'>;

const run = (on: On & Pick<VolumesRun, 'script' | 'stdin'>): Promise<string> =>
  runOnVolumes({ ...on, purpose: 'restore', failure: `${on.volumes.join(', ')} could not be changed.` });

/** The volumes whose directories a script printed. */
const volumesIn = (printed: string): CopiedVolume[] =>
  copiedVolumes.filter((volume) => printed.split('\n').includes(mounted(volume)));

async function prepare(on: On, bytes: number): Promise<void> {
  const printed = await run({ ...on, script: prepareScript });
  const [leftover] = volumesIn(printed);
  if (leftover !== undefined && !isExchanging(on.layout)) throw leftBehind(on.layout, leftover);
  const free = Number(printed.trim().split('\n').at(-1));
  if (free >= bytes) return;
  throw new SfpError({
    code: 'disk_full',
    message: 'There is not enough room on the disk of the container engine.',
    detail: `${Math.ceil(bytes / 1_000_000)} MB are needed beside what is there, ${Math.floor(free / 1_000_000)} MB are free`,
    suggestion: 'Free some space there (`docker system df` shows what takes it), then run the restore again.',
  });
}

/** What goes wrong with the backup's file is told as that, not as the end of what read it. */
async function unpackArchive(on: On, script: string, source: SnapshotSource, archive: string): Promise<void> {
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
    await run({ ...on, script, stdin: watched() });
  } catch (error) {
    throw failure ?? error;
  }
}

/** On every volume of the stack that there is; the script knows what is left to do in each. */
async function onVolumesThere(layout: StackLayout, script: string): Promise<string> {
  const volumes = await volumesThere(layout);
  return volumes.length === 0 ? '' : run({ layout, image: await helperImage(layout), volumes, script });
}

async function volumesThere(layout: StackLayout): Promise<CopiedVolume[]> {
  const { Volumes } = await engine((client) => client.listVolumes());
  const names = new Set(Volumes.map(({ Name }) => Name));
  return copiedVolumes.filter((volume) => names.has(volumeName(layout, volume)));
}

/** What an exchange put aside and nothing on this side knows of: it must not be taken for ours. */
const leftBehind = (layout: StackLayout, volume: CopiedVolume): SfpError =>
  new SfpError({
    code: 'restore_leftover',
    message: `The volume ${volumeName(layout, volume)} holds what an earlier restore replaced, and nothing tells how that ended.`,
    suggestion:
      'Look at .sfp-replaced on that volume: remove it (with .sfp-aside) when the stack is right as it is, else move its content back.',
  });

/** A container that uses it keeps it: then the next start finds it empty, as it would a new one. */
async function removeUnused(layout: StackLayout, volume: CopiedVolume): Promise<void> {
  try {
    await engine((client) => client.getVolume(volumeName(layout, volume)).remove());
  } catch (error) {
    if (!(error instanceof Error && 'statusCode' in error && error.statusCode === 409)) throw error;
  }
}
