/** The files of a snapshot of the embedded runtime. */
export const snapshotKind = 'postgres-base-backup';
export const clusterFile = 'cluster.tar.gz';
export const vaultKeyFile = 'vault.key';
