import { SfpError } from '../../../contracts/error.ts';
import type { Environment } from '../../../contracts/project.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import type { Connection } from '../../context/connection.ts';
import { listPages } from '../../context/list-pages.ts';
import { UsageError } from '../../usage-error.ts';

/** The environment with this id, or with this slug in the project; `command` is what the person called. */
export async function findEnvironment(
  { api }: Connection,
  idOrSlug: string,
  project: string | undefined,
  command: string,
): Promise<Environment> {
  if (uuidSchema.safeParse(idOrSlug).success) return api.environments.get(idOrSlug);
  if (project === undefined) {
    throw new UsageError(
      `${idOrSlug} is not an id.`,
      `Say of which project: sfp environment ${command} ${idOrSlug} --project <slug>`,
    );
  }
  const all = await listPages((page) => api.environments.list(project, page), 1_000);
  const found = all.find(({ slug }) => slug === idOrSlug);
  if (found !== undefined) return found;
  throw new SfpError({
    code: 'environment_not_found',
    message: `The project ${project} has no environment ${idOrSlug}.`,
    suggestion: `List them: sfp environment list --project ${project}`,
  });
}
