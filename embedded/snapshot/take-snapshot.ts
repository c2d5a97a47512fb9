import { randomBytes } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type pg from 'pg';
import { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';
import { platformSchemaSchema } from '../../contracts/schema-version.ts';
import { fileBytes } from '../../stack/backup/file-bytes.ts';
import type { SnapshotFacts, SnapshotTarget } from '../../stack/backup/snapshot.ts';
import type { Report } from '../../stack/runtime.ts';
import type { Stack } from '../../stack/stack.ts';
import { artifactArchive, storedBytes } from './artifact-archive.ts';
import { BaseBackup } from './base-backup.ts';
import { ensureCanary } from './canary.ts';
import { type DatabaseAccess, withDatabase } from './database-access.ts';
import { artifactsFile, clusterFile, snapshotKind, vaultKeyFile } from './snapshot-files.ts';

const walSegmentBytes = 16_777_216;

/** Copies the whole cluster, consistent at the moment the copy ends, while everything goes on; and the Vault root key. */
export function takeSnapshot(
  stack: Stack,
  target: SnapshotTarget,
  options: { signal: AbortSignal; report: Report },
): Promise<SnapshotFacts> {
  return withDatabase(stack, async (access) => {
    const keeping = await access.connect();
    try {
      // Until the end of this connection nothing that builds keep is removed.
      await keeping.query(`select pg_advisory_lock(hashtext('sfp.artifacts'))`);
      return await copy(stack, access, target, options);
    } finally {
      await keeping.end();
    }
  });
}

async function copy(
  { layout }: Stack,
  access: DatabaseAccess,
  target: SnapshotTarget,
  { signal, report }: { signal: AbortSignal; report: Report },
): Promise<SnapshotFacts> {
  const database = await describe(access);
  const artifactBytes = await storedBytes(layout.artifactsDir);
  const facts = { ...database, unpackedBytes: database.unpackedBytes + artifactBytes };
  // Compressed it takes a fraction; what it takes at most is known, and is what a restore needs.
  target.reserve(facts.unpackedBytes);
  report(`${Math.ceil(database.unpackedBytes / 1_000_000)} MB of database`);
  await target.write(vaultKeyFile, fileBytes(layout.vaultKeyFile));
  await copyCluster(access, target, signal);
  if (artifactBytes > 0) report(`${Math.ceil(artifactBytes / 1_000_000)} MB of builds`);
  await copyArtifacts(layout.artifactsDir, target, signal);
  return facts;
}

async function describe(access: DatabaseAccess): Promise<SnapshotFacts> {
  const client = await access.connect();
  try {
    const canary = await ensureCanary(client);
    const { rows } = await client.query(`
      select current_setting('server_version') as version, public.platform_schema() as schema,
        (select sum(pg_database_size(oid)) from pg_database)::float8 as bytes`);
    const found = z.object({ version: z.string(), schema: platformSchemaSchema, bytes: z.number() }).parse(rows[0]);
    const { version: postgresVersion, schema } = found;
    return { kind: snapshotKind, postgresVersion, schema, canary, unpackedBytes: found.bytes + 8 * walSegmentBytes };
  } finally {
    await client.end();
  }
}

async function copyCluster(access: DatabaseAccess, target: SnapshotTarget, signal: AbortSignal): Promise<void> {
  const client = await access.connect(true);
  const backup = new BaseBackup();
  const lost = (error: Error): void => backup.fail(error);
  const cancel = (): void => backup.fail(new SfpError({ code: 'cancelled', message: 'The backup was cancelled.' }));
  client.on('error', lost);
  client.on('end', () => lost(new Error('the database ended the connection')));
  signal.addEventListener('abort', cancel);
  try {
    if (signal.aborted) cancel();
    await keepWal(client);
    client.query(backup);
    await writeCompressed(backup, target);
  } catch (error) {
    if (error instanceof SfpError) throw error;
    throw new SfpError(
      {
        code: 'backup_failed',
        message: 'The database could not be copied.',
        detail: error instanceof Error ? error.message : String(error),
        suggestion: 'Remove the cause and run the backup again. Nothing was kept of this one.',
      },
      { cause: error },
    );
  } finally {
    signal.removeEventListener('abort', cancel);
    // Not asked to end: a copy that was given up would first be sent to its end.
    client.connection.stream.destroy();
  }
}

/** What the database that was just copied names is there: builds are recorded after they are stored. */
async function copyArtifacts(directory: string, target: SnapshotTarget, signal: AbortSignal): Promise<void> {
  const gzip = createGzip({ level: 1 });
  const fed = pipeline(artifactArchive(directory), gzip, { signal });
  const [read, written] = await Promise.allSettled([fed, target.write(artifactsFile, gzip)]);
  if (signal.aborted) throw new SfpError({ code: 'cancelled', message: 'The backup was cancelled.' });
  if (written.status === 'rejected') throw written.reason;
  if (read.status === 'rejected') throw read.reason;
}

/** When one end fails the other one does too, by the pipe between them; the writer's error is the one that tells why. */
async function writeCompressed(backup: BaseBackup, target: SnapshotTarget): Promise<void> {
  const gzip = createGzip({ level: 1 });
  const [fed, written] = await Promise.allSettled([pipeline(backup, gzip), target.write(clusterFile, gzip)]);
  if (written.status === 'rejected') throw written.reason;
  if (fed.status === 'rejected') throw fed.reason;
}

/** The WAL written during the copy stays until it has been sent. The slot goes with the connection, however that ends. */
const keepWal = (client: pg.Client): Promise<unknown> =>
  client.query(
    `CREATE_REPLICATION_SLOT sfp_backup_${process.pid}_${randomBytes(4).toString('hex')} TEMPORARY PHYSICAL RESERVE_WAL`,
  );
