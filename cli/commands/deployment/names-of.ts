import type { Deployment } from '../../../contracts/deployment.ts';
import type { Connection } from '../../context/connection.ts';
import { listPages } from '../../context/list-pages.ts';

export interface Names {
  /** `project/environment`, the id when it is not to be found. */
  place(deployment: Deployment): string;
  /** The address of who asked for it. */
  requester(deployment: Deployment): string;
}

// A list of deployments of many projects is not worth a request for each of them.
const mostLookedUp = 10;

/** What people call the places and people of these deployments. */
export async function namesOf({ api }: Connection, deployments: readonly Deployment[]): Promise<Names> {
  const distinct = (ids: readonly string[]): string[] => [...new Set(ids)].slice(0, mostLookedUp);
  const places = new Map<string, string>();
  const people = new Map<string, string>();
  await Promise.all([
    ...distinct(deployments.map(({ projectId }) => projectId)).map(async (id) => {
      const [project, environments] = await Promise.all([
        api.projects.get(id),
        listPages((page) => api.environments.list(id, page), 1_000),
      ]);
      for (const environment of environments) places.set(environment.id, `${project.slug}/${environment.slug}`);
    }),
    ...distinct(deployments.map(({ accountId }) => accountId)).map(async (accountId) => {
      for (const member of await listPages((page) => api.members.list({ accountId, ...page }), 1_000)) {
        people.set(member.userId, member.email);
      }
    }),
  ]);
  return {
    place: ({ environmentId }) => places.get(environmentId) ?? environmentId,
    requester: ({ requestedBy }) => (requestedBy === null ? '' : (people.get(requestedBy) ?? requestedBy)),
  };
}
