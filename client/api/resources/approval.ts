import { z } from 'zod';
import type { decideDeploymentSchema } from '../../../contracts/api/approval.ts';
import { approvalSchema } from '../../../contracts/approval.ts';
import { deploymentSchema } from '../../../contracts/deployment.ts';
import { at, type Body, type Http } from '../request.ts';

type Decision = Body<typeof decideDeploymentSchema>;

/** What people say to a deployment that waits for them. */
export const approvals = (http: Http) => ({
  list: async (deployment: string) => {
    const answer = z.object({ items: z.array(approvalSchema) });
    return (await http({ method: 'GET', path: at('deployments', deployment, 'approvals'), answer })).items;
  },
  approve: (deployment: string, body: Decision = {}) =>
    http({ method: 'POST', path: at('deployments', deployment, 'approve'), body, answer: deploymentSchema }),
  reject: (deployment: string, body: Decision = {}) =>
    http({ method: 'POST', path: at('deployments', deployment, 'reject'), body, answer: deploymentSchema }),
});
