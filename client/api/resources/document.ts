import { documentPageSchema, documentVersionPageSchema } from '../../../contracts/api/document.ts';
import { documentSchema, documentSummarySchema } from '../../../contracts/document.ts';
import { at, type Http, type InAccount, type Page, page } from '../request.ts';

export interface DocumentFilter {
  /** Conditions that all hold: `status=failed`, `size>10`. */
  where?: readonly string[] | undefined;
  /** What documents contain. */
  contains?: object | undefined;
  prefix?: string | undefined;
  /** `updated`: the last changed first. */
  order?: 'key' | 'updated' | undefined;
  /** False: without the values. */
  values?: boolean | undefined;
}

export interface Expected {
  /** The version that was read: fails with `version_conflict` when there is a later one. 0: fails with `document_exists` when there is one. */
  version?: number | undefined;
}

const expecting = ({ version }: Expected) =>
  version === undefined ? {} : version === 0 ? { headers: { 'if-none-match': '*' } } : { version };

/** Documents in a collection that is named by its id, or by its name. */
export const documents = (http: Http) => ({
  list: (
    collection: string,
    { where, contains, prefix, order, values, accountId, ...rest }: DocumentFilter & InAccount & Page = {},
  ) =>
    http({
      method: 'GET',
      path: at('collections', collection, 'documents'),
      query: {
        accountId,
        where,
        contains: contains === undefined ? undefined : JSON.stringify(contains),
        prefix,
        order,
        values: values === undefined ? undefined : String(values),
        ...page(rest),
      },
      answer: documentPageSchema,
      signal: rest.signal,
    }),
  get: (collection: string, key: string, { version, accountId }: { version?: number | undefined } & InAccount = {}) =>
    http({
      method: 'GET',
      path: at('collections', collection, 'documents', key),
      query: { accountId, version },
      answer: documentSchema,
    }),
  put: (collection: string, key: string, value: unknown, { accountId, ...expected }: Expected & InAccount = {}) =>
    http({
      method: 'PUT',
      path: at('collections', collection, 'documents', key),
      query: { accountId },
      body: value,
      ...expecting(expected),
      answer: documentSummarySchema,
    }),
  remove: (
    collection: string,
    key: string,
    { accountId, version }: { version?: number | undefined } & InAccount = {},
  ) =>
    http({
      method: 'DELETE',
      path: at('collections', collection, 'documents', key),
      query: { accountId },
      ...(version === undefined ? {} : { version }),
      answer: documentSummarySchema,
    }),
  /** Newest first, without the values: each version is there to get. */
  versions: (collection: string, key: string, { accountId, ...rest }: InAccount & Page = {}) =>
    http({
      method: 'GET',
      path: at('collections', collection, 'documents', key, 'versions'),
      query: { accountId, ...page(rest) },
      answer: documentVersionPageSchema,
      signal: rest.signal,
    }),
});
