import { z } from 'zod';
import { ApiProblem } from '../../http/problem.ts';
import { type Database, fetchRows } from '../../services/database.ts';
import type { ProjectRow } from '../projects/find.ts';

/** The id of a project's build that is named by id or number, or of the newest that succeeded when none is. */
export async function findBuildId(db: Database, project: ProjectRow, build?: string | number): Promise<string> {
  let query = db.from('builds').select('id').eq('project_id', project.id);
  if (build === undefined) query = query.eq('status', 'succeeded').order('number', { ascending: false });
  else query = query.eq(typeof build === 'number' ? 'number' : 'id', build);
  const [found] = await fetchRows(query.limit(1), z.array(z.object({ id: z.string() })));
  if (found !== undefined) return found.id;
  const { slug } = project;
  throw build === undefined
    ? new ApiProblem(409, {
        code: 'nothing_built',
        message: `The project ${slug} has no build that succeeded.`,
        suggestion: `Build it: sfp build --project ${slug}`,
      })
    : new ApiProblem(404, {
        code: 'not_found',
        message: `The project ${slug} has no build ${build}, or it is not yours to see.`,
        suggestion: `See which there are: sfp build list --project ${slug}`,
      });
}
