import { z } from 'zod';
import { type Collection, collectionIndexSchema, collectionStorageSchema } from '../../contracts/document.ts';

export const collectionRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  name: z.string(),
  description: z.string(),
  managed: z.boolean(),
  max_document_bytes: z.number(),
  keep_versions: z.number(),
  storage: collectionStorageSchema,
  indexes: z.array(collectionIndexSchema),
  version: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type CollectionRow = z.output<typeof collectionRowSchema>;
export const collectionColumns = Object.keys(collectionRowSchema.shape).join(',');

export const toCollection = (row: CollectionRow): Collection => ({
  id: row.id,
  accountId: row.account_id,
  name: row.name,
  description: row.description,
  managed: row.managed,
  maxDocumentBytes: row.max_document_bytes,
  keepVersions: row.keep_versions,
  storage: row.storage,
  indexes: row.indexes,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
