import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { createAssociationSchema } from '../../../contracts/api/platform-association.ts';
import { platformAssociationSchema, platformHosts } from '../../../contracts/platform-association.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { associationColumns, associationRowSchema, toAssociation } from '../../rows/platform-association.ts';
import { fetchRows } from '../../services/database.ts';
import { findProject } from '../projects/find.ts';

export const createAssociation: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/projects/{idOrSlug}/associations',
      tags: ['Projects'],
      summary: 'Say which repository of which platform a project is',
      description: 'Nothing is asked of that platform. The integration is one of the project or its account.',
      security: bearer,
      middleware: idempotent(services),
      request: { params: z.object({ idOrSlug: z.string().min(1) }), body: jsonBody(createAssociationSchema) },
      responses: { 201: jsonAnswer(platformAssociationSchema, 'The association'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const { host, hostUrl, repository, integrationId, defaultBranch } = c.req.valid('json');
      const project = await findProject(db, c.req.valid('param').idOrSlug);
      const row = {
        account_id: project.account_id,
        project_id: project.id,
        host,
        host_url: hostUrl ?? platformHosts[host].url,
        repository,
        integration_id: integrationId,
        default_branch: defaultBranch,
      };
      const query = db.from('platform_associations').insert(row).select(associationColumns).single();
      return c.json(toAssociation(await fetchRows(query, associationRowSchema)), 201);
    },
  );
