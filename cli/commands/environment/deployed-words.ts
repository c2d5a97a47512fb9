import type { Deployed } from '../../../contracts/deployed.ts';
import type { Environment } from '../../../contracts/project.ts';
import type { Connection } from '../../context/connection.ts';
import { deployedText } from '../../watch/content-text.ts';

/** The address of who asked for what the environment has; the id of somebody who has left the account. */
export async function requesterOf({ api }: Connection, { accountId, deployed }: Environment): Promise<string | null> {
  const id = deployed?.requestedBy ?? null;
  if (id === null) return null;
  const [found] = await Promise.allSettled([api.members.get(id, { accountId })]);
  return found.status === 'fulfilled' ? found.value.email : id;
}

/** What an environment has at this moment, since when, by whom. */
export const deployedWords = (
  deployed: Deployed | null,
  requester: string | null,
): readonly (readonly [string, string | null])[] =>
  deployed === null
    ? [['has', 'nothing yet']]
    : [
        ['has', deployedText(deployed)],
        ['came by', deployed.origin],
        ['since', deployed.finishedAt],
        ['by', requester],
        ['deployment', deployed.deploymentId],
      ];
