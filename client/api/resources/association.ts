import type { createAssociationSchema, updateAssociationSchema } from '../../../contracts/api/platform-association.ts';
import { platformAssociationSchema } from '../../../contracts/platform-association.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { anything, at, type Body, type Changing, type Creating, type Http, type Page, page } from '../request.ts';

/** Which repositories of other platforms a project is. */
export const associations = (http: Http) => ({
  list: (project: string, query: Page = {}) =>
    http({
      method: 'GET',
      path: at('projects', project, 'associations'),
      query: page(query),
      answer: pageSchema(platformAssociationSchema),
    }),
  get: (id: string) => http({ method: 'GET', path: at('associations', id), answer: platformAssociationSchema }),
  create: (project: string, body: Body<typeof createAssociationSchema>, creates: Creating = {}) =>
    http({
      method: 'POST',
      path: at('projects', project, 'associations'),
      body,
      creates,
      answer: platformAssociationSchema,
    }),
  update: (id: string, body: Body<typeof updateAssociationSchema>, { version }: Changing) =>
    http({ method: 'PATCH', path: at('associations', id), body, version, answer: platformAssociationSchema }),
  remove: (id: string) => http({ method: 'DELETE', path: at('associations', id), answer: anything }),
});
