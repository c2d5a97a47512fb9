import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { platformAssociationSchema } from '../../../contracts/platform-association.ts';
import { pageQuerySchema, pageSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { associationColumns, associationRowSchema, toAssociation } from '../../rows/platform-association.ts';
import { fetchRows } from '../../services/database.ts';
import { findProject } from '../projects/find.ts';

const route = createRoute({
  method: 'get',
  path: '/projects/{idOrSlug}/associations',
  tags: ['Projects'],
  summary: 'Repositories of other platforms that a project is associated with, newest first',
  security: bearer,
  request: { params: z.object({ idOrSlug: z.string().min(1) }), query: pageQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(platformAssociationSchema), 'A page'), ...problems },
});

export const listAssociations: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const page = c.req.valid('query');
    const { id } = await findProject(db, c.req.valid('param').idOrSlug);
    const query = paginate(db.from('platform_associations').select(associationColumns).eq('project_id', id), page);
    return c.json(toPage(await fetchRows(query, z.array(associationRowSchema)), page.limit, toAssociation), 200);
  });
