import { z } from 'zod';
import {
  collectionIndexSchema,
  documentLimitSchema,
  documentSummarySchema,
  keepVersionsSchema,
  listedDocumentSchema,
} from '../document.ts';
import { documentFilterTextSchema } from '../document-filter.ts';
import { pageQuerySchema, pageSchema, slugSchema, uuidSchema } from '../scalar.ts';
import { atLeastOne, nothingToChange } from './change.ts';

/** Which account a collection's name is looked up in; for whoever is in several that have one of it. */
export const inAccountSchema = z.object({ accountId: uuidSchema.optional() });

/** POST /api/v1/collections */
export const createCollectionSchema = z.strictObject({
  accountId: uuidSchema.optional(),
  name: slugSchema,
  description: z.string().max(1_000).optional(),
  maxDocumentBytes: documentLimitSchema.optional(),
  keepVersions: keepVersionsSchema.optional(),
});

/** PATCH /api/v1/collections/{collection}: what is left out stays. */
export const updateCollectionSchema = createCollectionSchema
  .omit({ accountId: true, name: true })
  .refine(atLeastOne, nothingToChange);

/** GET /api/v1/collections */
export const collectionQuerySchema = pageQuerySchema.extend({
  accountId: uuidSchema.optional(),
  name: slugSchema.optional(),
});

/** POST /api/v1/collections/{collection}/promote */
export const promoteCollectionSchema = z.strictObject({ indexes: z.array(collectionIndexSchema).max(8).default([]) });

const oneOrMany = <Item extends z.ZodType>(item: Item) =>
  z.preprocess((value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]), z.array(item).max(20));

/** A query's JSON. */
const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'JSON' });
    return z.NEVER;
  }
});

/** GET /api/v1/collections/{collection}/documents */
export const documentQuerySchema = pageQuerySchema.extend({
  accountId: uuidSchema.optional(),
  prefix: z.string().max(512).optional(),
  order: z.enum(['key', 'updated']).default('key'),
  where: oneOrMany(documentFilterTextSchema).meta({
    description: 'Conditions that all hold, e.g. status=failed or size>10; may be given several times',
    type: 'array',
    items: { type: 'string' },
  }),
  contains: jsonText
    .pipe(z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]))
    .optional()
    .meta({ description: 'JSON, an object or an array, that documents contain', type: 'string' }),
  values: z.enum(['true', 'false']).default('true').meta({ description: 'false: without the values' }),
});

/** GET /api/v1/collections/{collection}/documents/{key} */
export const getDocumentQuerySchema = inAccountSchema.extend({
  /** One of its versions instead of the current one. */
  version: z.coerce.number().int().min(1).max(2_147_483_647).optional(),
});

/** GET /api/v1/collections/{collection}/documents/{key}/versions */
export const documentVersionsQuerySchema = pageQuerySchema.extend({ accountId: uuidSchema.optional() });

export const documentPageSchema = pageSchema(listedDocumentSchema);
export const documentVersionPageSchema = pageSchema(documentSummarySchema);
