import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, problems } from '../../http/api.ts';
import { ApiProblem } from '../../http/problem.ts';
import { fetchRows } from '../../services/database.ts';
import { findSchedule } from './find.ts';

const route = createRoute({
  method: 'delete',
  path: '/schedules/{id}',
  tags: ['Schedules'],
  summary: 'Delete a schedule and its history; what it made stays',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }) },
  responses: { 204: { description: 'Deleted' }, ...problems },
});

export const removeSchedule: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { id } = await findSchedule(db, c.req.valid('param').id);
    const gone = await fetchRows(db.from('schedules').delete().eq('id', id).select('id'), z.array(z.unknown()));
    // RLS hides from a delete what the caller may not delete.
    if (gone.length === 0) {
      throw new ApiProblem(403, {
        code: 'forbidden',
        message: 'Deleting a schedule needs the role member in its account.',
        suggestion: 'Ask an owner of the account for a higher role.',
      });
    }
    return c.body(null, 204);
  });
