import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, problems } from '../../http/api.ts';
import { ApiProblem } from '../../http/problem.ts';
import { fetchRows } from '../../services/database.ts';
import { findAssociation } from './find.ts';

const route = createRoute({
  method: 'delete',
  path: '/associations/{id}',
  tags: ['Projects'],
  summary: 'Forget an association; the repository and the credential stay',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }) },
  responses: { 204: { description: 'Forgotten' }, ...problems },
});

export const removeAssociation: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { id } = await findAssociation(db, c.req.valid('param').id);
    const query = db.from('platform_associations').delete().eq('id', id).select('id');
    // RLS hides from a delete what the caller may not delete.
    if ((await fetchRows(query, z.array(z.unknown()))).length === 0) {
      throw new ApiProblem(403, {
        code: 'forbidden',
        message: 'Deleting an association needs the role admin in its account.',
        suggestion: 'Ask an owner of the account for a higher role.',
      });
    }
    return c.body(null, 204);
  });
