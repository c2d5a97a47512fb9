import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, problems } from '../../http/api.ts';
import { ApiProblem } from '../../http/problem.ts';
import { fetchRows } from '../../services/database.ts';
import { findIntegration } from './find.ts';

const route = createRoute({
  method: 'delete',
  path: '/integrations/{id}',
  tags: ['Integrations'],
  summary: 'Delete an integration and its secret',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }) },
  responses: { 204: { description: 'Deleted' }, ...problems },
});

export const removeIntegration: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { id } = await findIntegration(db, c.req.valid('param').id);
    const gone = await fetchRows(db.from('integrations').delete().eq('id', id).select('id'), z.array(z.unknown()));
    // RLS hides from a delete what the caller may not delete.
    if (gone.length === 0) {
      throw new ApiProblem(403, {
        code: 'forbidden',
        message: 'Deleting an integration needs the role admin in its account.',
        suggestion: 'Ask an owner of the account for a higher role.',
      });
    }
    return c.body(null, 204);
  });
