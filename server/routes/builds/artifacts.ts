import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { buildIdSchema, inProjectSchema } from '../../../contracts/api/build.ts';
import { buildArtifactSchema } from '../../../contracts/build.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { buildArtifactColumns, buildArtifactRowSchema, toBuildArtifact } from '../../rows/build-artifact.ts';
import { type Database, fetchRows } from '../../services/database.ts';
import { findBuild } from './find.ts';

const route = createRoute({
  method: 'get',
  path: '/builds/{id}/artifacts',
  tags: ['Builds'],
  summary: 'What a build keeps, in the order of the paths',
  security: bearer,
  request: { params: z.object({ id: buildIdSchema }), query: inProjectSchema },
  responses: {
    200: jsonAnswer(z.object({ items: z.array(buildArtifactSchema) }), 'All of it; empty when its files were removed'),
    ...problems,
  },
});

/** What REST answers at once. */
const atOnce = 1_000;

async function artifactsOf(db: Database, buildId: string) {
  const rows: z.output<typeof buildArtifactRowSchema>[] = [];
  for (;;) {
    const query = db.from('build_artifacts').select(buildArtifactColumns).eq('build_id', buildId);
    const after = rows.at(-1)?.path;
    const next = await fetchRows(
      (after === undefined ? query : query.gt('path', after)).order('path').limit(atOnce),
      z.array(buildArtifactRowSchema),
    );
    rows.push(...next);
    if (next.length < atOnce) return rows;
  }
}

export const listBuildArtifacts: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const build = await findBuild(db, c.req.valid('param').id, c.req.valid('query').project);
    return c.json({ items: (await artifactsOf(db, build.id)).map(toBuildArtifact) }, 200);
  });
