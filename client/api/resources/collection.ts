import type { z } from 'zod';
import type {
  collectionQuerySchema,
  createCollectionSchema,
  promoteCollectionSchema,
  updateCollectionSchema,
} from '../../../contracts/api/document.ts';
import { collectionSchema } from '../../../contracts/document.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import {
  anything,
  at,
  type Body,
  type Changing,
  type Creating,
  type Http,
  type InAccount,
  type Page,
  page,
} from '../request.ts';

export type CollectionFilter = Omit<z.input<typeof collectionQuerySchema>, 'cursor' | 'limit'>;

/** A collection is named by its id, or by its name, with the account where several have one of that name. */
export const collections = (http: Http) => ({
  list: ({ cursor, limit, signal, ...filter }: CollectionFilter & Page = {}) =>
    http({
      method: 'GET',
      path: '/collections',
      query: { ...filter, ...page({ cursor, limit }) },
      answer: pageSchema(collectionSchema),
      signal,
    }),
  get: (collection: string, { accountId }: InAccount = {}) =>
    http({ method: 'GET', path: at('collections', collection), query: { accountId }, answer: collectionSchema }),
  create: (body: Body<typeof createCollectionSchema>, creates: Creating = {}) =>
    http({ method: 'POST', path: '/collections', body, creates, answer: collectionSchema }),
  update: (
    collection: string,
    body: Body<typeof updateCollectionSchema>,
    { version, accountId }: Changing & InAccount,
  ) =>
    http({
      method: 'PATCH',
      path: at('collections', collection),
      query: { accountId },
      body,
      version,
      answer: collectionSchema,
    }),
  remove: (collection: string, { accountId }: InAccount = {}) =>
    http({ method: 'DELETE', path: at('collections', collection), query: { accountId }, answer: anything }),
  /** Answers at once; the move goes on by itself until `storage` is `dedicated`. */
  promote: (collection: string, body: Body<typeof promoteCollectionSchema> = {}, { accountId }: InAccount = {}) =>
    http({
      method: 'POST',
      path: at('collections', collection, 'promote'),
      query: { accountId },
      body,
      answer: collectionSchema,
    }),
});
