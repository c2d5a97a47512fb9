import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { releaseQuerySchema } from '../../../contracts/api/release.ts';
import { releaseSchema } from '../../../contracts/release.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { releaseColumns, releaseRowSchema, toRelease } from '../../rows/release.ts';
import { fetchRows } from '../../services/database.ts';
import { findProject } from '../projects/find.ts';

const route = createRoute({
  method: 'get',
  path: '/releases',
  tags: ['Releases'],
  summary: 'Releases of the caller’s accounts, newest first',
  security: bearer,
  request: { query: releaseQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(releaseSchema), 'A page'), ...problems },
});

export const listReleases: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { accountId, status, name, project, ...page } = c.req.valid('query');
    const within = project === undefined ? undefined : await findProject(db, project);
    // The embedded rows that are shown are all of them; those that are filtered by are another embedding.
    let query = db.from('releases').select(within ? `${releaseColumns},of:release_builds!inner(id)` : releaseColumns);
    if (within !== undefined) query = query.eq('of.project_id', within.id);
    if (accountId !== undefined) query = query.eq('account_id', accountId);
    if (status !== undefined) query = query.eq('status', status);
    if (name !== undefined) query = query.eq('name', name);
    const rows = await fetchRows(paginate(query, page), z.array(releaseRowSchema));
    return c.json(toPage(rows, page.limit, toRelease), 200);
  });
