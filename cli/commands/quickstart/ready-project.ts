import { ApiError } from '../../../client/api/api-error.ts';
import type { Environment, Project } from '../../../contracts/project.ts';
import type { Connection } from '../../context/connection.ts';

export interface ProjectWish {
  slug: string;
  name: string;
  repositoryUrl: string;
  environment: { slug: string; name: string; variables: Record<string, string> };
}

/** The project and its environment, made unless they exist. */
export async function readyProject(
  { api }: Connection,
  wish: ProjectWish,
): Promise<{ project: Project; environment: Environment }> {
  const { slug, name, repositoryUrl } = wish;
  const project = (await existing(slug)) ?? (await api.projects.create({ slug, name, repositoryUrl }));
  const { items } = await api.environments.list(project.id, { limit: 200 });
  const environment =
    items.find((item) => item.slug === wish.environment.slug) ??
    (await api.environments.create(project.id, { ...wish.environment, category: 'dev' }));
  return { project, environment };

  async function existing(wanted: string): Promise<Project | null> {
    try {
      return await api.projects.get(wanted);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }
}
