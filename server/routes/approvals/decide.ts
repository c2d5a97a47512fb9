import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { decideDeploymentSchema } from '../../../contracts/api/approval.ts';
import type { approvalDecisions } from '../../../contracts/approval.ts';
import { deploymentSchema } from '../../../contracts/deployment.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { toDeployment } from '../../rows/deployment.ts';
import { fetchRows } from '../../services/database.ts';
import { findDeployment } from '../deployments/find.ts';

interface Decision {
  verb: 'approve' | 'reject';
  decision: (typeof approvalDecisions)[number];
  summary: string;
}

const decide =
  ({ verb, decision, summary }: Decision): Endpoint =>
  (api, services) =>
    api.openapi(
      createRoute({
        method: 'post',
        path: `/deployments/{id}/${verb}`,
        tags: ['Deployments'],
        summary,
        description:
          'By one of those whom its environment named when it was asked for, else an admin; never by who asked for it, never by an application token. Refused as 409 `nothing_to_approve` when it no longer waits, `approval_expired` when the time is over.',
        security: bearer,
        request: { params: z.object({ id: uuidSchema }), body: jsonBody(decideDeploymentSchema) },
        responses: { 200: jsonAnswer(deploymentSchema, 'The deployment as it is after that'), ...problems },
      }),
      async (c) => {
        const { db } = c.get('caller');
        const { id } = c.req.valid('param');
        const { comment } = c.req.valid('json');
        const said = { p_deployment_id: id, p_decision: decision, p_comment: comment };
        await fetchRows(db.rpc('decide_deployment', said), z.unknown());
        services.wakeDispatcher();
        return c.json(toDeployment(await findDeployment(db, id)), 200);
      },
    );

export const approveDeployment = decide({
  verb: 'approve',
  decision: 'approved',
  summary: 'Approve a deployment that waits; with the last approval that it needs it is queued',
});
export const rejectDeployment = decide({
  verb: 'reject',
  decision: 'rejected',
  summary: 'Reject a deployment that waits, for good',
});
