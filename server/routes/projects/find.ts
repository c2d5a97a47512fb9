import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { listCommands } from '../../http/list-commands.ts';
import { ApiProblem, notFound } from '../../http/problem.ts';
import { projectColumns, projectRowSchema } from '../../rows/project.ts';
import { type Database, fetchRows } from '../../services/database.ts';

export type ProjectRow = z.output<typeof projectRowSchema>;

/** The project with this id, or with this slug in any account of the caller. */
export async function findProject(db: Database, idOrSlug: string): Promise<ProjectRow> {
  const column = uuidSchema.safeParse(idOrSlug).success ? 'id' : 'slug';
  const query = db.from('projects').select(projectColumns).eq(column, idOrSlug).limit(2);
  const [project, second] = await fetchRows(query, z.array(projectRowSchema));
  if (project === undefined) throw notFound(`project: ${idOrSlug}`, listCommands.projects);
  if (second !== undefined) {
    throw new ApiProblem(409, {
      code: 'project_ambiguous',
      message: `More than one of your accounts has a project ${idOrSlug}.`,
      suggestion: 'Use the id of the project.',
    });
  }
  return project;
}
