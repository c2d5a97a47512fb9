import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';
import { slugSchema } from '../../contracts/scalar.ts';
import { platformSchemaSchema } from '../../contracts/schema-version.ts';
import { readJsonFile } from '../atomic-file.ts';
import { encryptionSchema } from './passphrase-key.ts';

export const manifestName = 'manifest.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.number().int().min(0);

/** One stored file; size and checksum are those of what is on disk, so they can be verified without a passphrase. */
const backupFileSchema = z.strictObject({ name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,80}$/), size, sha256 });
export type BackupFile = z.infer<typeof backupFileSchema>;

/** What a backup says about itself before it is sealed. Nothing in it is secret. */
const contentSchema = z.strictObject({
  version: z.literal(1),
  tenant: slugSchema,
  createdAt: z.iso.datetime(),
  platformVersion: z.string(),
  runtime: z.enum(['embedded', 'compose']),
  schema: platformSchemaSchema,
  snapshot: z.strictObject({
    /** How the databases are stored; the runtime that reads it must know it. */
    kind: z.string(),
    postgresVersion: z.string(),
    /** Room that the databases take when they are unpacked. */
    unpackedBytes: size,
  }),
  /** Of the Vault's canary, by which a restore proves that the root key fits. */
  canarySha256: sha256,
  encryption: encryptionSchema.nullable(),
  files: z.array(backupFileSchema).min(1),
});
export type ManifestContent = z.infer<typeof contentSchema>;

export const manifestSchema = contentSchema.extend({
  /** SHA-256 over everything above; keyed by the passphrase when there is one. */
  seal: sha256,
});
export type Manifest = z.infer<typeof manifestSchema>;

/** @param key of the passphrase; null seals against accidents only */
export function sealed(content: ManifestContent, key: Buffer | null): Manifest {
  const parsed = contentSchema.parse(content);
  return { ...parsed, seal: sealOf(parsed, key) };
}

/** Refuses a manifest that is not as it was written. One with a passphrase can only be checked with its key. */
export function assertSeal({ seal, ...content }: Manifest, key: Buffer | null): void {
  const right = Buffer.from(sealOf(contentSchema.parse(content), key), 'hex');
  if (timingSafeEqual(right, Buffer.from(seal, 'hex'))) return;
  throw damaged(manifestName, 'its content does not match its seal');
}

// Parsing gives the keys the order of the schema, so the text is the same whoever wrote the file.
function sealOf(content: ManifestContent, key: Buffer | null): string {
  const text = JSON.stringify(content);
  return (key === null ? createHash('sha256') : createHmac('sha256', key)).update(text).digest('hex');
}

/** The manifest of a backup's directory; null when there is none, which makes it no (complete) backup. */
export const readManifest = (directory: string): Manifest | null =>
  readJsonFile(join(directory, manifestName), manifestSchema, {
    code: 'backup_damaged',
    suggestion: 'Use another backup, or another copy of this one.',
  });

export const damaged = (name: string, detail: string): SfpError =>
  new SfpError({
    code: 'backup_damaged',
    message: `${name} of the backup is not what was written.`,
    detail,
    suggestion: 'Use another backup, or another copy of this one. Nothing was changed.',
  });
