import { z } from 'zod';
import { listCommands } from '../../http/list-commands.ts';
import { notFound } from '../../http/problem.ts';
import { deploymentColumns, deploymentRowSchema } from '../../rows/deployment.ts';
import { type Database, fetchRows } from '../../services/database.ts';

export type DeploymentRow = z.output<typeof deploymentRowSchema>;

export async function findDeployment(db: Database, id: string): Promise<DeploymentRow> {
  const query = db.from('deployments').select(deploymentColumns).eq('id', id).limit(1);
  const [deployment] = await fetchRows(query, z.array(deploymentRowSchema));
  if (deployment === undefined) throw notFound(`deployment: ${id}`, listCommands.deployments);
  return deployment;
}
