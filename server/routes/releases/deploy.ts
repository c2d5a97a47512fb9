import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { deployReleaseSchema } from '../../../contracts/api/release.ts';
import { deploymentSchema } from '../../../contracts/deployment.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { deploymentRowSchema, toDeployment } from '../../rows/deployment.ts';
import { fetchRows } from '../../services/database.ts';
import { findRelease } from './find.ts';
import { releaseParams } from './params.ts';

export const deployRelease: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/releases/{idOrName}/deployments',
      tags: ['Releases'],
      summary: 'Deploy a release: a deployment of each of its projects, all of them or none',
      description:
        'To the environment of that name of each project. 409 `release_environment_missing` names the projects that have none, unless `skipMissing` leaves them out. The first deployment moves the release to `in_progress`, and its definition stays from then on.',
      security: bearer,
      middleware: idempotent(services),
      request: { params: releaseParams, body: jsonBody(deployReleaseSchema) },
      responses: { 201: jsonAnswer(z.object({ items: z.array(deploymentSchema) }), 'The deployments'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const { environment, skipMissing, pool } = c.req.valid('json');
      const { id } = await findRelease(db, c.req.valid('param').idOrName);
      const made = db.rpc('deploy_release', {
        p_release_id: id,
        p_environment: environment,
        p_skip_missing: skipMissing,
        p_pool: pool,
      });
      const rows = await fetchRows(made, z.array(deploymentRowSchema));
      services.wakeDispatcher();
      return c.json({ items: rows.map(toDeployment) }, 201);
    },
  );
