import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { projectSchema } from '../../../contracts/project.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { etagOf } from '../../http/if-match.ts';
import { toProject } from '../../rows/project.ts';
import { findProject } from './find.ts';

const route = createRoute({
  method: 'get',
  path: '/projects/{idOrSlug}',
  tags: ['Projects'],
  summary: 'One project',
  security: bearer,
  request: { params: z.object({ idOrSlug: z.string().min(1) }) },
  responses: { 200: jsonAnswer(projectSchema, 'The project; its ETag is its version'), ...problems },
});

export const getProject: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const project = await findProject(c.get('caller').db, c.req.valid('param').idOrSlug);
    c.header('etag', etagOf(project.version));
    return c.json(toProject(project), 200);
  });
