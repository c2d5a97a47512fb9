import { z } from 'zod';
import type { RepeatedDeployment } from '../../../contracts/api/promotion.ts';
import { deployedColumns, deployedRowSchema, toDeployed } from '../../rows/deployed.ts';
import { toDeployment } from '../../rows/deployment.ts';
import { type Database, fetchRows } from '../../services/database.ts';
import { findDeployment } from './find.ts';

const answerSchema = z.object({ made: z.boolean(), deployment_id: z.string(), source_id: z.string() });

/** Asks the database to deploy again what a deployment brought, and reads what came of it. */
export async function repeatDeployment(
  db: Database,
  call: 'promote_deployment' | 'rollback_deployment',
  args: Record<string, unknown>,
): Promise<RepeatedDeployment> {
  const answer = await fetchRows(db.rpc(call, args), answerSchema);
  const source = db.from('deployments').select(deployedColumns).eq('id', answer.source_id).single();
  return {
    made: answer.made,
    deployment: toDeployment(await findDeployment(db, answer.deployment_id)),
    source: toDeployed(await fetchRows(source, deployedRowSchema)),
  };
}
