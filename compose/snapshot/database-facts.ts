import { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';
import { platformSchemaSchema } from '../../contracts/schema-version.ts';
import { readTextFile } from '../../stack/atomic-file.ts';
import type { SnapshotFacts } from '../../stack/backup/snapshot.ts';
import type { Stack } from '../../stack/stack.ts';
import type { DatabaseSession } from '../database-session.ts';
import { ensureCanary } from './canary.ts';
import { snapshotKind } from './snapshot-files.ts';

const walSegmentBytes = 16_777_216;
/** Settings, keys and a token: never more than this. */
const smallVolumesBytes = 1_000_000;

const factsSchema = z.object({
  version: z.string(),
  schema: platformSchemaSchema,
  bytes: z.number(),
  artifacts: z.number(),
  key: z.string(),
  tablespaces: z.number(),
});

/** What a backup says of the databases. Refuses one that could not be restored. */
export async function databaseFacts(stack: Stack, session: DatabaseSession): Promise<SnapshotFacts> {
  const canary = await ensureCanary(session);
  const { version, schema, bytes, artifacts, key, tablespaces } = factsSchema.parse(
    await session.json(`select json_build_object(
      'version', current_setting('server_version'), 'schema', public.platform_schema(),
      'bytes', (select sum(pg_database_size(oid)) from pg_database)::float8,
      -- A schema of before has no such table, and a query is checked before it runs: this one is not.
      'artifacts', case when to_regclass('private.artifacts') is null then 0 else (xpath('//bytes/text()', query_to_xml(
        'select coalesce(sum(size_bytes), 0) as bytes from private.artifacts', false, true, '')))[1]::text::float8 end,
      'key', pg_read_file('/etc/postgresql-custom/pgsodium_root.key'),
      'tablespaces', (select count(*) from pg_tablespace where spcname not in ('pg_default', 'pg_global')))`),
  );
  if (tablespaces > 0) throw foreignTablespaces();
  if (key.trim() !== readTextFile(stack.layout.vaultKeyFile)?.trim()) throw keyDiffers(stack);
  const unpackedBytes = bytes + artifacts + 8 * walSegmentBytes + smallVolumesBytes;
  return { kind: snapshotKind, postgresVersion: version, schema, canary, unpackedBytes };
}

const foreignTablespaces = (): SfpError =>
  new SfpError({
    code: 'backup_failed',
    message: 'The database has tablespaces outside its volume, which a backup does not hold.',
    suggestion: 'Move their tables back (ALTER TABLE … SET TABLESPACE pg_default), drop them and run the backup again.',
  });

const keyDiffers = ({ layout }: Stack): SfpError =>
  new SfpError({
    code: 'vault_key_differs',
    message: 'The database works with another Vault root key than the one of this stack.',
    detail: `${layout.vaultKeyFile} is missing, or is not what the volume db-config holds: a backup with it would not open.`,
    suggestion: 'Put the file vault.key of an earlier backup of this stack there, then run the backup again.',
  });
