import { createRoute } from '@hono/zod-openapi';
import { createBuildSchema } from '../../../contracts/api/build.ts';
import { buildSchema } from '../../../contracts/build.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { buildColumns, buildRowSchema, toBuild } from '../../rows/build.ts';
import { fetchRows } from '../../services/database.ts';
import { findProject } from '../projects/find.ts';

export const createBuild: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/builds',
      tags: ['Builds'],
      summary: 'Build a ref of a project and keep what comes of it; nothing is deployed',
      security: bearer,
      middleware: idempotent(services),
      request: { body: jsonBody(createBuildSchema) },
      responses: { 201: jsonAnswer(buildSchema, 'The build, queued, with its task'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const wanted = c.req.valid('json');
      const project = await findProject(db, wanted.project);
      const row = {
        account_id: project.account_id,
        project_id: project.id,
        ref: wanted.ref ?? project.default_ref,
        pool: wanted.pool,
      };
      const build = await fetchRows(db.from('builds').insert(row).select(buildColumns).single(), buildRowSchema);
      services.wakeDispatcher();
      return c.json(toBuild(build), 201);
    },
  );
