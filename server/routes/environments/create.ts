import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { createEnvironmentSchema } from '../../../contracts/api/environment.ts';
import { environmentSchema } from '../../../contracts/project.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { environmentColumns, environmentRowSchema, toEnvironment } from '../../rows/environment.ts';
import { fetchRows } from '../../services/database.ts';
import { findProject } from '../projects/find.ts';

export const createEnvironment: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/projects/{idOrSlug}/environments',
      tags: ['Environments'],
      summary: 'Add an environment to a project',
      security: bearer,
      middleware: idempotent(services),
      request: { params: z.object({ idOrSlug: z.string().min(1) }), body: jsonBody(createEnvironmentSchema) },
      responses: { 201: jsonAnswer(environmentSchema, 'The environment'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const { slug, name, category, variables, credentials, branchPattern, protection } = c.req.valid('json');
      const project = await findProject(db, c.req.valid('param').idOrSlug);
      const of = { account_id: project.account_id, project_id: project.id };
      const row = {
        ...of,
        slug,
        name: name ?? slug,
        category,
        variables,
        credentials,
        branch_pattern: branchPattern,
        protection,
      };
      const query = db.from('environments').insert(row).select(environmentColumns).single();
      return c.json(toEnvironment(await fetchRows(query, environmentRowSchema)), 201);
    },
  );
