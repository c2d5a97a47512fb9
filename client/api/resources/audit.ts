import type { z } from 'zod';
import type { auditQuerySchema } from '../../../contracts/api/audit.ts';
import { auditEntrySchema } from '../../../contracts/audit-entry.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { type Http, type Page, page } from '../request.ts';

export type AuditFilter = Omit<z.input<typeof auditQuerySchema>, 'cursor' | 'limit'>;

export const audit = (http: Http) => ({
  list: ({ cursor, limit, signal, ...filter }: AuditFilter & Page = {}) =>
    http({
      method: 'GET',
      path: '/audit',
      query: { ...filter, ...page({ cursor, limit }) },
      answer: pageSchema(auditEntrySchema),
      signal,
    }),
});
