import { z } from 'zod';
import type { Document, DocumentSummary, ListedDocument } from '../../contracts/document.ts';

export const documentRowSchema = z.object({
  collection_id: z.string(),
  key: z.string(),
  version: z.number(),
  deleted: z.boolean(),
  value: z.unknown().optional(),
  bytes: z.number(),
  created_at: z.string(),
  created_by: z.string().nullable(),
  updated_at: z.string(),
  updated_by: z.string().nullable(),
});
type DocumentRow = z.output<typeof documentRowSchema>;

export const toDocumentSummary = (row: DocumentRow): DocumentSummary => ({
  collectionId: row.collection_id,
  key: row.key,
  version: row.version,
  deleted: row.deleted,
  bytes: row.bytes,
  createdAt: row.created_at,
  createdBy: row.created_by,
  updatedAt: row.updated_at,
  updatedBy: row.updated_by,
});

export const toDocument = (row: DocumentRow): Document => ({ ...toDocumentSummary(row), value: row.value ?? null });

export const toListedDocument = (row: DocumentRow): ListedDocument => ({
  ...toDocumentSummary(row),
  ...(row.value === undefined ? {} : { value: row.value }),
});
