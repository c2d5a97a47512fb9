import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { platformAssociationSchema } from '../../../contracts/platform-association.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { etagOf } from '../../http/if-match.ts';
import { toAssociation } from '../../rows/platform-association.ts';
import { findAssociation } from './find.ts';

const route = createRoute({
  method: 'get',
  path: '/associations/{id}',
  tags: ['Projects'],
  summary: 'One association',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }) },
  responses: { 200: jsonAnswer(platformAssociationSchema, 'The association; its ETag is its version'), ...problems },
});

export const getAssociation: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const association = await findAssociation(c.get('caller').db, c.req.valid('param').id);
    c.header('etag', etagOf(association.version));
    return c.json(toAssociation(association), 200);
  });
