import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { createReleaseSchema } from '../../../contracts/api/release.ts';
import { releaseSchema } from '../../../contracts/release.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { etagOf } from '../../http/if-match.ts';
import { toRelease } from '../../rows/release.ts';
import { fetchRows } from '../../services/database.ts';
import { soleAccountId } from '../accounts/sole-account.ts';
import { findProject } from '../projects/find.ts';
import { findRelease } from './find.ts';
import { findBuildId } from './find-build.ts';

export const createRelease: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/releases',
      tags: ['Releases'],
      summary: 'Make a release, with builds or without',
      description:
        'Of a project without `build` it takes the newest build that succeeded. Its account is that of the first project, else `accountId`.',
      security: bearer,
      middleware: idempotent(services),
      request: { body: jsonBody(createReleaseSchema) },
      responses: { 201: jsonAnswer(releaseSchema, 'The release, pending; its ETag is its version'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const { accountId, name, description, metadata, builds } = c.req.valid('json');
      const chosen: { account: string; build: string }[] = [];
      for (const { project: named, build } of builds) {
        const project = await findProject(db, named);
        chosen.push({ account: project.account_id, build: await findBuildId(db, project, build) });
      }
      const made = db.rpc('create_release', {
        // The database refuses a build of another account.
        p_account_id: accountId ?? chosen[0]?.account ?? (await soleAccountId(db)),
        p_name: name,
        p_description: description,
        p_metadata: metadata,
        p_build_ids: chosen.map(({ build }) => build),
      });
      const { id } = await fetchRows(made, z.object({ id: z.string() }));
      const release = await findRelease(db, id);
      c.header('etag', etagOf(release.version));
      return c.json(toRelease(release), 201);
    },
  );
