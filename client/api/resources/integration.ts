import type { z } from 'zod';
import type {
  createIntegrationSchema,
  integrationQuerySchema,
  setIntegrationSecretSchema,
  updateIntegrationSchema,
} from '../../../contracts/api/integration.ts';
import { integrationSchema } from '../../../contracts/integration.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { anything, at, type Body, type Changing, type Creating, type Http, type Page, page } from '../request.ts';

export type IntegrationFilter = Omit<z.input<typeof integrationQuerySchema>, 'cursor' | 'limit'>;

export const integrations = (http: Http) => ({
  list: ({ cursor, limit, signal, ...filter }: IntegrationFilter & Page = {}) =>
    http({
      method: 'GET',
      path: '/integrations',
      query: { ...filter, ...page({ cursor, limit }) },
      answer: pageSchema(integrationSchema),
      signal,
    }),
  get: (id: string) => http({ method: 'GET', path: at('integrations', id), answer: integrationSchema }),
  create: (body: Body<typeof createIntegrationSchema>, creates: Creating = {}) =>
    http({ method: 'POST', path: '/integrations', body, creates, answer: integrationSchema }),
  update: (id: string, body: Body<typeof updateIntegrationSchema>, { version }: Changing) =>
    http({ method: 'PATCH', path: at('integrations', id), body, version, answer: integrationSchema }),
  remove: (id: string) => http({ method: 'DELETE', path: at('integrations', id), answer: anything }),
  /** The value goes in and never comes out again. */
  setSecret: (id: string, body: Body<typeof setIntegrationSecretSchema>, { version }: Changing) =>
    http({ method: 'PUT', path: at('integrations', id, 'secret'), body, version, answer: integrationSchema }),
});
