import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { buildQuerySchema } from '../../../contracts/api/build.ts';
import { buildSchema } from '../../../contracts/build.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { buildColumns, buildRowSchema, toBuild } from '../../rows/build.ts';
import { fetchRows } from '../../services/database.ts';
import { findProject } from '../projects/find.ts';

const route = createRoute({
  method: 'get',
  path: '/builds',
  tags: ['Builds'],
  summary: 'Builds, newest first',
  security: bearer,
  request: { query: buildQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(buildSchema), 'A page'), ...problems },
});

/** What LIKE gives a meaning stands for itself. */
const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

export const listBuilds: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { project, status, ref, commit, text, ...page } = c.req.valid('query');
    let query = db.from('builds').select(buildColumns);
    if (project !== undefined) query = query.eq('project_id', (await findProject(db, project)).id);
    if (status !== undefined) query = query.eq('status', status);
    if (ref !== undefined) query = query.eq('ref', ref);
    if (commit !== undefined) query = query.like('commit_sha', `${commit}%`);
    if (text !== undefined) query = query.ilike('ref', `%${literally(text)}%`);
    const rows = await fetchRows(paginate(query, page), z.array(buildRowSchema));
    return c.json(toPage(rows, page.limit, toBuild), 200);
  });
