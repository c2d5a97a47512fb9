import type { createProjectSchema, updateProjectSchema } from '../../../contracts/api/project.ts';
import { projectSchema } from '../../../contracts/project.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { at, type Body, type Changing, type Creating, type Http, type Page, page } from '../request.ts';

export const projects = (http: Http) => ({
  list: (query: Page = {}) =>
    http({ method: 'GET', path: '/projects', query: page(query), answer: pageSchema(projectSchema) }),
  get: (idOrSlug: string) => http({ method: 'GET', path: at('projects', idOrSlug), answer: projectSchema }),
  create: (body: Body<typeof createProjectSchema>, creates: Creating = {}) =>
    http({ method: 'POST', path: '/projects', body, creates, answer: projectSchema }),
  update: (idOrSlug: string, body: Body<typeof updateProjectSchema>, { version }: Changing) =>
    http({ method: 'PATCH', path: at('projects', idOrSlug), body, version, answer: projectSchema }),
});
