/** The files of a snapshot of the embedded runtime. */
export const snapshotKind = 'postgres-base-backup';
export const clusterFile = 'cluster.tar.gz';
/** What builds keep. Copied after the database, which names it. */
export const artifactsFile = 'artifacts.tar.gz';
export const vaultKeyFile = 'vault.key';
