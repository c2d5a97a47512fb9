import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { updateProjectSchema } from '../../../contracts/api/project.ts';
import { projectSchema } from '../../../contracts/project.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { updateVersioned } from '../../http/update-versioned.ts';
import { projectColumns, projectRowSchema, toProject } from '../../rows/project.ts';
import { findProject } from './find.ts';

const route = createRoute({
  method: 'patch',
  path: '/projects/{idOrSlug}',
  tags: ['Projects'],
  summary: 'Change a project; what is left out stays',
  description:
    '`If-Match` carries the ETag of the version that was read (428 without it). When the project was changed since, nothing happens: 409 `version_conflict` with both versions.',
  security: bearer,
  request: {
    params: z.object({ idOrSlug: z.string().min(1) }),
    headers: ifMatchHeaders,
    body: jsonBody(updateProjectSchema),
  },
  responses: { 200: jsonAnswer(projectSchema, 'The project; its ETag is its new version'), ...problems },
});

export const updateProject: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const expected = expectedVersion(c.req.valid('header')['if-match']);
    const { name, repositoryUrl, defaultRef, configPath } = c.req.valid('json');
    const current = await findProject(db, c.req.valid('param').idOrSlug);
    const project = await updateVersioned({
      db,
      table: 'projects',
      key: { id: current.id },
      what: 'project',
      columns: projectColumns,
      schema: projectRowSchema,
      represent: toProject,
      current,
      expected,
      changes: { name, repository_url: repositoryUrl, default_ref: defaultRef, config_path: configPath },
    });
    c.header('etag', etagOf(project.version));
    return c.json(toProject(project), 200);
  });
