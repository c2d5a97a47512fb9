import { z } from 'zod';
import type {
  abortReleaseSchema,
  createReleaseSchema,
  deployReleaseSchema,
  finalizeReleaseSchema,
  releaseQuerySchema,
  setReleaseBuildSchema,
  updateReleaseSchema,
} from '../../../contracts/api/release.ts';
import { deploymentSchema } from '../../../contracts/deployment.ts';
import { releaseChangelogSchema, releaseSchema } from '../../../contracts/release.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { at, type Body, type Changing, type Creating, type Http, type Page, page } from '../request.ts';

export type ReleaseFilter = Omit<z.input<typeof releaseQuerySchema>, 'cursor' | 'limit'>;

/** Releases, by id or by name. */
export const releases = (http: Http) => ({
  list: ({ cursor, limit, signal, ...filter }: ReleaseFilter & Page = {}) =>
    http({
      method: 'GET',
      path: '/releases',
      query: { ...filter, ...page({ cursor, limit }) },
      answer: pageSchema(releaseSchema),
      signal,
    }),
  get: (release: string) => http({ method: 'GET', path: at('releases', release), answer: releaseSchema }),
  create: (body: Body<typeof createReleaseSchema>, creates: Creating = {}) =>
    http({ method: 'POST', path: '/releases', body, creates, answer: releaseSchema }),
  update: (release: string, body: Body<typeof updateReleaseSchema>, { version }: Changing) =>
    http({ method: 'PATCH', path: at('releases', release), body, version, answer: releaseSchema }),
  /** In the place of the build that the release had of that project. */
  setBuild: (release: string, project: string, body: Body<typeof setReleaseBuildSchema>, { version }: Changing) =>
    http({ method: 'PUT', path: at('releases', release, 'builds', project), body, version, answer: releaseSchema }),
  removeBuild: (release: string, project: string, { version }: Changing) =>
    http({ method: 'DELETE', path: at('releases', release, 'builds', project), version, answer: releaseSchema }),
  finalize: (release: string, body: Body<typeof finalizeReleaseSchema>, { version }: Changing) =>
    http({ method: 'POST', path: at('releases', release, 'finalize'), body, version, answer: releaseSchema }),
  abort: (release: string, body: Body<typeof abortReleaseSchema>, { version }: Changing) =>
    http({ method: 'POST', path: at('releases', release, 'abort'), body, version, answer: releaseSchema }),
  changelog: (release: string) =>
    http({ method: 'GET', path: at('releases', release, 'changelog'), answer: releaseChangelogSchema }),
  deployments: (release: string, query: Page = {}) =>
    http({
      method: 'GET',
      path: at('releases', release, 'deployments'),
      query: page(query),
      answer: pageSchema(deploymentSchema),
    }),
  /** A deployment of each of its projects, all of them or none. */
  deploy: (release: string, body: Body<typeof deployReleaseSchema>, creates: Creating = {}) =>
    http({
      method: 'POST',
      path: at('releases', release, 'deployments'),
      body,
      creates,
      answer: z.object({ items: z.array(deploymentSchema) }),
    }),
});
