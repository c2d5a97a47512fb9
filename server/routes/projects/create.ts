import { createRoute } from '@hono/zod-openapi';
import { createProjectSchema } from '../../../contracts/api/project.ts';
import { projectSchema } from '../../../contracts/project.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { projectColumns, projectRowSchema, toProject } from '../../rows/project.ts';
import { fetchRows } from '../../services/database.ts';
import { soleAccountId } from '../accounts/sole-account.ts';

export const createProject: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/projects',
      tags: ['Projects'],
      summary: 'Register a repository as a project',
      security: bearer,
      middleware: idempotent(services),
      request: { body: jsonBody(createProjectSchema) },
      responses: { 201: jsonAnswer(projectSchema, 'The project'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const wanted = c.req.valid('json');
      const row = {
        account_id: wanted.accountId ?? (await soleAccountId(db)),
        slug: wanted.slug,
        name: wanted.name ?? wanted.slug,
        repository_url: wanted.repositoryUrl,
        default_ref: wanted.defaultRef,
        config_path: wanted.configPath,
      };
      const query = db.from('projects').insert(row).select(projectColumns).single();
      return c.json(toProject(await fetchRows(query, projectRowSchema)), 201);
    },
  );
