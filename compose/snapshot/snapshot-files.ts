import { z } from 'zod';

/** Names the format: archives of volumes, the database's with the WAL that makes it consistent. */
export const snapshotKind = 'compose-volumes';
/** The one copy of the Vault root key; the database's volume gets it from here. */
export const vaultKeyFile = 'vault.key';
export const clusterFile = 'cluster.tar.gz';
/** WAL, backup_label and pg_control: unpacked over the cluster. */
export const walFile = 'wal.tar.gz';
/** The small ones: settings of the server, keys and token of the task engine. */
export const othersFile = 'volumes.tar.gz';
/** What builds keep. Copied after the database, which names it. */
export const artifactsFile = 'artifacts.tar.gz';
export const indexFile = 'volumes.json';

/** Volumes that a stack cannot be made from its files without. Those of the task engine only where the stack has one. */
export const copiedVolumes = ['db-data', 'db-config', 'hatchet-config', 'hatchet-token', 'artifacts'] as const;
export type CopiedVolume = (typeof copiedVolumes)[number];

export const snapshotIndexSchema = z.strictObject({
  version: z.literal(1),
  /** Room that all of them take. */
  unpackedBytes: z.number().int().min(0),
  volumes: z.array(z.enum(copiedVolumes)).min(1),
});
export type SnapshotIndex = z.infer<typeof snapshotIndexSchema>;
