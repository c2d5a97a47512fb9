import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { listCommands } from '../../http/list-commands.ts';
import { ApiProblem, notFound } from '../../http/problem.ts';
import { buildColumns, buildRowSchema } from '../../rows/build.ts';
import { type Database, fetchRows } from '../../services/database.ts';
import { findProject } from '../projects/find.ts';

export type BuildRow = z.output<typeof buildRowSchema>;

/** The build with this id, or with this number in a project. */
export async function findBuild(db: Database, idOrNumber: string, project: string | undefined): Promise<BuildRow> {
  const query = db.from('builds').select(buildColumns).limit(1);
  const [build] = await fetchRows(query.match(await matchOf(db, idOrNumber, project)), z.array(buildRowSchema));
  if (build === undefined) throw notFound(`build: ${idOrNumber}`, listCommands.builds);
  return build;
}

async function matchOf(db: Database, idOrNumber: string, project: string | undefined) {
  if (uuidSchema.safeParse(idOrNumber).success) return { id: idOrNumber };
  if (!/^\d+$/.test(idOrNumber)) throw notFound(`build: ${idOrNumber}`, listCommands.builds);
  if (project === undefined) {
    throw new ApiProblem(
      422,
      {
        code: 'project_required',
        message: `Build ${idOrNumber} of which project?`,
        suggestion: 'Say it with --project <slug> (?project=), or give the id of the build.',
      },
      { errors: [{ path: 'project', message: 'needed with the number of a build' }] },
    );
  }
  return { number: Number(idOrNumber), project_id: (await findProject(db, project)).id };
}
