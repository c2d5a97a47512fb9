import { z } from 'zod';
import { slugSchema, timestampSchema, uuidSchema } from './scalar.ts';

/** Where the documents of a collection are: among others', or in tables of its own. Between them both are written and the shared ones are read. */
export const collectionStorages = ['shared', 'copying', 'switching', 'dedicated'] as const;
export const collectionStorageSchema = z.enum(collectionStorages);
type CollectionStorage = z.infer<typeof collectionStorageSchema>;

/** There is no way back, and none is needed. */
export const collectionStorageTransitions: Readonly<Record<CollectionStorage, readonly CollectionStorage[]>> = {
  shared: ['copying'],
  copying: ['switching'],
  switching: ['dedicated'],
  dedicated: [],
};

/** Every account has them; the platform writes them and people read. */
export const platformCollections = ['build-manifests', 'changelogs', 'configuration-snapshots'] as const;

/** `build.number`: names with dots. None is a number: that would be a key here and an element of an array there. */
export const documentPathSchema = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*){0,7}$/,
    'a path of at most 8 names with dots between them, as in build.number',
  );

export const collectionIndexSchema = z.object({ path: documentPathSchema, type: z.enum(['text', 'number']) });
export type CollectionIndex = z.infer<typeof collectionIndexSchema>;

const maxDocumentBytes = 1_048_576;
export const documentLimitSchema = z.number().int().min(1_024).max(maxDocumentBytes);
export const keepVersionsSchema = z.number().int().min(0).max(1_000);

export const collectionSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  name: slugSchema,
  description: z.string(),
  /** One of the platform's: nobody else writes, changes or deletes it. */
  managed: z.boolean(),
  /** Bytes of one document, as Postgres writes its JSON. */
  maxDocumentBytes: documentLimitSchema,
  /** How many versions before the current one are kept. */
  keepVersions: keepVersionsSchema,
  storage: collectionStorageSchema,
  /** Of the dedicated table; none while the storage is shared. */
  indexes: z.array(collectionIndexSchema),
  version: z.number().int(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Collection = z.infer<typeof collectionSchema>;

/** A key that is dots alone would be taken for a way up by whatever reads a URL. */
export const documentKeySchema = z
  .string()
  .min(1)
  .refine((key) => [...key].length <= 512, 'at most 512 characters')
  .refine((key) => key !== '.' && key !== '..', 'not "." or ".."')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, 'no control characters')
  .refine((key) => key.isWellFormed(), 'whole characters');

/** What is known of a document without its value. */
export const documentSummarySchema = z.object({
  collectionId: uuidSchema,
  key: z.string(),
  /** 1 for the first; a deletion is one too, and a document that is put again goes on counting. */
  version: z.number().int(),
  deleted: z.boolean(),
  bytes: z.number().int(),
  createdAt: timestampSchema,
  /** Null for the platform. */
  createdBy: uuidSchema.nullable(),
  updatedAt: timestampSchema,
  updatedBy: uuidSchema.nullable(),
});
export type DocumentSummary = z.infer<typeof documentSummarySchema>;

export const documentSchema = documentSummarySchema.extend({
  /** Any JSON but null; null in a version that is a deletion. */
  value: z.unknown(),
});
export type Document = z.infer<typeof documentSchema>;

/** A document in a list: with its value when values were asked for. */
export const listedDocumentSchema = documentSummarySchema.extend({ value: z.unknown().optional() });
export type ListedDocument = z.infer<typeof listedDocumentSchema>;
