import type { createEnvironmentSchema, updateEnvironmentSchema } from '../../../contracts/api/environment.ts';
import { deployedSchema } from '../../../contracts/deployed.ts';
import { environmentSchema } from '../../../contracts/project.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { at, type Body, type Changing, type Creating, type Http, type Page, page } from '../request.ts';

export const environments = (http: Http) => ({
  list: (project: string, query: Page = {}) =>
    http({
      method: 'GET',
      path: at('projects', project, 'environments'),
      query: page(query),
      answer: pageSchema(environmentSchema),
    }),
  get: (id: string) => http({ method: 'GET', path: at('environments', id), answer: environmentSchema }),
  /** What it has and had: its successful deployments, the newest first. */
  deployed: (id: string, query: Page = {}) =>
    http({
      method: 'GET',
      path: at('environments', id, 'deployed'),
      query: page(query),
      answer: pageSchema(deployedSchema),
    }),
  create: (project: string, body: Body<typeof createEnvironmentSchema>, creates: Creating = {}) =>
    http({
      method: 'POST',
      path: at('projects', project, 'environments'),
      body,
      creates,
      answer: environmentSchema,
    }),
  /** `variables`, `credentials` and `protection` take the place of all that there were. */
  update: (id: string, body: Body<typeof updateEnvironmentSchema>, { version }: Changing) =>
    http({ method: 'PATCH', path: at('environments', id), body, version, answer: environmentSchema }),
});
