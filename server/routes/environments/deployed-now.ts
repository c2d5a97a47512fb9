import { z } from 'zod';
import type { Deployed } from '../../../contracts/deployed.ts';
import { deployedColumns, deployedRowSchema, toDeployed } from '../../rows/deployed.ts';
import { type Database, fetchRows } from '../../services/database.ts';

const rowSchema = z.object({ id: z.string(), deployments: z.array(deployedRowSchema) });

/** What each of these environments has at this moment: its newest successful deployment, one step into an index each. */
export async function deployedNow(db: Database, environmentIds: readonly string[]): Promise<Map<string, Deployed>> {
  if (environmentIds.length === 0) return new Map();
  const newest = { referencedTable: 'deployments', ascending: false } as const;
  const query = db
    .from('environments')
    .select(`id,deployments(${deployedColumns})`)
    .in('id', environmentIds)
    .eq('deployments.status', 'succeeded')
    // With its last stage it is a success, and only with its task it has ended.
    .not('deployments.finished_at', 'is', null)
    .order('finished_at', newest)
    .order('id', newest)
    .limit(1, { referencedTable: 'deployments' });
  const rows = await fetchRows(query, z.array(rowSchema));
  return new Map(rows.flatMap(({ id, deployments }) => deployments.map((row) => [id, toDeployed(row)] as const)));
}
