import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { ArtifactStore } from '../../../artifacts/store.ts';
import { buildIdSchema, inProjectSchema } from '../../../contracts/api/build.ts';
import { SfpError } from '../../../contracts/error.ts';
import { bearer, type Endpoint, problems } from '../../http/api.ts';
import { ApiProblem, notFound } from '../../http/problem.ts';
import { buildArtifactColumns, buildArtifactRowSchema } from '../../rows/build-artifact.ts';
import { fetchRows } from '../../services/database.ts';
import { type BuildRow, findBuild } from './find.ts';

const route = createRoute({
  method: 'get',
  path: '/builds/{id}/artifacts/{path}',
  tags: ['Builds'],
  summary: 'One file that a build keeps. Its SHA-256 is checked on the way: what is damaged does not come to its end',
  security: bearer,
  request: {
    params: z.object({
      id: buildIdSchema,
      /** As the list names it, with its slashes encoded (%2F) or not. */
      path: z
        .string()
        .min(1)
        .max(1000)
        .openapi({ param: { name: 'path', in: 'path' } }),
    }),
    query: inProjectSchema,
  },
  responses: {
    200: {
      description: 'The file',
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    ...problems,
  },
});

export const downloadBuildArtifact: Endpoint = (api, { env, log }) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { id, path } = c.req.valid('param');
    const build = await findBuild(db, id, c.req.valid('query').project);
    const query = db.from('build_artifacts').select(buildArtifactColumns).match({ build_id: build.id, path }).limit(1);
    const [found] = await fetchRows(query, z.array(buildArtifactRowSchema));
    if (found === undefined) throw noFile(build, path);
    const store = await ArtifactStore.open(env.artifactsDir);
    const chunks = store.read({ digest: found.digest, sizeBytes: found.size_bytes }, path);
    // Until its first piece a missing or damaged file can be told; one of a single piece was wholly checked by then.
    const first = await chunks.next().catch((error: unknown) => {
      if (error instanceof SfpError) throw new ApiProblem(500, error.toFailure(), { cause: error });
      throw error;
    });
    let pending = first.done === true ? undefined : first.value;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          if (pending === undefined) {
            const next = await chunks.next();
            if (next.done === true) return controller.close();
            pending = next.value;
          }
          controller.enqueue(pending);
          pending = undefined;
        } catch (error) {
          // With a length announced and not reached, the client sees a broken answer.
          log.error({ err: error, requestId: c.get('requestId') }, 'a download was broken off');
          controller.error(error);
        }
      },
      async cancel() {
        await chunks.return(undefined);
      },
    });
    return c.body(body, 200, {
      'content-type': 'application/octet-stream',
      'content-length': String(found.size_bytes),
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(fileName(build, path))}`,
      'x-content-type-options': 'nosniff',
      'x-sfp-sha256': found.digest,
      'cache-control': 'private, no-store',
    });
  });

const fileName = (build: BuildRow, path: string): string =>
  path === 'source/' ? `source-${build.number}.tar` : (path.split('/').at(-1) ?? 'file');

function noFile(build: BuildRow, path: string): ApiProblem {
  if (build.status !== 'expired')
    return notFound(`file in build ${build.number}: ${path}`, `See what it keeps: sfp build get ${build.id}`);
  return new ApiProblem(410, {
    code: 'build_expired',
    message: `The files of build ${build.number} were removed.`,
    suggestion: `Build the commit again: sfp build --ref ${build.commit_sha ?? build.ref}`,
  });
}
