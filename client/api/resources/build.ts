import { z } from 'zod';
import type { createBuildSchema } from '../../../contracts/api/build.ts';
import { type BuildStatus, buildArtifactSchema, buildSchema } from '../../../contracts/build.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { download } from '../download.ts';
import type { HttpOptions } from '../http.ts';
import { at, type Body, type Creating, type Http, type Page, page } from '../request.ts';

export interface BuildFilter {
  project?: string | undefined;
  status?: BuildStatus | undefined;
  /** Exactly this one. */
  ref?: string | undefined;
  /** The beginning of a commit id. */
  commit?: string | undefined;
  /** Part of the ref. */
  text?: string | undefined;
}
/** A build is named by its id, or by its number in a project. */
export interface InProject {
  project?: string | undefined;
}

export const builds = (http: Http, options: HttpOptions) => ({
  list: ({ project, status, ref, commit, text, ...query }: BuildFilter & Page = {}) =>
    http({
      method: 'GET',
      path: '/builds',
      query: { project, status, ref, commit, text, ...page(query) },
      answer: pageSchema(buildSchema),
    }),
  get: (id: string, { project }: InProject = {}) =>
    http({ method: 'GET', path: at('builds', id), query: { project }, answer: buildSchema }),
  create: (body: Body<typeof createBuildSchema>, creates: Creating = {}) =>
    http({ method: 'POST', path: '/builds', body, creates, answer: buildSchema }),
  cancel: (id: string, { project }: InProject = {}) =>
    http({ method: 'POST', path: at('builds', id, 'cancel'), query: { project }, answer: buildSchema }),
  /** All that it keeps. */
  artifacts: (id: string, { project }: InProject = {}) =>
    http({
      method: 'GET',
      path: at('builds', id, 'artifacts'),
      query: { project },
      answer: z.object({ items: z.array(buildArtifactSchema) }),
    }),
  /** The bytes of one file, as they come; what is cut off or damaged ends as an error. */
  download: (id: string, path: string, signal?: AbortSignal) =>
    download(options, at('builds', id, 'artifacts', path), signal),
});
